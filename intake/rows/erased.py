"""Rows of persons whose data were erased, when a later delivery brings them again: reported, and kept out or let in.

Law: who was erased does not come back unseen (PIPL Art. 47); what a duty to keep compels to keep is not lost either, so
such rows go to quarantine, where people release them or erase them again. The record of erasures holds keyed
fingerprints of tokens alone, and a fingerprint is looked up in it once for each distinct person of a batch: nothing is
joined for that, and where nobody was ever erased a night does nothing of this.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fundwatch.contracts import TABLES
from fundwatch.engine.frames import stacked
from intake.source.mapping import ENTRY_OF
from privacy.erasure.record import mark_of
from privacy.keys.ring import PseudonymKey

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

ERASED = "ERASED"
IS_ERASED = "_is_erased"
_PERSON = "patient_id"
# what an erased person's row tells of the person is not sealed again; doctors and employers in it are others
_OWN = ("person", "certificate", "contact", "address", "record", "invoice")


@dataclass(frozen=True)
class ErasedPersons:
    """The marks of those whose data were erased, and the key that makes a token's mark; what becomes of their rows."""

    marks: frozenset[str] = frozenset()
    key: PseudonymKey | None = None
    are_let_in: bool = False

    def marked(self, rows: DataFrame, table: str) -> DataFrame:
        """Canonical rows with `_is_erased`: whether a person that the row names is one of these. As they are without
        anybody.

        False in tables that name no person, and in rows that do not fit their header, where any value may stand
        anywhere.
        """
        if self.key is None or not self.marks:
            return rows
        # Spark's modules are loaded when a night has rows to look at: its door is open before
        from pyspark.sql import functions as F

        from intake.rows.canonical import CODES
        from privacy.tokens.distinct import text_function

        persons = TABLES[ENTRY_OF.get(table, table)].ids_of("person")
        if not persons:
            return rows.withColumn(IS_ERASED, F.lit(False))
        marks, key = self.marks, self.key
        known = text_function("erased", lambda token: "1" if mark_of(token, key) in marks else None)
        is_known = F.coalesce(*(known(F.col(name)) for name in persons)).isNotNull()
        return rows.withColumn(IS_ERASED, is_known & (F.col(CODES) != "UNREADABLE"))

    def judged(self, tables: Mapping[str, DataFrame]) -> dict[str, DataFrame]:
        """The night's marked tables: rows that go with a person's by another id are marked too; all get their code."""
        if not self.marks:
            return dict(tables)
        reported = {table: _reported_of(rows) for table, rows in tables.items()}
        for table in tables:
            for column, _ in TABLES[table].goes_with:
                ids = [rows.filter(IS_ERASED).select(column) for rows in reported.values() if _has_ids_of(rows, column)]
                if ids:
                    found = stacked(ids)
                    reported[table] = _with_those_of(reported[table], column, found)
        return reported if self.are_let_in else {table: _kept_out(rows) for table, rows in reported.items()}

    def no_problems(self, codes: list[str]) -> list[str]:
        """The codes that are no problems to the gate, where these are none: an erased person's rows are none either."""
        return [*codes, ERASED, *(f"{code},{ERASED}" for code in codes)] if self.marks else codes

    def again(self, tables: Mapping[str, DataFrame]) -> DataFrame | None:
        """One row: how many rows of the night (`rows`) are of how many of these (`persons`); None without anybody."""
        if not (self.marks and tables):
            return None
        from pyspark.sql import functions as F

        nobody = F.lit(None).cast("string")
        frames = [
            # of a row that names several persons nobody says here which of them is one
            rows.filter(IS_ERASED).select((F.col(_PERSON) if _of_one(table) else nobody).alias(_PERSON))
            for table, rows in tables.items()
        ]
        return stacked(frames).agg(F.count(F.lit(1)).alias("rows"), F.count_distinct(_PERSON).alias("persons"))


def _of_one(table: str) -> bool:
    return TABLES[ENTRY_OF.get(table, table)].ids_of("person") == (_PERSON,)


def _reported_of(rows: DataFrame) -> DataFrame:
    """The rows as marked; a table that only people's releases feed tonight was not, because they decided on it."""
    from pyspark.sql import functions as F

    return rows if IS_ERASED in rows.columns else rows.withColumn(IS_ERASED, F.lit(False))


def _has_ids_of(rows: DataFrame, column: str) -> bool:
    return {column, _PERSON} <= {*rows.columns}


def _with_those_of(rows: DataFrame, column: str, ids: DataFrame) -> DataFrame:
    from pyspark.sql import functions as F

    found = F.broadcast(ids.distinct().withColumn("_goes", F.lit(True)))
    is_erased = F.coalesce(F.col(IS_ERASED), F.lit(False)) | F.coalesce(F.col("_goes"), F.lit(False))
    joined = rows.join(found, [column], how="left")
    return joined.select(*(F.col(n) for n in rows.columns if n != IS_ERASED), is_erased.alias(IS_ERASED))


def _kept_out(rows: DataFrame) -> DataFrame:
    """The rows with the code ERASED where they are an erased person's, and nothing of that person for the vault."""
    # as above: they load Spark's modules
    from pyspark.sql import functions as F

    from intake.rows.canonical import CODES
    from intake.rows.privacy import VAULT

    is_erased = F.coalesce(F.col(IS_ERASED), F.lit(False))
    codes = F.concat_ws(",", F.nullif(F.col(CODES), F.lit("")), F.when(is_erased, F.lit(ERASED)))
    changed: dict[str, Column] = {CODES: codes.alias(CODES)}
    for name in (n for n in rows.columns if n.startswith(VAULT)):
        is_own = is_erased & F.coalesce(F.col(f"{name}.domain").isin(*_OWN), F.lit(False))
        changed[name] = F.when(~is_own, F.col(name)).alias(name)
    return rows.select(*(changed.get(name, F.col(name)) for name in rows.columns))
