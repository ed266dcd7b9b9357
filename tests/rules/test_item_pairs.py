"""The rows of line × pair: a line once per pair in which it stands, whatever of it is unknown."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from rules.frames.inputs import ScanInputs
from rules.frames.item_pairs import LINE_PAIRS
from rules.knowledge.points import KnowledgePoint
from tests.rules.world import YEAR, scanned, shipped, tables_of, with_rows

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

BEDS, WATCH = "001109000010000", "001103000010000"


def point(code: str, pair: str, side: str, kind: str = "exclusive", **changes: Any) -> KnowledgePoint:
    cells = {"pair": pair, "side": side, "kind": kind}
    usual = {"name": "甲", "region": "CN", "valid_from": date(2026, 3, 1), "source": "s"}
    return KnowledgePoint(code=code, cells=cells, **(usual | changes))


KNOWLEDGE = {
    "item_pair": (
        point(WATCH, "a", "whole"),
        point("0011090000*", "a", "part"),
        point(BEDS, "b", "whole", valid_to=date(2026, 3, 31)),
        point(BEDS, "b", "part"),
    ),
    "herb_pair": (point("海藻*", "c", "part", "eighteen"),),
}


Places = set[tuple[str, str, str]]
WANTED = frozenset({"pair", "side", "kind", "sex"})


def _stands_in(spark: SparkSession, lines: list[dict[str, Any]], knowledge: Any = KNOWLEDGE) -> Places:
    tables = tables_of(spark, with_rows(shipped("DC-03"), lines=lines))
    undated = F.when(~F.col("line_id").endswith("undated"), F.col("charged_at"))
    tables["claim_line"] = tables["claim_line"].withColumn("charged_at", undated)
    rows = LINE_PAIRS.build(ScanInputs(tables, knowledge, YEAR), WANTED, 0).collect()
    assert len({row.row_id for row in rows}) == len(rows)
    return {(row.line_id.split(":")[1], row.pair, row.side) for row in rows}


def test_a_line_stands_once_in_each_pair_and_on_each_side_that_holds_on_its_day(spark: SparkSession) -> None:
    lines: list[dict[str, Any]] = [
        {"line_id": 1, "item_code": BEDS},
        {"line_id": 2, "item_code": BEDS, "charged_at": date(2026, 4, 1)},
        {"line_id": 3, "item_code": BEDS, "charged_at": date(2026, 2, 28)},
        {"line_id": 4, "item_code": WATCH, "item_name": "海藻片"},
        {"line_id": 5, "item_code": None, "item_name": "海藻"},
        {"line_id": 6, "item_code": None, "item_name": None},
        {"line_id": "undated", "item_code": BEDS},
        {"line_id": 8, "item_code": BEDS, "settlement_id": None},
        {"line_id": 9, "item_code": "X9"},
    ]
    assert _stands_in(spark, lines) == {
        ("1", "a", "part"), ("1", "b", "whole"), ("1", "b", "part"), ("2", "a", "part"), ("2", "b", "part"),
        ("4", "a", "whole"), ("4", "c", "part"), ("5", "c", "part"),
    }  # fmt: skip
    assert _stands_in(spark, lines, {}) == set()


def test_a_line_is_never_compared_with_itself(spark: SparkSession) -> None:
    lines = [{"line_id": 1, "item_code": BEDS}]
    alone = with_rows(shipped("DC-01"), lines=lines)
    assert scanned(spark, alone, knowledge=KNOWLEDGE).found.collect() == []
    two = with_rows(shipped("DC-01"), lines=[*lines, {"line_id": 2, "item_code": BEDS}])
    (hit,) = scanned(spark, two, knowledge=KNOWLEDGE).found.collect()
    assert sorted((line.line_id.split(":")[1], line.role) for line in hit.lines) == [
        ("1", "compared"),
        ("2", "counted"),
    ]
