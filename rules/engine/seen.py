"""What of the lake a scan's window covers, and why a rule that looked at nothing did not run."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from rules.catalogue.rule import Rule
from rules.frames.inputs import ScanWindow

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def lines_seen(lines: DataFrame, window: ScanWindow) -> DataFrame:
    """One row: how many fee lines are known, how many of them lie in the window, how many of these no settlement has
    paid, so that no rule judges them; and how many days a window has that ends with this one and reaches the first."""
    day = F.to_date("charged_at")
    inside = day.between(window.start, window.end)
    return lines.agg(
        F.count(F.lit(1)).alias("known"),
        F.count_if(inside).alias("in_window"),
        F.count_if(inside & F.col("settlement_id").isNull()).alias("unsettled"),
        (F.datediff(F.lit(window.end), F.min(day)) + 1).alias("days_to_first"),
    )


def why_nothing(rule: Rule, window: ScanWindow, knowledge: str) -> str:
    """Why a rule did not run that could, and found nothing to judge; `knowledge` names the classes that it rests on."""
    last = min(window.end, rule.valid.to or date.max)
    first = max(window.start, rule.valid.from_)
    if first > last:
        until = f" to {rule.valid.to}" if rule.valid.to else ""
        return f"in force from {rule.valid.from_}{until}, on no day of the window {window.start} to {window.end}"
    if knowledge:
        return f"no item of {knowledge} occurs"
    return f"nothing that it judges lies in {first} to {last}"
