"""The functions that the evaluator knows: each checks the types of its arguments once and gives a function of rows.

A function that is not here cannot be exported; a rule that calls it is left out of a pack with this reason.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from rules.pack.parts import (
    Compiled,
    NotExportableError,
    PackRow,
    alike,
    arithmetic,
    compared,
    regular,
    strictly,
)
from rules.pack.values import NOTHING, NULL, Unknown, as_text, is_number, unknown_of

Args = Sequence[Compiled]
_EPOCH = datetime(1970, 1, 1)
_DATE_FORMATS = {
    "yyyy-MM-dd": "%Y-%m-%d", "yyyy-MM-dd HH:mm": "%Y-%m-%d %H:%M", "yyyy-MM-dd HH:mm:ss": "%Y-%m-%d %H:%M:%S",
    "yyyy-MM": "%Y-%m", "yyyy": "%Y",
}  # fmt: skip


def call(name: str, args: Args) -> Compiled:
    """The call of a function. Raises NotExportableError where there is none of this name, or not of these arguments."""
    if name not in _FUNCTIONS:
        raise NotExportableError(f"the evaluator has no function {name}()")
    counts, make = _FUNCTIONS[name]
    if len(args) not in counts:
        raise NotExportableError(f"the evaluator has no function {name}() of {len(args)} arguments")
    return make(args)


def texts(value: Compiled) -> Compiled:
    """A value as text, as a cast writes it."""
    if value.type in ("string", NOTHING):
        return value
    if value.type.startswith("array"):
        raise NotExportableError("a list is no text")
    return strictly([value], "string", lambda one: as_text(one, value.type))


def _refuse_others(args: Args, *kinds: str) -> None:
    wrong = [arg.type for arg in args if arg.type not in (*kinds, NOTHING)]
    if wrong:
        raise NotExportableError(f"a function of {' or '.join(kinds)} has {', '.join(wrong)}")


def _of_texts(kind: str, compute: Callable[..., Any]) -> Callable[[Args], Compiled]:
    """A function of texts, and of whole numbers after the first argument."""

    def make(args: Args) -> Compiled:
        _refuse_others(args[:1], "string")
        _refuse_others(args[1:], "string", "int")
        return strictly(args, kind, compute)

    return make


def _of_days(kind: str, compute: Callable[..., Any]) -> Callable[[Args], Compiled]:
    """A function of the days of dates or moments, and of whole numbers."""

    def make(args: Args) -> Compiled:
        _refuse_others(args, "date", "timestamp", "int")
        return strictly(args, kind, lambda *values: compute(*map(_day, values)))

    return make


def _day(value: Any) -> Any:
    return value.date() if isinstance(value, datetime) else value


def _of_moments(kind: str, compute: Callable[[datetime], Any]) -> Callable[[Args], Compiled]:
    def make(args: Args) -> Compiled:
        _refuse_others(args, "timestamp", "date")
        return strictly(args, kind, lambda value: compute(_moment(value)))

    return make


def _moment(value: date) -> datetime:
    return value if isinstance(value, datetime) else datetime.combine(value, time())


def _of_lists(kind: str, compute: Callable[..., Any]) -> Callable[[Args], Compiled]:
    """A function of a list; with the kind `same` it gives a list of the same type."""

    def make(args: Args) -> Compiled:
        if not args[0].type.startswith("array"):
            raise NotExportableError(f"a function of a list has {args[0].type}")
        return strictly(args, args[0].type if kind == "same" else kind, compute)

    return make


def _if(args: Args) -> Compiled:
    _refuse_others(args[:1], "boolean")
    kind, (then, otherwise) = alike(args[1:])
    condition = args[0].run
    return Compiled(lambda row: then(row) if condition(row) is True else otherwise(row), kind)


def _coalesce(args: Args) -> Compiled:
    """The first that is known; where none is, the causes of all remain: any of them may be known one day."""
    kind, runs = alike(args)

    def run(row: PackRow) -> Any:
        causes: frozenset[str] = frozenset()
        for one in runs:
            value = one(row)
            if not isinstance(value, Unknown):
                return value
            causes |= value.causes
        return Unknown(causes) if causes else NULL

    return Compiled(run, kind)


def _nullif(args: Args) -> Compiled:
    is_equal, value = compared("=", args).run, args[0].run
    return Compiled(lambda row: NULL if is_equal(row) is True else value(row), args[0].type)


def _extreme(choose: Callable[..., Any]) -> Callable[[Args], Compiled]:
    """`least` and `greatest`, unknown where one is."""

    def make(args: Args) -> Compiled:
        kind, runs = alike(args)
        return strictly([Compiled(run, kind) for run in runs], kind, choose)

    return make


def _concat(args: Args) -> Compiled:
    return strictly([texts(arg) for arg in args], "string", lambda *parts: "".join(parts))


def _array_join(args: Args) -> Compiled:
    if not args[0].type.startswith("array<"):
        raise NotExportableError(f"array_join() joins a list, and not {args[0].type}")
    kind = args[0].type[6:-1]
    return strictly(args, "string", lambda values, sign: sign.join(as_text(value, kind) for value in values))


def _array(args: Args) -> Compiled:
    kind, runs = alike(args)

    def run(row: PackRow) -> Any:
        values = [one(row) for one in runs]
        unknown = unknown_of(values)
        return tuple(values) if unknown is None else unknown

    return Compiled(run, f"array<{kind}>")


def _array_contains(args: Args) -> Compiled:
    kind = args[0].type[6:-1] if args[0].type.startswith("array<") else ""
    if kind != args[1].type:
        raise NotExportableError(f"array_contains() looks in {args[0].type} for {args[1].type}")
    return strictly(args, "boolean", lambda values, one: one in values)


def _absolute(args: Args) -> Compiled:
    if not is_number(args[0].type):
        raise NotExportableError(f"abs() of {args[0].type}")
    return strictly(args, args[0].type, abs)


def _regexp_like(args: Args) -> Compiled:
    _refuse_others(args, "string")
    if not isinstance(args[1].literal, str):
        raise NotExportableError("regexp_like() compares with a pattern that is written out")
    search = regular(args[1].literal).search
    return strictly(args[:1], "boolean", lambda text: search(text) is not None)


def _date_format(args: Args) -> Compiled:
    _refuse_others(args[:1], "date", "timestamp")
    pattern = _DATE_FORMATS.get(str(args[1].literal))
    if pattern is None:
        raise NotExportableError(f"date_format() writes {', '.join(_DATE_FORMATS)}")
    return strictly(args[:1], "string", lambda value: _moment(value).strftime(pattern))


def _to_date(args: Args) -> Compiled:
    _refuse_others(args, "date", "timestamp")
    return strictly(args, "date", _day)


def _is_unknown(args: Args) -> Compiled:
    run = args[0].run
    return Compiled(lambda row: isinstance(run(row), Unknown), "boolean")


def _is_known(args: Args) -> Compiled:
    run = args[0].run
    return Compiled(lambda row: not isinstance(run(row), Unknown), "boolean")


def _substring(text: str, start: int, length: int | None = None) -> str:
    """As Spark counts: from 1, from the end where it is negative, and before the text where that is too far."""
    first = start - 1 if start > 0 else len(text) + start if start < 0 else 0
    last = len(text) if length is None else first + max(length, 0)
    return text[max(first, 0) : max(last, 0)]


def _lpad(text: str, length: int, pad: str) -> str:
    if length <= len(text):
        return text[: max(length, 0)]
    return (pad * length)[: length - len(text)] + text if pad else text


def _days(count: int) -> timedelta:
    return timedelta(days=count)


_FUNCTIONS: dict[str, tuple[Sequence[int], Callable[[Args], Compiled]]] = {
    "if": ((3,), _if),
    **dict.fromkeys(("coalesce", "nvl", "ifnull"), (range(1, 20), _coalesce)),
    "nullif": ((2,), _nullif),
    "isnull": ((1,), _is_unknown),
    "isnotnull": ((1,), _is_known),
    "least": (range(2, 20), _extreme(min)),
    "greatest": (range(2, 20), _extreme(max)),
    "abs": ((1,), _absolute),
    "try_divide": ((2,), lambda args: arithmetic("/", args)),
    "try_add": ((2,), lambda args: arithmetic("+", args)),
    "try_subtract": ((2,), lambda args: arithmetic("-", args)),
    "try_multiply": ((2,), lambda args: arithmetic("*", args)),
    "concat": (range(1, 20), _concat),
    **dict.fromkeys(("substring", "substr"), ((2, 3), _of_texts("string", _substring))),
    "left": ((2,), _of_texts("string", lambda text, count: text[: max(count, 0)])),
    "right": ((2,), _of_texts("string", lambda text, count: text[-count:] if count > 0 else "")),
    "upper": ((1,), _of_texts("string", str.upper)),
    "lower": ((1,), _of_texts("string", str.lower)),
    "trim": ((1,), _of_texts("string", lambda text: text.strip(" "))),
    "length": ((1,), _of_texts("int", len)),
    "lpad": ((3,), _of_texts("string", _lpad)),
    "startswith": ((2,), _of_texts("boolean", str.startswith)),
    "endswith": ((2,), _of_texts("boolean", str.endswith)),
    "contains": ((2,), _of_texts("boolean", lambda text, part: part in text)),
    "regexp_like": ((2,), _regexp_like),
    **dict.fromkeys(("datediff", "date_diff"), ((2,), _of_days("int", lambda last, first: (last - first).days))),
    **dict.fromkeys(("date_add", "dateadd"), ((2,), _of_days("date", lambda day, count: day + _days(count)))),
    "date_sub": ((2,), _of_days("date", lambda day, count: day - _days(count))),
    "year": ((1,), _of_days("int", lambda day: day.year)),
    "month": ((1,), _of_days("int", lambda day: day.month)),
    **dict.fromkeys(("day", "dayofmonth"), ((1,), _of_days("int", lambda day: day.day))),
    "hour": ((1,), _of_moments("int", lambda moment: moment.hour)),
    "minute": ((1,), _of_moments("int", lambda moment: moment.minute)),
    "unix_seconds": ((1,), _of_moments("bigint", lambda moment: (moment - _EPOCH) // timedelta(seconds=1))),
    "date_format": ((2,), _date_format),
    "to_date": ((1,), _to_date),
    **dict.fromkeys(("size", "cardinality", "array_size"), ((1,), _of_lists("int", len))),
    "sort_array": ((1,), _of_lists("same", lambda values: tuple(sorted(values)))),
    "array_distinct": ((1,), _of_lists("same", lambda values: tuple(dict.fromkeys(values)))),
    "array_contains": ((2,), _array_contains),
    "array_join": ((2,), _array_join),
    "array": (range(1, 20), _array),
}
