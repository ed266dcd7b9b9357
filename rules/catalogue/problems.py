"""The ten problem templates and the items of the national lists of typical problems (2025), and what finds each.

`problems_2025.csv` says of an item, in our own words, its template, the rules that find it and the knowledge they need
for it: a class with all its points, `class:code` a point that ships, `class:` points that a province loads. What no
rule finds says why claims cannot show it. Numbers and contents as a public repository transcribed the two lists
(医保函〔2025〕2号, hospitals H and pharmacies P), not checked against the original.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Mapping
from enum import Enum
from functools import cache
from importlib.resources import files
from io import StringIO
from typing import Protocol

from pydantic import Field, field_validator

from fundwatch.declared import Declared
from rules.catalogue.rule import BilingualText

_FILE = "problems_2025.csv"


class Template(Enum):
    """To what the items come down."""

    T1 = BilingualText(zh="已含项目再收", en="A contained item charged again")
    T2 = BilingualText(zh="无指征筛查", en="Screening without an indication")
    T3 = BilingualText(zh="重复检验组合", en="A redundant pair of tests")
    T4 = BilingualText(zh="方法、档次、设备串换", en="Method, grade or device swapped")
    T5 = BilingualText(zh="违反计价单位", en="The unit of charge breached")
    T6 = BilingualText(zh="拆分成套", en="A set or package split")
    T7 = BilingualText(zh="无资质能力", en="No capability: equipment, licence, staff, room")
    T8 = BilingualText(zh="收费未做或多于实际", en="Billed and not done, or more than used")
    T9 = BilingualText(zh="超支付范围与转嫁", en="Out of scope, or costs shifted")
    T10 = BilingualText(zh="诱导", en="Inducement")


class WhyNot(Enum):
    """Why claims cannot show an item."""

    RECORD = BilingualText(
        zh="做没做只见于病历、报告、影像；费用明细只有收费", en="only records, reports and images show what was done"
    )
    STOCK = BilingualText(zh="须与进销存核对，费用明细没有", en="needs purchases and stock, which claims do not hold")
    DEVICE = BilingualText(zh="费用明细没有设备型号与厂家", en="claims do not hold the device or its maker")
    METHOD = BilingualText(
        zh="费用明细只有所收项目的编码，没有实际方法", en="claims hold the code charged, not the method used"
    )
    SHARE = BilingualText(
        zh="单条无从判断，要看科室、机构占比：由指标而非规则发现",
        en="no single line shows it, a share over a department does: for indicators, not rules",
    )
    LICENCE = BilingualText(
        zh="须有人员、设备、场所资质登记", en="needs registers of staff, equipment and rooms by licence"
    )
    CONDUCT = BilingualText(zh="返现、送礼不留费用明细", en="cash and gifts leave no line")
    NETWORK = BilingualText(
        zh="须看人、机构、凭证的联系：由网络而非规则发现",
        en="links of people and places show it: for networks, not rules",
    )


class ProblemItem(Declared):
    """One item of a list; a pharmacy's has no template."""

    code: str = Field(pattern=r"^[HP]\d{1,3}$")
    template: Template | None = None
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)
    rules: tuple[str, ...] = ()
    knowledge: tuple[str, ...] = ()
    why: WhyNot | None = None

    @field_validator("template", mode="before")
    @classmethod
    def _template(cls, named: object) -> object:
        return Template[named] if isinstance(named, str) and named else None

    @field_validator("why", mode="before")
    @classmethod
    def _why(cls, named: object) -> object:
        return WhyNot[named.upper()] if isinstance(named, str) and named else None

    @field_validator("rules", "knowledge", mode="before")
    @classmethod
    def _words(cls, text: object) -> object:
        return tuple(text.split()) if isinstance(text, str) else text

    @property
    def name(self) -> str:
        """The item for people."""
        return f"{self.zh} {self.en}"


class Speaks(Protocol):
    """A point of knowledge."""

    @property
    def code(self) -> str: ...
    def speaks_of(self, code: str) -> bool: ...


@cache
def problem_items() -> tuple[ProblemItem, ...]:
    """All items in the lists' order."""
    text = (files("rules") / "catalogue" / _FILE).read_text(encoding="utf-8")
    return tuple(ProblemItem.model_validate(row) for row in csv.DictReader(StringIO(text, newline="")))


def missing_in_lists() -> dict[str, list[int]]:
    """By list the numbers below its last that no item has: the transcription that we have leaves them out."""
    numbers = {kind: {int(i.code[1:]) for i in problem_items() if i.code[0] == kind} for kind in ("H", "P")}
    return {kind: sorted({*range(1, max(found) + 1)} - found) for kind, found in numbers.items()}


def wrong_with_items(rules: Collection[str], knowledge: Mapping[str, Collection[Speaks]]) -> Iterator[str]:
    """What the items name and there is not, and items that are neither found by a rule nor say why."""
    for item in problem_items():
        if bool(item.rules) == (item.why is not None):
            yield f"{item.code}: names rules, or says why claims cannot show it, and not both"
        yield from (f"{item.code}: there is no rule {rule}" for rule in item.rules if rule not in rules)
        for named in item.knowledge:
            name, _, code = named.partition(":")
            if name not in knowledge:
                yield f"{item.code}: no class of knowledge is named {name}"
            elif code and not any(point.code == code or point.speaks_of(code) for point in knowledge[name]):
                yield f"{item.code}: no point of {name} speaks of {code}"
