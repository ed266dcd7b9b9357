"""Money once, against a plain reckoning."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leads.ranking.money import once_per_line

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_CENTS = st.integers(0, 50_000).map(lambda cents: Decimal(cents) / 100)
_CLAIM = st.tuples(
    st.sampled_from(["lead-1", "lead-2", "lead-3"]),
    st.sampled_from(["A", "B", "C"]),
    st.integers(1, 12),  # the line; lines 1–3 belong to settlement 0, and so on; those of 3 were never settled
    st.booleans(),
    _CENTS,
)
_SCHEMA = (
    "lead_id string, rule_id string, line_id string, settlement_id string, is_estimate boolean, "
    "amount_at_risk decimal(16,2), amount_in_question decimal(16,2)"
)
_PAID = "settlement_id string, fund_amount decimal(16,2), account_amount decimal(16,2)"


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    claims=st.lists(_CLAIM, min_size=20, max_size=120), paid=st.lists(st.tuples(_CENTS, _CENTS), min_size=3, max_size=3)
)
def test_every_line_counts_once_and_no_settlement_beyond_what_was_paid(spark: SparkSession, claims, paid):
    def settlement_of(line: int) -> str | None:
        place = (line - 1) // 3
        return f"S{place}" if place < 3 else None

    rows = [
        (lead, rule, f"L{line}", settlement_of(line), estimate, amount, 2 * amount)
        for lead, rule, line, estimate, amount in claims
    ]
    settlements = spark.createDataFrame([(f"S{i}", *amounts) for i, amounts in enumerate(paid)], _PAID)
    counted = once_per_line(spark.createDataFrame(rows, _SCHEMA), settlements).collect()

    largest: dict[tuple[str, bool, str], Decimal] = defaultdict(Decimal)
    for lead, _, line, _, estimate, amount, _ in rows:
        largest[lead, estimate, line] = max(largest[lead, estimate, line], amount)
    wanted: dict[tuple[str, bool, str | None], Decimal] = defaultdict(Decimal)
    for (lead, estimate, line), amount in largest.items():
        wanted[lead, estimate, settlement_of(int(line[1:]))] += amount
    cap = {f"S{i}": sum(amounts) for i, amounts in enumerate(paid)} | {None: Decimal(0)}

    sums: dict[tuple[str, bool, str | None], Decimal] = defaultdict(Decimal)
    for row in counted:
        assert 0 <= row.amount_at_risk <= largest[row.lead_id, row.is_estimate, row.line_id]
        sums[row.lead_id, row.is_estimate, row.settlement_id] += row.amount_at_risk
    assert len(counted) == len(largest)
    assert dict(sums) == {key: min(amount, cap[key[2]]) for key, amount in wanted.items()}
