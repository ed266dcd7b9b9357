"""Examples of rules on indicators as rows of the tables of these, each entity with its own peers' statistics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from fundwatch.contracts.entities import MEASURED
from rules.analysis.indicators import JUDGED
from rules.catalogue.rule import Example, Rule
from rules.frames.indicators import AS_OF, STATISTICS
from rules.frames.registry import GRAINS

ExampleRow = dict[str, Any]
_NIGHT = date(2026, 3, 31)
_RUNGS = 101
_OF_PEERS = ("peer_count", "median", "mad")


def indicator_rows(rule: Rule, example: Example, name: str) -> Iterator[tuple[str, ExampleRow]]:
    """Table and row of each entity of the example and of its peers; ids and peer groups begin with the example's
    `name`."""
    if not example.indicators:
        return
    entity = MEASURED[GRAINS[rule.grain].frame.judges]
    for number, said in enumerate(example.indicators):
        group = f"{name}:{number}"
        # what is judged may be the money, too: what an example does not say is no value of it
        values: ExampleRow = dict.fromkeys(rule.indicators.values())
        values |= {column: said[key] for key, column in rule.indicators.items() if key in said}
        own = {entity.id_column: f"{name}:{said['entity_id']}", "peer_group": group, AS_OF: _NIGHT}
        yield entity.indicator_table, own | values
        if "peer_count" in said:
            of_peers = {key: said.get(key) for key in _OF_PEERS}
            row = {"entity_type": entity.name, "peer_group": group, "indicator": rule.indicators[JUDGED]}
            yield STATISTICS, row | of_peers | {"ladder": _ladder(said.get(JUDGED), said.get("rungs_below"))}


def schema_of(table: str, rows: list[ExampleRow]) -> Mapping[str, str]:
    """Columns and types of an indicators' table that has what the rows name."""
    entity = next(one for one in MEASURED.values() if one.indicator_table == table)
    fixed = {entity.id_column: "string", "peer_group": "string", AS_OF: "date"}
    return fixed | dict.fromkeys(sorted({name for row in rows for name in row} - fixed.keys()), "double")


def _ladder(value: Any, rungs_below: Any) -> list[float] | None:
    """The peers' quantiles of 0 to 100 percent, so many of them below the value."""
    if value is None or rungs_below is None:
        return None
    middle, step = float(value), abs(float(value)) or 1.0
    return [middle - step] * int(rungs_below) + [middle + step] * (_RUNGS - int(rungs_below))
