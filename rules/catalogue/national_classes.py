"""The 88 classes of the national library 医疗保障基金智能监管规则库、知识库 (2025年版), which rules say they implement.

`classes_2025.csv` holds their order, names and codes: public facts of the National Healthcare Security Administration,
as published on 2026-02-12 and transcribed by a public repository, not checked against the original. The codes are those
of the framework of 2023 (1.0); a class that is new in 2025 has none.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from io import StringIO

from pydantic import Field

from fundwatch.declared import Declared

_FILE = "classes_2025.csv"


class NationalClass(Declared):
    """One class: 政策类, 管理类 or 医疗类, its part of that, what it is called."""

    seq: int = Field(ge=1)
    tier1: str = Field(min_length=1)
    tier2: str = Field(min_length=1)
    name: str = Field(min_length=1)
    code: str = ""


@cache
def national_classes() -> tuple[NationalClass, ...]:
    """All of them in the library's order."""
    text = (files("rules") / "catalogue" / _FILE).read_text(encoding="utf-8")
    return tuple(NationalClass.model_validate(row) for row in csv.DictReader(StringIO(text, newline="")))


def seq_of(named: int | str) -> int:
    """The place of the class that is named by it, or by its code. Raises ValueError where there is none."""
    for one in national_classes():
        if named in (one.seq, str(one.seq)) or (one.code and named == one.code):
            return one.seq
    raise ValueError(f"the national library has no class {named}: name it by its place, 1 to 88, or its code")
