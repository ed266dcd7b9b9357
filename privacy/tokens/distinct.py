"""Column functions that work once for each distinct content of an Arrow batch, and never on rows one by one.

A batch of ten thousand fee lines names a few hundred persons and doctors: their texts are told apart in Arrow, and
only the distinct ones become Python objects.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from fundwatch.engine.executors import of_this_release

if TYPE_CHECKING:
    from pyspark.sql import Column


Strings = tuple[str | None, ...]
_KNOWN = 100_000  # what a task remembers to have made: some 30 MB


def distinct_rows(columns: Sequence[pa.Array]) -> tuple[np.ndarray, np.ndarray]:
    """Places of the first row of each distinct content, and for each row the number of the content it has."""
    codes = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        encoded = column.dictionary_encode()
        places = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        codes = np.unique(codes * (len(encoded.dictionary) + 1) + places + 1, return_inverse=True)[1]
    firsts, numbers = np.unique(codes, return_index=True, return_inverse=True)[1:]
    return firsts, numbers


def once_each(
    columns: Sequence[pa.Array], make: Callable[..., str | None], known: dict[Strings, str | None] | None = None
) -> pa.Array:
    """`make` of each row's strings, called once for each distinct row; the first column's nulls stay null.

    `known` remembers what was made, for the next batch.
    """
    if not len(columns[0]) or columns[0].null_count == len(columns[0]):
        return columns[0].cast(pa.string())
    known = {} if known is None else known
    if len(columns) == 1:
        encoded = columns[0].dictionary_encode()
        distinct, numbers = [(text,) for text in encoded.dictionary.to_pylist()], encoded.indices
    else:
        firsts, codes = distinct_rows(columns)
        places, numbers = pa.array(firsts), pa.array(codes)
        distinct = list(zip(*(column.take(places).to_pylist() for column in columns), strict=True))
    for row in distinct:
        if row not in known:
            known[row] = None if row[0] is None else make(*row)
    return pa.array([known[row] for row in distinct], pa.string()).take(numbers)


def arrow_function(name: str, function: Callable[..., pa.Array], kind: str, *, is_random: bool = False) -> Any:
    """A column function over Arrow arrays. `is_random`: the same input may give another output."""
    from pyspark.sql import functions

    pyspark: Any = functions  # the stubs lack it
    function.__name__ = name
    made = pyspark.arrow_udf(of_this_release(function), kind)  # arrays to an array, as the function's hints say
    return made.asNondeterministic() if is_random else made


def text_function(name: str, make: Callable[..., str | None]) -> Callable[..., Column]:
    """A column function of strings out of a function of strings (see `once_each`), which must always say the same."""
    known: dict[Strings, str | None] = {}  # a task's own: the function comes to each again

    def whole(*columns: pa.Array) -> pa.Array:
        if len(known) > _KNOWN:
            known.clear()
        return once_each(columns, make, known)

    function: Callable[..., Column] = arrow_function(name, whole, "string")
    return function
