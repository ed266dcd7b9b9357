"""Re-linking: whom of released rows somebody finds again who knows a little of them (GB/T 42460).

The attack is carried out, not estimated: of the lake's persons a sample is drawn, the attacker is given what is
known of them, and looks for released rows that fit one person alone. Beside it stand the exact figures over everybody.
Functions return plans; who runs them pays one job.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import reduce
from typing import TYPE_CHECKING

from fundwatch.engine.frames import stacked

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

_MANY, _ONE = "_persons", "_person"
_FINEST = 1_000_000  # shares of a sample are reported to a millionth


@dataclass(frozen=True)
class Linkage:
    """What one attacker reaches. All are numbers of persons."""

    persons: int  # in the released rows
    singled_out: int  # of these: with a row that fits no other released person
    alone_in_lake: int  # of these: and that fits nobody else in the lake's own table either
    tried: int  # persons of the sample, whether released or not
    found: int  # of these: whom a released row that fits one person alone leads to
    mistaken: int  # of these: to whom such a row seems to lead, and it is somebody else's

    @property
    def share(self) -> float:
        """Of the released persons, those singled out."""
        return self.singled_out / self.persons if self.persons else 0.0

    @property
    def success(self) -> float | None:
        """Of the persons tried, those found; None where the sample is empty."""
        return self.found / self.tried if self.tried else None


def linked(
    released: DataFrame, lake: DataFrame, knows: Sequence[str], person: str, *, sample: float, seed: int
) -> DataFrame:
    """Name × number of the measures of one attacker; read it with `linkage_of`.

    `released` and `lake` (everybody's rows, generalised in the same way) have the columns `knows` and `person`; a row
    without a person is nobody's. `sample` is the share of the lake's persons that is tried, drawn by a fingerprint of
    the token and the seed, so that the same data give the same sample.
    """
    from pyspark.sql import functions as F

    known, there = (_of_persons(rows, knows, person) for rows in (lake, released))
    alone = _classes(there, knows, person).filter(F.col(_MANY) == 1).select(*knows, _ONE)
    # no other released person fits, and nobody else of the lake does: the class has one person in both
    alone_in_lake = _classes(known, knows, person).filter(F.col(_MANY) == 1).select(*knows)
    drawn = F.pmod(F.xxhash64(F.lit(seed), F.col(person)), F.lit(_FINEST)) < F.lit(round(sample * _FINEST))
    tries = _joined(known.filter(drawn), alone, knows, "left").groupBy(person)
    leads = F.coalesce(F.col(_ONE) == F.col(person), F.lit(False))
    misleads = F.coalesce(F.col(_ONE) != F.col(person), F.lit(False))
    by_person = tries.agg(F.bool_or(leads).alias("found"), F.bool_or(misleads).alias("misled"))
    reported = {
        "persons": there.agg(F.count_distinct(person)),
        "singled_out": alone.agg(F.count_distinct(_ONE)),
        "alone_in_lake": _joined(alone, alone_in_lake, knows, "left_semi").agg(F.count_distinct(_ONE)),
        "tried": by_person.agg(F.count(F.lit(1))),
        "found": by_person.agg(F.count_if("found")),
        "mistaken": by_person.agg(F.count_if(F.col("misled") & ~F.col("found"))),
    }
    rows = [frame.toDF("number").select(F.lit(name).alias("name"), "number") for name, frame in reported.items()]
    return stacked(rows)


def linkage_of(rows: Iterable[tuple[str, int]]) -> Linkage:
    """The measures from the rows of `linked`."""
    return Linkage(**{str(name): int(number) for name, number in rows})


def as_figures(linkage: Linkage) -> dict[str, float | int | None]:
    """The measures as plain values, shares included."""
    success = None if linkage.success is None else round(linkage.success, 6)
    return asdict(linkage) | {"singled_out_share": round(linkage.share, 6), "success": success}


def _of_persons(rows: DataFrame, knows: Sequence[str], person: str) -> DataFrame:
    """Grain: person × what is known of one row. The person as a fingerprint: the least number is found without
    sorting.
    """
    from pyspark.sql import functions as F

    reported = rows.filter(F.col(person).isNotNull())
    return reported.select(F.xxhash64(F.col(person)).alias(person), *knows).distinct()


def _classes(rows: DataFrame, knows: Sequence[str], person: str) -> DataFrame:
    """Grain: what is known. How many persons it fits, and one of them."""
    from pyspark.sql import functions as F

    return rows.groupBy(*knows).agg(F.count(F.lit(1)).alias(_MANY), F.min(person).alias(_ONE))


def _joined(rows: DataFrame, classes: DataFrame, knows: Sequence[str], how: str) -> DataFrame:
    """Rows with the class they are in; null is a value like any other."""
    from pyspark.sql import functions as F

    renamed = classes.select(*(F.col(n).alias(f"_of_{n}" if n in knows else n) for n in classes.columns))
    same: Column = reduce(
        lambda one, other: one & other, (F.col(n).eqNullSafe(F.col(f"_of_{n}")) for n in knows), F.lit(True)
    )
    left = rows if how == "left_semi" else rows.drop(_ONE)
    return left.join(renamed, on=same, how=how)
