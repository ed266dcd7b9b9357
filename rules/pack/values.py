"""Values as the evaluator computes with them: the unknown with its causes, and Spark's types, exact to the digit."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from typing import Any, Final

Type = str  # as Spark writes it: int, string, decimal(16,2), array<string> …
NOTHING: Final = "null"  # the type of a written NULL
_MOST_DIGITS, _LEAST_SCALE, _QUOTIENT_SCALE = 38, 6, 39
_DECIMAL = re.compile(r"decimal\((\d+), ?(\d+)\)")
_EXACT = Context(prec=120, rounding=ROUND_HALF_UP)
_INTEGERS: Final = {"int": 10, "bigint": 20}
_LARGEST: Final = {"int": 2**31, "bigint": 2**63}


class Unknown:
    """What is not known; `causes` are the sources that the visit leaves open. Without any it is unknown for certain:
    whatever the visit said, nothing would be known here."""

    __slots__ = ("causes",)

    def __init__(self, causes: Iterable[str] = ()) -> None:
        self.causes = frozenset(causes)

    def __repr__(self) -> str:
        return f"Unknown({', '.join(sorted(self.causes))})"


NULL: Final = Unknown()


def unknown_of(values: Iterable[Any]) -> Unknown | None:
    """What a function of these values is, where it is unknown as soon as one of them is; None where all are known."""
    found: Unknown | None = None
    for value in values:
        if isinstance(value, Unknown):
            if not value.causes:
                return NULL
            found = value if found is None or found is value else Unknown(found.causes | value.causes)
    return found


@lru_cache(maxsize=512)
def digits_of(kind: Type) -> tuple[int, int] | None:
    """Precision and scale of a decimal; None for another type."""
    found = _DECIMAL.fullmatch(kind)
    return (int(found[1]), int(found[2])) if found else None


def decimal_type(precision: int, scale: int) -> Type:
    """The type of a result of so many digits, within what Spark holds: it gives up decimals before whole digits."""
    if precision > _MOST_DIGITS:
        whole = precision - scale
        scale = max(_MOST_DIGITS - whole, min(scale, _LEAST_SCALE))
        precision = _MOST_DIGITS
    return f"decimal({precision},{scale})"


def is_number(kind: Type) -> bool:
    return kind in _INTEGERS or kind == "double" or digits_of(kind) is not None


def as_decimal(kind: Type, literal: object = None) -> tuple[int, int]:
    """The digits of a number in arithmetic with a decimal; a written whole number has as many as it is long."""
    digits = digits_of(kind)
    if digits is not None:
        return digits
    if isinstance(literal, int):
        return max(len(str(abs(literal))), 1), 0
    return _INTEGERS[kind], 0


def fitted(value: Decimal, kind: Type) -> Decimal:
    """The value with the digits of the type, half rounded up. Raises OverflowError where it has too many."""
    precision, scale = digits_of(kind) or (_MOST_DIGITS, 0)
    found = value.quantize(Decimal(1).scaleb(-scale), context=_EXACT)
    if found.adjusted() + 1 > precision - scale and found != 0:
        raise OverflowError(f"a number is too large for {kind}")
    return found


def quotient(left: Decimal, right: Decimal, kind: Type) -> Decimal:
    """As Spark divides: first to 39 decimals, then to those of the type."""
    exact = _EXACT.divide(left, right).quantize(Decimal(1).scaleb(-_QUOTIENT_SCALE), context=_EXACT)
    return fitted(exact, kind)


def whole(value: int, kind: Type) -> int:
    """Raises OverflowError where a whole number does not fit its type."""
    if not -_LARGEST[kind] <= value < _LARGEST[kind]:
        raise OverflowError(f"a number is too large for {kind}")
    return value


def computed(sign: str, left: Decimal, right: Decimal, kind: Type) -> Decimal:
    """Sum, difference or product, with the digits of the type."""
    exact = {"+": _EXACT.add, "-": _EXACT.subtract, "*": _EXACT.multiply}[sign](left, right)
    return fitted(exact, kind)


def result_type(sign: str, left: tuple[int, int], right: tuple[int, int]) -> Type:
    """The decimal type of `left sign right`."""
    (p1, s1), (p2, s2) = left, right
    if sign == "*":
        return decimal_type(p1 + p2 + 1, s1 + s2)
    if sign == "/":
        scale = max(_LEAST_SCALE, s1 + p2 + 1)
        return decimal_type(p1 - s1 + s2 + scale, scale)
    scale = max(s1, s2)
    return decimal_type(max(p1 - s1, p2 - s2) + scale + 1, scale)


def wider(one: Type, other: Type) -> Type | None:
    """The type that holds values of both; None where there is none."""
    if one == other or other == NOTHING:
        return one
    if one == NOTHING:
        return other
    if {one, other} == {"date", "timestamp"}:
        return "timestamp"
    if not (is_number(one) and is_number(other)):
        return None
    if "double" in (one, other):
        return "double"
    if one in _INTEGERS and other in _INTEGERS:
        return "bigint"
    (p1, s1), (p2, s2) = as_decimal(one), as_decimal(other)
    scale = max(s1, s2)
    return f"decimal({min(max(p1 - s1, p2 - s2) + scale, _MOST_DIGITS)},{scale})"


def converted(value: Any, kind: Type, to: Type) -> Any:
    """A value of a type as one of a wider type."""
    if kind == to or isinstance(value, Unknown):
        return value
    if to == "double":
        return float(value)
    if digits_of(to) is not None:
        return fitted(Decimal(value), to)
    if to == "timestamp":
        return datetime.combine(value, time())
    return value


def as_text(value: Any, kind: Type) -> str:
    """A value as Spark's cast to a text writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        text = value.strftime("%Y-%m-%d %H:%M:%S")
        return text + (f".{value.microsecond:06d}".rstrip("0") if value.microsecond else "")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, float):
        return _double_text(value)
    return str(value)


def _double_text(value: float) -> str:
    """As Java writes it: by powers of ten outside 0.001 to 10,000,000."""
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    text = "".join(map(str, digits))
    power = len(text) - 1 + int(exponent)
    return f"{'-' if sign else ''}{text[0]}.{text[1:] or '0'}E{power}"


def readable(value: Any, kind: Type) -> str:
    """A value in a reason: dates without seconds, numbers without idle zeros, a word for the unknown."""
    if isinstance(value, Unknown):
        return "?"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    text = as_text(value, kind)
    digits = digits_of(kind)
    return re.sub(r"\.?0+$", "", text) if digits and digits[1] else text
