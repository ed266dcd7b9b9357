"""What may stand in an expression: types, units, operators with how tightly they bind, functions that need care."""

from __future__ import annotations

TYPES = {
    "INT": "int", "BIGINT": "bigint", "DOUBLE": "double", "TEXT": "string", "DATE": "date", "TIMESTAMPTZ": "timestamp",
    "BOOLEAN": "boolean", "DECIMAL": "decimal",
}  # fmt: skip
UNITS = frozenset({"YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND"})
# a bad pattern ends the job and stands in its message, so it is never made of a row's values; which argument it is
PATTERN_AT = dict.fromkeys(("date_format", "split", "to_date", "try_to_date", "try_to_timestamp", "next_day"), 1)
PATTERN_AT |= dict.fromkeys(("regexp_replace", "regexp_extract", "regexp_count", "regexp_substr", "regexp_like"), 1)
UNIT_FIRST = frozenset({"timestampdiff", "timestampadd"})
# what they give depends on the day of a moment, not on its time
OF_DAYS = frozenset({
    "to_date", "try_to_date", "date_add", "date_sub", "date_diff", "datediff", "add_months", "last_day", "next_day",
    "trunc", "year", "quarter", "month", "day", "dayofmonth", "dayofweek", "weekday", "dayofyear", "weekofyear",
    "unix_date",
})  # fmt: skip
# engines pass over what is unknown in these; a comparison with the unknown is unknown, so they are written to be it too
OF_ALL_KNOWN = frozenset({"least", "greatest"})
BINARY = {
    "Or": ("OR", 1), "And": ("AND", 2), "EQ": ("=", 4), "NEQ": ("<>", 4), "LT": ("<", 4), "LTE": ("<=", 4),
    "GT": (">", 4), "GTE": (">=", 4), "NullSafeEQ": ("<=>", 4), "Like": ("LIKE", 4), "ILike": ("ILIKE", 4),
    "RegexpLike": ("RLIKE", 4),
    "Add": ("+", 5), "Sub": ("-", 5), "DPipe": ("||", 5), "Mul": ("*", 6), "Div": ("/", 6), "Mod": ("%", 6),
    "IntDiv": ("DIV", 6),
}  # fmt: skip
RANK = {name: rank for name, (_, rank) in BINARY.items()} | {"Not": 3, "Is": 4, "In": 4, "Between": 4, "Neg": 7}
ATOM = 8
