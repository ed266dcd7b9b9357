"""All grains that rules may judge, by name. A new one is declared in a file of this folder and named here, once."""

from __future__ import annotations

from rules.frames import census, lines, stays, visits
from rules.frames.declaration import Grain, RowFrame

_DECLARED = (*lines.GRAINS, *stays.GRAINS, *visits.GRAINS, *census.GRAINS)
GRAINS: dict[str, Grain] = {grain.name: grain for grain in _DECLARED}


def frames() -> list[RowFrame]:
    """The row frames of the grains, each once."""
    return [*{id(grain.frame): grain.frame for grain in GRAINS.values()}.values()]


def tables_read() -> tuple[str, ...]:
    """The clean tables that some grain rests on: what a scan reads, where it is there."""
    rested_on = (group for g in GRAINS.values() for sources in (g.base, *g.columns.values()) for group in sources)
    tables = {source.split(".")[0] for group in rested_on for source in group}
    return tuple(sorted(tables - {"knowledge"}))
