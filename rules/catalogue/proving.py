"""What the examples of the catalogue say, set against what a scan of them found. Nothing here touches data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from rules.catalogue.examples import Worlds
from rules.catalogue.rule import Example, Rule, RuleState

COUNTED, COMPARED = "counted", "compared"
BARE = "of no line"  # by whom it is about, a hit that no line proves
_VARIANT = "~"  # in the name of an example that is played again with something changed
_UNKNOWN, _UNFILLED = "?", "{"


class FoundLine(Protocol):
    """A line of a hit."""

    @property
    def line_id(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def amount_at_risk(self) -> Decimal: ...


class FoundHit(Protocol):
    """A hit as a scan found it, with its lines inside."""

    @property
    def rule_id(self) -> str: ...
    @property
    def subject_id(self) -> str: ...
    @property
    def amount_at_risk(self) -> Decimal: ...
    @property
    def reason_zh(self) -> str: ...
    @property
    def reason_en(self) -> str: ...
    @property
    def lines(self) -> Iterable[FoundLine]: ...


@dataclass(frozen=True)
class Played:
    """What a scan found of examples: by example and role of line the money of each line (of a hit without lines its
    own, by its subject), and by example what the reasons of its hits say and what is wrong with these hits themselves.
    """

    lines: Mapping[tuple[str, str], Mapping[str, Decimal]]
    reasons: Mapping[str, str]
    odd: Mapping[str, tuple[str, ...]]

    @staticmethod
    def of(hits: Iterable[FoundHit]) -> Played:
        """Of hits in the worlds of `example_worlds`; a rule that hits another one's example says nothing of either."""
        lines: dict[tuple[str, str], dict[str, Decimal]] = defaultdict(dict)
        reasons: dict[str, str] = defaultdict(str)
        odd: dict[str, list[str]] = defaultdict(list)
        for hit in hits:
            touched = set()
            proofs = [(line.line_id, line.role, line.amount_at_risk) for line in hit.lines]
            for proof, role, amount in proofs or [(hit.subject_id or "", BARE, hit.amount_at_risk)]:
                example, _, thing = proof.partition(":")
                if example.startswith(f"{hit.rule_id}#"):
                    touched.add(example)
                    lines[example, role][thing] = amount
                    reasons[example] += hit.reason_zh
            for example in sorted(touched):
                odd[example] += _odd(hit, is_variant=_VARIANT in example)
        return Played(dict(lines), dict(reasons), {name: tuple(found) for name, found in odd.items() if found})

    def hits(self, example: str, role: str = COUNTED) -> Mapping[str, Decimal]:
        """The money of each line that proves a hit of the example, or that one is compared with."""
        return self.lines.get((example, role), {})


def _odd(hit: FoundHit, *, is_variant: bool) -> Iterator[str]:
    """What no hit may be, whatever its example says."""
    lines = [line.amount_at_risk for line in hit.lines]
    if lines and hit.amount_at_risk != sum(lines, Decimal(0)):
        yield f"the hit's {hit.amount_at_risk} yuan are not those of its lines"
    reason = hit.reason_zh + hit.reason_en
    if _UNFILLED in reason:
        yield f"a placeholder is left in the reason: {reason}"
    if _UNKNOWN in reason and not is_variant:
        yield f"the reason names something unknown: {reason}"


@dataclass(frozen=True)
class RuleProof:
    """How a rule stood its examples: how many hits and near misses it has, what is `wrong` of which, and where the rule
    could not be played at all, why (`broken`)."""

    rule_id: str
    state: RuleState
    hits: int
    misses: int
    wrong_hits: tuple[str, ...] = ()
    wrong_misses: tuple[str, ...] = ()
    broken: str = ""

    @property
    def holds(self) -> bool:
        return not (self.wrong_hits or self.wrong_misses or self.broken)


def proof_of(rule: Rule, worlds: Worlds, played: Played, broken: str = "") -> RuleProof:
    """The rule against its own examples."""
    wrong: dict[bool, list[str]] = {True: [], False: []}
    for number, example in enumerate(rule.examples, start=1):
        name = f"{rule.id}#{number}"
        if not broken and name in worlds.expected and (problems := list(wrong_with(name, example, played))):
            wrong[bool(example.hits)].append(f"{name} {example.says}: {'; '.join(problems)}")
    hits = sum(1 for example in rule.examples if example.hits)
    misses = len(rule.examples) - hits
    return RuleProof(rule.id, rule.state, hits, misses, tuple(wrong[True]), tuple(wrong[False]), broken)


def wrong_with(name: str, example: Example, played: Played) -> Iterator[str]:
    """What of an example is not as it says; nothing where it holds."""
    counted, compared = played.hits(name, BARE if example.indicators else COUNTED), played.hits(name, COMPARED)
    for what, found, said in (("hits", counted, example.hits), ("compared", compared, example.compared)):
        if sorted(found) != sorted(map(str, said)):
            yield f"{what} {_named(found)}, and says {_named(map(str, said))}"
    if any(compared.values()):
        yield "a compared line counts money"
    if example.amount is not None and (money := sum(counted.values(), Decimal(0))) != example.amount:
        yield f"amount {money}, and says {example.amount}"
    reason = played.reasons.get(name, "")
    yield from (f"the reason does not say '{text}': {reason}" for text in example.reason_says if text not in reason)
    yield from played.odd.get(name, ())


def _named(lines: Iterable[str]) -> str:
    return f"[{', '.join(sorted(lines))}]"
