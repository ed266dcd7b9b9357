"""The canonical tables a mapping may fill: made from the contracts, and from the planners what runs only with a column.

`fundwatch source columns` prints it. `python -m jobs.onboard.reference` writes the part that the contracts say into
docs/sources.md, and the functions that SQL may call in a mapping, each between two marks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fundwatch.contracts import TABLES
from fundwatch.expressions.declared import AGGREGATES, SCALARS_BY_KIND
from intake.source.checks import read_quality
from intake.source.mapping import CLEAN_TABLES, ENTRY_OF, POINTER_OF, REMOVAL, mapped_columns
from jobs.onboard.enables import KINDS, Enabled, disabled_without, enabled_by, everything

BEGIN, END = "<!-- reference: made by python -m jobs.onboard.reference -->", "<!-- end of the reference -->"
FUNCTIONS, FUNCTIONS_END = (
    "<!-- functions: made by python -m jobs.onboard.reference -->",
    "<!-- end of the functions -->",
)
GUIDE = Path(__file__).parent.parent.parent / "docs" / "sources.md"
_KINDS = {"decimal(16,2)": "yuan, 2 places", "decimal(16,4)": "number, 4 places", "decimal(16,6)": "yuan, 6 places"}


@dataclass(frozen=True)
class ColumnsToFill:
    """By `table.column`: what does not run without it."""

    lost: Mapping[str, str]

    def as_json(self) -> Mapping[str, str]:
        """The same."""
        return self.lost


def columns_to_fill() -> ColumnsToFill:
    """Every column that a mapping may fill."""
    whole = everything()
    all_ids = _by_kind(enabled_by(whole, whole))
    return ColumnsToFill(
        {
            f"{t}.{c}": _lost(_by_kind(disabled_without(t, c)), all_ids)
            for t in CLEAN_TABLES
            for c in mapped_columns(t)
            if c not in (POINTER_OF.get(t), REMOVAL)
        }
    )


def reference(lost: dict[str, str] | None = None) -> str:
    """One table per canonical table: column, type, whether a row must have it, meaning; what does not run without."""
    return "\n".join(_of_table(table, lost) for table in CLEAN_TABLES)


def _of_table(table: str, lost: dict[str, str] | None) -> str:
    contract, required = TABLES[ENTRY_OF.get(table, table)], read_quality("default").of(table).required
    more = ("", "") if lost is None else (" without it do not run |", "---|")
    lines = [f"### {table}: {TABLES[table].grain}", ""]
    lines += [f"| column | type | | meaning |{more[0]}", f"|---|---|---|---|{more[1]}"]
    for name in mapped_columns(table):
        mark = "key" if name in TABLES[table].required_key else "must" if name in required else ""
        mark = "key, if known" if name in TABLES[table].unknown_in_key else mark
        column = next(c for c in contract.columns if c.name == name)
        kind = f"token ({column.domain})" if column.domain else _KINDS.get(column.type, column.type)
        text = "" if lost is None else f" {lost.get(f'{table}.{name}', '')} |"
        lines.append(f"| {name} | {kind} | {mark} | {column.meaning} |{text}")
    return "\n".join([*lines, ""])


def _by_kind(found: Sequence[Enabled]) -> dict[str, tuple[str, ...]]:
    """The ids of rules, indicators and models, each once."""
    return {kind: tuple(dict.fromkeys(one.id for one in found if one.kind == kind)) for kind in KINDS}


def _lost(off: Mapping[str, Sequence[str]], all_ids: Mapping[str, Sequence[str]]) -> str:
    """Rules by name, or `every rule`; indicators and models by number."""
    reported = []
    for kind, ids in off.items():
        if ids:
            some = ", ".join(ids) if kind == "rule" else f"{len(ids)} of {len(all_ids[kind])} {kind}s"
            reported.append(f"every {kind}" if len(ids) == len(all_ids[kind]) else some)
    return "; ".join(reported)


def functions() -> str:
    """One row per kind of functions that SQL in a mapping may call."""
    kinds = {**SCALARS_BY_KIND, "rows of a group (under `grouped` alone)": AGGREGATES}
    rows = [f"| {kind} | {' '.join(f'`{name}`' for name in sorted(names))} |" for kind, names in kinds.items()]
    return "\n".join(["| functions of | |", "|---|---|", *rows])


def with_reference(guide: str) -> str:
    """The guide with the reference and the functions of today."""
    whole = _between(guide, FUNCTIONS, FUNCTIONS_END, functions())
    return _between(whole, BEGIN, END, f"{reference()}".rstrip("\n") + "\n")


def _between(guide: str, begin: str, end: str, made: str) -> str:
    head, rest = guide.split(begin)
    return f"{head}{begin}\n\n{made}\n{end}{rest.split(end)[1]}"


if __name__ == "__main__":
    GUIDE.write_text(with_reference(GUIDE.read_text(encoding="utf-8")), encoding="utf-8")
