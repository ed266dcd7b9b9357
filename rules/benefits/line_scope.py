"""What of a settlement's fee lines is in scope of payment: by class, price limit and the share paid first."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from rules.benefits.checking import known_codes
from rules.frames.inputs import ScanInputs

_MONEY, _SUM = "decimal(16,2)", "decimal(20,2)"
_OWN = "3"  # the class that is wholly the person's
_ROUNDING = 0.01  # of a line that was taken back in part, whose parts were rounded apart


def scope_by_lines(inputs: ScanInputs, termed: DataFrame) -> DataFrame:
    """Grain: settlement. `line_total`, `line_excluded`, `line_over_limit`, `line_first_paid` and `line_covered`
    by the policy; `line_said` is in scope as the lines say themselves; `lines_lacking`
    counts the lines that do not say what decides."""
    classes = sorted(known_codes("coverage_class"))
    shares = termed.select("settlement_id", *(f"first_paid_{name}" for name in classes))
    lines = inputs.table("claim_line").select(
        "settlement_id", "coverage_class", "quantity", "unit_price", "price_limit", "amount", "covered_amount"
    )
    share = F.coalesce(*(F.when(F.col("coverage_class") == name, F.col(f"first_paid_{name}")) for name in classes))
    own = F.col("coverage_class") == _OWN
    over = F.when(~own & (F.col("unit_price") > F.col("price_limit")), _beyond()).otherwise(_zero())
    parts = lines.join(shares, on="settlement_id", how="inner").select(
        "settlement_id", "amount", "covered_amount", over.cast(_MONEY).alias("over"), share.alias("share"),
        own.alias("own"), (F.col("unit_price").isNull() | F.col("quantity").isNull()).alias("unpriced"),
    )  # fmt: skip
    first = F.round((F.col("amount") - F.col("over")) * F.col("share"), 2)
    due = (F.col("amount") - F.col("over") - first).cast(_MONEY)
    said = F.col("covered_amount")
    covered = F.when(F.abs(said - due) <= F.lit(_ROUNDING).cast(_MONEY), said).otherwise(due)
    split = parts.select("*", covered.alias("covered"))
    beyond = F.col("amount") - F.col("over") - F.col("covered")
    lacking = F.col("amount").isNull() | F.col("share").isNull() | F.col("unpriced")
    sums: dict[str, Column] = {
        "line_total": F.col("amount"),
        "line_excluded": F.when(F.col("own"), F.col("amount")).otherwise(_zero()),
        "line_over_limit": F.col("over"),
        "line_first_paid": F.when(F.col("own"), _zero()).otherwise(beyond),
        "line_covered": F.col("covered"),
        "line_said": F.col("covered_amount"),
    }
    return split.groupBy("settlement_id").agg(
        *(F.sum(column).cast(_SUM).alias(name) for name, column in sums.items()),
        F.count_if(lacking).alias("lines_lacking"),
    )


def _beyond() -> Column:
    """What the price lies above its limit, for all that was charged; never more than was charged. Means nothing of a
    line that does not say how much: it is lacking."""
    return F.least((F.col("unit_price") - F.col("price_limit")) * F.col("quantity"), F.col("amount"))


def _zero() -> Column:
    return F.lit(0).cast(_MONEY)
