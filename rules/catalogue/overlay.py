"""What a region may say of a rule that is there: parameters, dates, texts, exclusions, a lower tier, an earlier state.

What is judged and when it is a hit stays the rule's own, so that one id means one thing in all regions: who wants
another condition switches the rule off and writes one with an id of its own. A tier says how much a hit proves, and a
region does not make it prove more; a state is raised by two people and never by a file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from rules.catalogue.rule import Rule, RuleState, Tier

TEXTS = ("name", "reason", "ask_for", "clears", "law", "examples")
OF_A_REGION = ("id", "params", "valid", "tier", "state", "exclude", "words", *TEXTS)
WHOLE = frozenset({"grain", "when"})  # without these an entry only changes a rule
_TIERS = (Tier.CLUE, Tier.SUSPECT, Tier.CLEAR)
_STATES = (RuleState.RETIRED, RuleState.DRAFT, RuleState.SHADOW, RuleState.ACTIVE)


def problems_of_change(was: object, change: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """By key of the change what a region cannot say of the entry; what no rule says anywhere among it.

    What is not of the shape that the entry needs is left to the check of what comes of it.
    """
    if not isinstance(was, Mapping):
        return
    for key in change:
        if key not in Rule.model_fields:
            yield str(key), f"no rule has such a key; a region may say {', '.join(OF_A_REGION[1:])} and switched_off"
        elif key not in OF_A_REGION:
            yield (
                key,
                "a region leaves it as it is, so that the rule means the same everywhere: switch the rule off and "
                "write a whole one with an id of its own",
            )
    if problem := _higher(_TIERS, was.get("tier"), change.get("tier")):
        yield "tier", f"{problem}: a region only lowers what a hit proves"
    if problem := _higher(_STATES, was.get("state", RuleState.ACTIVE), change.get("state")):
        yield "state", f"{problem}: two people raise it, by `fundwatch rules propose` and `approve`"
    params, of_rule = change.get("params"), was.get("params", {})
    if isinstance(params, Mapping) and isinstance(of_rule, Mapping):
        found = [text for name, value in params.items() if (text := _param_problem(of_rule, name, value))]
        if found:
            yield "params", "; ".join(found)


def _higher(order: tuple[str, ...], was: object, wanted: object) -> str:
    """That a word of the order stands above the one that was there; empty where it does not, or is none of them."""
    if was not in order or wanted not in order or order.index(str(wanted)) <= order.index(str(was)):
        return ""
    return f"{wanted} is more than the rule's own {was}"


def _param_problem(of_rule: Mapping[str, object], name: object, value: object) -> str:
    if name not in of_rule:
        return f"the rule has no '{name}'; it has {', '.join(map(str, of_rule)) or 'none'}"
    was, becomes = _kind(of_rule[str(name)]), _kind(value)
    if was == becomes or (was, becomes) == ("a number", "a whole number"):
        return ""
    return f"{name} is {was}, and {value!r:.40} is {becomes}"


def _kind(value: object) -> str:
    kinds = ((bool, "true or false"), (int, "a whole number"), (float, "a number"), (date, "a day"), (list, "a list"))
    return next((word for kind, word in kinds if isinstance(value, kind)), "a text")
