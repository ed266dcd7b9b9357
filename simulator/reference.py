"""What the guide for writers of scenarios lists: kinds of dirt, mishaps and schemes, as the code knows them.

`python -m simulator.reference` writes the lists into docs/simulator.md, docs/mishaps.md and docs/schemes.md,
between their marks.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

from simulator.faults.writing import SWITCHES
from simulator.scenario.misdeliveries import MISDELIVERIES
from simulator.schemes import SCHEMES, Scheme
from simulator.staging.stage import CATEGORIES

BEGIN, END = "<!-- {name}: made by python -m simulator.reference -->", "<!-- end of {name} -->"
_DOCS = Path(__file__).parent.parent / "docs"
GUIDES = (_DOCS / "simulator.md", _DOCS / "mishaps.md", _DOCS / "schemes.md")
_MODELS = "-"  # in the place of a rule: only a comparison with peers shows it


def dirt_list() -> str:
    """Every switch of `dirt` with its usual rate and the most it may be set to."""
    rows = ((f"`{s.name}`", s.kind, f"{s.usual:g}", f"{s.most:g}", s.what) for s in SWITCHES)
    return _table(("switch", "befalls", "usual", "at most", "what it does"), rows)


def mishap_list() -> str:
    """Every kind of `mishaps` with what a receiver ought to make of it."""
    rows = (
        (f"`{kind.name}`", kind.table, kind.outcome, kind.detail.format(source="an earlier night"))
        for kind in MISDELIVERIES
    )
    return _table(("kind", "file", "ought to be", "what is wrong"), rows)


def scheme_list() -> str:
    """Every scheme beside the look-alikes of its rule, by group of the rule catalogue."""
    groups = list(dict.fromkeys((*CATEGORIES.values(), *(scheme.category for scheme in SCHEMES))))
    ordered = sorted(SCHEMES, key=lambda scheme: (groups.index(scheme.category), scheme.rule_id, scheme.name))
    rows = []
    for (category, rule), found in groupby(ordered, key=lambda scheme: (scheme.category, scheme.rule_id)):
        own = list(found)
        reported = (_described(scheme for scheme in own if scheme.kind == kind) for kind in ("scheme", "lookalike"))
        rows.append((category, rule or _MODELS, *reported))
    return _table(("group", "rule", "schemes", "look-alikes"), rows)


LISTS = {"dirt": dirt_list, "mishaps": mishap_list, "schemes": scheme_list}


def with_lists(guide: str) -> str:
    """A guide with the lists of today, where it has their marks."""
    for name, made in LISTS.items():
        begin, end = BEGIN.format(name=name), END.format(name=name)
        if begin in guide:
            head, rest = guide.split(begin)
            guide = f"{head}{begin}\n\n{made()}\n\n{end}{rest.split(end)[1]}"
    return guide


def _described(schemes: Iterable[Scheme]) -> str:
    """Names with the first sentence of what is played, its rule left out."""
    return "<br>".join(
        f"`{scheme.name}` {inspect.getdoc(scheme.act).splitlines()[0].replace(f' ({scheme.rule_id})', '')}"  # type: ignore[union-attr]
        for scheme in schemes
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))


if __name__ == "__main__":
    for page in GUIDES:
        page.write_text(with_lists(page.read_text(encoding="utf-8")), encoding="utf-8")
