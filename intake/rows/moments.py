"""Dates and times as texts, by one strict rule: a day with its month and year, an hour with its minute, or nothing.

Spark's own cast takes a month for its first day, a number for a year and an hour for today's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import Column

_DAY = r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
_HOUR = r"[0-9]{1,2}:[0-9]{1,2}(?::[0-9]{1,2}(?:\.[0-9]{1,9})?)?"
_OFFSET = r"(?:[zZ]|[+-][0-9]{2}(?::?[0-9]{2})?)"
_LOCAL = rf"^{_DAY}(?:[ T]{_HOUR})?$"
_ELSEWHERE = rf"^{_DAY}[ T]{_HOUR} ?{_OFFSET}$"
_CHINESE = r"^([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})日 ?((?:[0-9]{1,2}:.*)?)$"


def as_moment(text: Column, zone: str) -> Column:
    """The moment a text tells, on the clock of `zone`; null for any other text.

    A text with an offset or Z is of another clock, and is carried over; one without is of the zone's already.
    """
    iso = F.when(text.contains("年"), F.trim(F.regexp_replace(text, _CHINESE, "$1-$2-$3 $4"))).otherwise(text)
    instant = F.regexp_replace(F.upper(iso), " (?=[^ ]*$)(?=[Z+-])", "").try_cast("timestamp")
    return F.when(iso.rlike(_LOCAL), iso.try_cast("timestamp")).when(
        iso.rlike(_ELSEWHERE), F.from_utc_timestamp(instant, zone)
    )
