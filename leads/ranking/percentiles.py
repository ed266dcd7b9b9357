"""How a percentile is said: rounded once, here, and shown alike in the text, the table, the list and the workbook.

Nobody stands above itself: the first of n is above n - 1 of n, and the last above none. So a percentile is said within
these bounds, to a tenth of a percent, and never nearer to the end than it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import Column

_STEPS = 1000  # a tenth of a percent
_SLACK = 1e-6  # what sums of binary fractions lack to the step they mean


def said_percentile(percentile: str, peer_count: str) -> Column:
    """The percentile (0 to 1) as it is said of a group of `peer_count`; null without one, or alone in a group.

    Where the size of the group is unknown, it is taken for large: neither 0 nor 100 percent are said.
    """
    most = F.coalesce(1 - F.try_divide(F.lit(1.0), peer_count), F.lit(1 - 1 / _STEPS))
    most = F.floor(most * _STEPS + _SLACK) / _STEPS
    share = F.col(percentile)
    high = F.least(F.floor(share * _STEPS + _SLACK) / _STEPS, most)
    low = 1 - F.least(F.floor((1 - share) * _STEPS + _SLACK) / _STEPS, most)
    is_comparable = share.isNotNull() & (F.coalesce(F.col(peer_count), F.lit(2)) > 1)
    return F.when(is_comparable, F.round(F.when(share >= 0.5, high).otherwise(low), 3))
