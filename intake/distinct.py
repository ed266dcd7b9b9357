"""Column functions that work once for each distinct content of an Arrow batch, and never on rows one by one.

A batch of ten thousand fee lines names a few hundred persons and doctors: their texts are told apart in Arrow, and
only the distinct ones become Python objects.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from pyspark.sql import Column


def distinct_rows(columns: Sequence[pa.Array]) -> tuple[np.ndarray, np.ndarray]:
    """Places of the first row of each distinct content, and for each row the number of the content it has."""
    codes = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        encoded = column.dictionary_encode()
        places = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        codes = np.unique(codes * (len(encoded.dictionary) + 1) + places + 1, return_inverse=True)[1]
    firsts, numbers = np.unique(codes, return_index=True, return_inverse=True)[1:]
    return firsts, numbers


def once_each(columns: Sequence[pa.Array], make: Callable[..., str | None]) -> pa.Array:
    """`make` of each row's strings, called once for each distinct row; the first column's nulls stay null."""
    if not len(columns[0]) or columns[0].null_count == len(columns[0]):
        return columns[0].cast(pa.string())
    firsts, numbers = distinct_rows(columns)
    places = pa.array(firsts)
    distinct = zip(*(column.take(places).to_pylist() for column in columns), strict=True)
    made = [None if row[0] is None else make(*row) for row in distinct]
    return pa.array(made, pa.string()).take(pa.array(numbers))


def arrow_function(name: str, function: Callable[..., pa.Array], kind: str, *, is_random: bool = False) -> Any:
    """A column function over Arrow arrays. `is_random`: the same input may give another output."""
    from pyspark.sql import functions

    pyspark: Any = functions  # the stubs lack it
    function.__name__ = name
    made = pyspark.arrow_udf(function, kind)  # arrays to an array, as the function's hints say
    return made.asNondeterministic() if is_random else made


def text_function(name: str, make: Callable[..., str | None]) -> Callable[..., Column]:
    """A column function of strings out of a function of strings (see `once_each`)."""

    def whole(*columns: pa.Array) -> pa.Array:
        return once_each(columns, make)

    function: Callable[..., Column] = arrow_function(name, whole, "string")
    return function
