"""Before models use a night's indicators: which are missing, collapsed, stale or drifted, on a page and in the log."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import pyarrow as pa

from fundwatch.contracts.entities import ENTITIES, Entity
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.store import Lake
from fundwatch.logs import log
from fundwatch.settings import Settings
from intake.quality_page import FOLDER
from intake.quality_page import INDICATORS as PAGE
from models.quality.page import indicators_page
from models.quality.states import UNSOUND_WORDS, IndicatorState, Values, state_of

_AT_ONCE = 40  # columns read together: memory stays bounded whatever the catalogue


def watch_indicators(settings: Settings, night: date) -> list[IndicatorState]:
    """The state of every indicator of the night beside the newest earlier one, written beside the night's quality page;
    nothing where the night has none yet. Unsound ones are logged, each by name."""
    nights = Ledger(settings.lake_address).nights("features")
    if night not in nights:
        return []
    earlier = max((one for one in nights if one < night), default=None)
    lake = Lake(settings.lake_address)
    states = [state for entity in ENTITIES.values() for state in _states(lake, entity, night, earlier)]
    for state in states:
        if state.unsound:
            log.warning("  %s: %s", state.indicator, ", ".join(UNSOUND_WORDS[kind] for kind in state.unsound))
    folder = settings.reports_dir / night.isoformat() / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    (folder / PAGE).write_text(indicators_page(night, earlier, states), encoding="utf-8", newline="\n")
    return states


def _states(lake: Lake, entity: Entity, night: date, earlier: date | None) -> Iterator[IndicatorState]:
    if not lake.exists(entity.indicator_table):
        return
    columns = lake.columns(entity.indicator_table)
    names = sorted(name for name, kind in columns.items() if kind == pa.float64())
    for first in range(0, len(names), _AT_ONCE):
        some = names[first : first + _AT_ONCE]
        now = _values(lake, entity, some, night)
        before = None if earlier is None else _values(lake, entity, some, earlier)
        here, there = _in_both(now, before)
        for name in some:
            earlier_values = None if before is None else before[1][name]
            pairs = (now[1][name][here], earlier_values[there]) if earlier_values is not None else (_NOBODY, _NOBODY)
            yield state_of(entity.name, name, now[1][name], earlier_values, pairs)


Columns = tuple[np.ndarray, dict[str, Values]]  # ids in order, and values by indicator
_NOBODY: Values = np.empty(0)


def _values(lake: Lake, entity: Entity, names: list[str], night: date) -> Columns:
    quoted = ", ".join(f'"{name}"' for name in names)
    rows = lake.query(
        f"SELECT {entity.id_column} AS id, {quoted} FROM {entity.indicator_table} "
        f"WHERE business_date = DATE '{night}' ORDER BY {entity.id_column}",
        entity.indicator_table,
    ).read_all()
    ids = np.asarray(rows["id"].to_pylist(), dtype=object)
    return ids, {name: rows[name].to_numpy(zero_copy_only=False).astype(float) for name in names}


def _in_both(now: Columns, before: Columns | None) -> tuple[np.ndarray, np.ndarray]:
    """The places of those whom both nights have, in the same order."""
    if before is None:
        return np.empty(0, dtype=int), np.empty(0, dtype=int)
    _, here, there = np.intersect1d(now[0].astype(str), before[0].astype(str), assume_unique=True, return_indices=True)
    return here, there
