"""How peers behave: of each group and indicator the exact quantiles of its members' values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from features.peers import groups_around
from features.quantiles import MAD_SCALE, PERCENTS
from fundwatch.engine.executors import of_this_release

Values = NDArray[np.float64]
_TOGETHER = 32  # indicators whose values of one group are in memory at once
_PART, _VALUES = "_part", "_values"
_MADE = "peer_group string, indicator string, peer_count bigint, median double, mad double, ladder array<double>"
_COLUMNS = ("peer_group", "indicator", "peer_count", "median", "mad", "ladder")


def to_peer_statistics(entity: str, indicators: DataFrame) -> DataFrame:
    """One row per peer group in use × indicator: members with a value, median, scaled MAD, ladder.

    `indicators` has the entity's id, `peer_group` and one double per indicator. A wider group counts the
    members of the narrower ones inside it. The ladder holds the quantiles of 0, 1, … 100 percent, exact and
    interpolated, so the same in every run. Memory, in Python: 512 bytes a member of the largest group.
    """
    names = [column for column in indicators.columns if column not in (f"{entity}_id", "peer_group")]
    parts = [names[start : start + _TOGETHER] for start in range(0, len(names), _TOGETHER)]
    used = indicators.select("peer_group").distinct()
    around = indicators.select(F.explode(groups_around(F.col("peer_group"))).alias("peer_group"), *names)
    members = around.join(F.broadcast(used), on="peer_group", how="left_semi")
    of_parts = F.array(
        *(F.struct(F.lit(number).alias(_PART), F.array(*part).alias(_VALUES)) for number, part in enumerate(parts))
    )
    together = members.select("peer_group", F.inline(of_parts)).repartition(_PART, "peer_group")
    in_order = together.sortWithinPartitions(_PART, "peer_group").select(_PART, "peer_group", _VALUES)
    made = in_order.mapInArrow(of_this_release(_of_parts(parts)), _MADE)
    return made.select(F.lit(entity).alias("entity_type"), *_COLUMNS)


def _of_parts(parts: Sequence[Sequence[str]]) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """What makes statistics of rows that come sorted by part and group: a batch of them for each batch of rows."""

    def statistics(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        held: list[Values] = []
        of: tuple[int, str] | None = None
        for batch in batches:
            made: list[tuple[Any, ...]] = []
            for key, values in _runs(batch):
                if key != of and of is not None:
                    made += _rows(of, parts, held)
                    held = []
                of = key
                held.append(values)
            yield from _as_batch(made)
        if of is not None:
            yield from _as_batch(_rows(of, parts, held))

    return statistics


def _runs(batch: pa.RecordBatch) -> Iterator[tuple[tuple[int, str], Values]]:
    """The rows of the batch that lie together: part and group, and a row of values each."""
    number, group, values = (batch.column(place) for place in range(3))
    ends = sorted({0, *(end for column in (number, group) for end in pc.run_end_encode(column).run_ends.to_pylist())})
    for start, end in pairwise(ends):
        flat = values.slice(start, end - start).flatten().to_numpy(zero_copy_only=False)
        yield (number[start].as_py(), group[start].as_py()), flat.reshape(end - start, -1)


def _rows(of: tuple[int, str], parts: Sequence[Sequence[str]], held: Sequence[Values]) -> Iterator[tuple[Any, ...]]:
    """A row per indicator of the part, as `_COLUMNS` says."""
    number, group = of
    values = np.concatenate(held)
    values.sort(axis=0)  # what is unknown comes last
    known = (~np.isnan(values)).sum(axis=0)
    for place, name in enumerate(parts[number]):
        yield group, name, int(known[place]), *_statistics(values[: known[place], place])


def _statistics(ascending: Values) -> tuple[float | None, float | None, list[float] | None]:
    """The median of values in order, their scaled MAD, and the ladder; nulls of no value."""
    if not len(ascending):
        return None, None, None
    percents = np.arange(PERCENTS + 1)
    ladder = _quantiles(ascending, percents)
    middle = ladder[PERCENTS // 2]
    deviations = np.sort(np.abs(ascending - middle))
    (spread,) = _quantiles(deviations, percents[PERCENTS // 2 : PERCENTS // 2 + 1])
    return float(middle), float(spread * MAD_SCALE), ladder.tolist()


def _quantiles(ascending: Values, percents: NDArray[np.int64]) -> Values:
    """Between neighbours in proportion, as `quantile_of` takes them from arrays."""
    places = (len(ascending) - 1) * percents / float(PERCENTS)
    below = np.floor(places).astype(np.int64)
    low, high = ascending[below], ascending[np.ceil(places).astype(np.int64)]
    return low + (high - low) * (places - below)


def _as_batch(rows: Iterable[tuple[Any, ...]]) -> Iterator[pa.RecordBatch]:
    made = [*rows]
    if made:
        types = (pa.string(), pa.string(), pa.int64(), pa.float64(), pa.float64(), pa.list_(pa.float64()))
        columns = zip(zip(*made, strict=True), types, strict=True)
        yield pa.RecordBatch.from_arrays([pa.array(values, type=kind) for values, kind in columns], names=[*_COLUMNS])
