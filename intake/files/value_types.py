"""What a delivered text is a value of, as rows are read (intake.rows.values); and what of it a message may show."""

from __future__ import annotations

import re

from fundwatch.contracts import TABLES
from intake.source.columns import Token
from intake.source.mapping import ENTRY_OF, SourceMapping

_NUMBER = re.compile(r"[+-]?[¥￥]? ?(\d{1,3}(,\d{3})+(\.\d*)?|\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?( ?元)?")
_DAY = r"\d{4}(-\d{1,2}-\d{1,2}|年\d{1,2}月\d{1,2}日)"
_HOUR = r"([ T]?\d{1,2}:\d{1,2}(:\d{1,2}(\.\d*)?)?( ?([zZ]|[+-]\d{2}(:?\d{2})?))?)?"
_FORMS = {
    "int": _NUMBER,
    "bigint": _NUMBER,
    "double": _NUMBER,
    "decimal": _NUMBER,
    "boolean": re.compile(r"(?i)t|true|y|yes|1|f|false|n|no|0"),
    "date": re.compile(_DAY + _HOUR),
    "timestamp": re.compile(_DAY + _HOUR),
}
# a number cut short, as spreadsheets (9.90001E+17) and Java (9.90001E17, from ten millions on) write it
_CUT_SHORT = r"(\d+(\.\d+)?[eE]\+|\d\.\d+[eE])\d{1,3}"
_SHORTENED = re.compile(_CUT_SHORT)
# an id that a program took for a number, in Java's regular expressions and Python's: 5001.0, 9.90001E+17
NUMBER_FORM = rf"^[+-]?(\d+\.0*|{_CUT_SHORT})$"
# how the columns end whose codes are of a published list: these may end in zeros behind a point, 250.00 and 45.00
OF_A_LIST = ("diagnosis_code", "procedure_code", "disease_code")
SHORTENED_FORM = rf"^[+-]?{_CUT_SHORT}$"
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,8}")
_LONG_NUMBER = re.compile(r"\d{6,}")


def contract_type(mapping: SourceMapping, kind: str, column: str) -> str:
    """The Spark type that a file's column is cast to; "string" for one that becomes a token; "" when nothing tells."""
    fed = mapping.rows_of(kind)
    if fed is None:
        return ""
    contract, column = TABLES[ENTRY_OF.get(fed[0], fed[0])], fed[1].read_as(column)
    for canonical, given in fed[1].columns.items():
        if given == column:
            return contract.spark_type(canonical)
        if isinstance(given, Token) and given.of == column:
            return "string"
    return ""


def fits(text: str, spark_type: str) -> bool:
    """Whether the text looks like a value of the type. Types that read any text fit all."""
    form = _FORMS.get(spark_type.split("(")[0])
    return form is None or form.fullmatch(text) is not None


def is_shortened(text: str) -> bool:
    """Whether a spreadsheet has written a long number as 1.23457E+17."""
    return _SHORTENED.fullmatch(text) is not None


def shown_code(text: str) -> str:
    """ ": " and the code, for a message; nothing when it may be more than a code."""
    return f": {text}" if _CODE.fullmatch(text) else ""


def shown_name(column: str) -> str:
    """A column's name for a message: what is long, or holds a long number, may be a value that stands in its place."""
    if len(column) > 64 or _LONG_NUMBER.search(column) or not column.isprintable():
        return "…"
    return column
