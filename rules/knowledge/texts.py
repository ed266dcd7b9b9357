"""What bureaus write of a limit, read as points: the shapes of text that are known, class by class of the library.

A shape that fits gives points; a text may fit several. What fits none is for people to curate: nothing is guessed.
“以下” and “以上” include the number that they name (民法典 1259); “不满”, “小于” do not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from rules.catalogue.national_classes import national_classes

Cells = Mapping[str, str]
Read = Callable[[str], Cells | None]

_CHILD, _NEWBORN, _WORKING = {"max_age": "17"}, {"max_age": "0"}, {"min_age": "16", "max_age": "63"}
_FEMALE = re.compile("女性|妇女|妇科|子宫|宫颈|宫腔|卵巢|输卵管|阴道|外阴|月经|痛经|闭经|恶露|带下|产后|绝经")
_MALE = re.compile("男性|男科|前列腺|阴茎|睾丸|附睾|输精管|精囊|阴囊")
_AGES = "(?P<n>[0-9]{1,3})(?:周)?岁"
# diseases that a text may name alone, by the stems of the national diagnosis codes, on the wide side
_DISEASES: Mapping[str, str] = {
    "1型糖尿病": "E10", "2型糖尿病": "E11|E14", "糖尿病": "E10|E11|E12|E13|E14|O24", "十二指肠溃疡": "K26|K27",
    "胃溃疡": "K25|K27", "反流性食管炎": "K21", "类风湿关节炎": "M05|M06|M08", "强直性脊柱炎": "M45|M46",
    "银屑病": "L40", "克罗恩病": "K50", "溃疡性结肠炎": "K51", "帕金森病": "G20|G21|G22", "前列腺癌": "C61",
    "乳腺癌": "C50", "血友病": "D66|D67|D68", "骨质疏松": "M80|M81|M82", "骨质疏松症": "M80|M81|M82",
    "癫痫": "G40|G41", "阿尔茨海默病": "F00|G30",
}  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """A shape of text: the classes of the library that it is read for, what it says, and in which class of ours.

    `by_whole_name`: a class that is found by names holds for this name alone, not for all that begin with it.
    """

    national: tuple[str, ...]
    read: Read
    knowledge_class: str
    by_whole_name: bool = False


@dataclass(frozen=True)
class Stated:
    """What a text says in one class of knowledge."""

    knowledge_class: str
    cells: Cells
    by_whole_name: bool = False


def _always(**cells: str) -> Read:
    """The class of the library alone says it."""
    return lambda _text: cells


def _where(pattern: str, **cells: str) -> Read:
    """The text holds what the pattern says, once and with one number; `{n}` in a cell is the number."""
    compiled = re.compile(pattern)

    def read(text: str) -> Cells | None:
        found = {tuple(sorted(match.groupdict().items())) for match in compiled.finditer(text)}
        if len(found) != 1:
            return None
        (named,) = map(dict, found)
        return {name: cell.format(**named) for name, cell in cells.items()}

    return read


def _first(*reads: Read) -> Read:
    """What the first of them reads that reads anything."""
    return lambda text: next((cells for read in reads if (cells := read(text)) is not None), None)


def _sex(text: str) -> Cells | None:
    female, male = bool(_FEMALE.search(text)), bool(_MALE.search(text))
    return {"value": "2" if female else "1"} if female != male else None


def _age(usual: Cells | None) -> Read:
    """Ages that the text names; `usual` where it names none."""
    span = re.compile("([0-9]{1,2})(?:周)?岁?(?:至|到|-|~|—)([0-9]{1,3})(?:周)?岁")

    def read(text: str) -> Cells | None:
        if spans := set(span.findall(text)):
            (low, high), *others = spans
            return None if others or int(low) > int(high) else {"min_age": low, "max_age": high}
        if "岁" not in text:
            return None if "成人" in text else usual
        upto = _first(_where(f"(?:不满|小于|未满){_AGES}", n="{n}"), _where(f"(?<![于满]){_AGES}及?以下", below="{n}"))
        least = _where(f"{_AGES}及?以上", n="{n}")
        high, low = upto(text), least(text)
        cells = {"min_age": low["n"]} if low else {}
        if high:
            cells["max_age"] = high.get("below") or str(int(high["n"]) - 1)
        return cells or None

    return read


def _oldest(read: Read) -> Read:
    """The greatest age alone, for a class that knows no least one."""

    def oldest(text: str) -> Cells | None:
        cells = read(text)
        return {"max_age": cells["max_age"]} if cells and "max_age" in cells else None

    return oldest


def _diseases(text: str) -> Cells | None:
    """A text that names known diseases and nothing else."""
    named = re.fullmatch("限(?:用于)?(?P<names>.+?)(?:的?(?:成人)?患者)?(?:的?治疗)?。?", text)
    if named is None:
        return None
    names = re.split("、|和|或|及", named["names"])
    if not all(name in _DISEASES for name in names):
        return None
    return {"diagnoses": "|".join(sorted({stem for name in names for stem in _DISEASES[name].split("|")}))}


_STAY = _where("住院患者方予支付|限住院(?:患者|使用)?(?=。|$)", value="stay")
_STAY_OR_EMERGENCY = _where("限(?:急诊或住院|住院或急诊|急诊、住院|住院、急诊)", value="stay_or_emergency")
_PAID_DAYS = "(?:支付|总时间|疗程)(?:最多)?不超过(?P<n>[0-9]{1,3})(?:天|日)"
SHAPES = (
    Shape(("药品区分性别使用",), _sex, "sex_drug"),
    Shape(("医疗服务项目区分性别使用",), _sex, "sex_item"),
    Shape(("药品儿童专用", "药品限儿童使用"), _oldest(_age(_CHILD)), "child_drug_name"),
    Shape(("药品限新生儿使用",), _always(**_NEWBORN), "child_drug_name"),
    Shape(("医疗服务项目儿童专用", "医疗服务项目限儿童使用"), _age(_CHILD), "age_item"),
    Shape(("医疗服务项目限新生儿使用",), _always(**_NEWBORN), "age_item"),
    Shape(("医疗服务项目限年龄",), _first(_where("法定(?:就业|劳动)年龄", **_WORKING), _age(None)), "age_item"),
    Shape(
        ("药品儿童禁用",),
        _first(_where(f"{_AGES}及?以下.{{0,6}}禁用", min_age="{n}"), _where("儿童禁用", min_age="18")),
        "child_barred_drug",
    ),
    Shape(("药品限工伤保险",), _where("限工伤保险", value="work_injury"), "insurance_drug_name"),
    Shape(("药品限生育保险",), _where("限生育保险", value="maternity"), "insurance_drug_name"),
    Shape(("药品限医疗机构级别",), _where("限二级(?:及|或)?以上(?:医疗机构|医院)", level="2"), "level_drug_name"),
    Shape(("药品限医疗机构级别",), _where("限一级(?:及|或)?以上(?:医疗机构|医院)", level="1"), "level_drug_name"),
    Shape(("药品限就医方式",), _first(_STAY_OR_EMERGENCY, _STAY), "visit_drug_name"),
    Shape(("药品限支付疗程",), _where(_PAID_DAYS, days="{n}", drug="{{name}}"), "drug_course"),
    Shape(("医疗服务项目限支付疗程",), _where(_PAID_DAYS, value="{n}"), "therapy_course"),
    Shape(
        ("医疗服务项目限支付疗程", "医疗服务项目周期超频次"),
        _where("间隔(?:时间)?(?:不短于|不少于|不小于|大于)(?P<n>[0-9]{1,3})(?:天|日)", days="{n}"), "period_limit",
    ),
    Shape(
        ("医疗服务项目周期超频次",),
        _first(
            _where("(?:每周|7(?:天|日)内)(?:限|不超过|最多)(?P<n>[0-9]{1,3})次", days="7", count="{n}"),
            _where("(?:每月|30(?:天|日)内)(?:限|不超过|最多)(?P<n>[0-9]{1,3})次", days="30", count="{n}"),
        ),
        "period_count",
    ),
    Shape(
        ("医疗服务项目限定频次",),
        _first(
            _where("^日$", value="1", unit="day"),
            _where("^小时$", value="24", unit="hour"),
            _where("(?:每日|每天|日)(?:限|不超过|最多)?(?P<n>[0-9]{1,3})次", value="{n}", unit="day"),
            _where("(?:每日|每天)(?:限|不超过|最多)(?P<n>[0-9]{1,2})小时", value="{n}", unit="hour"),
        ),
        "frequency",
    ),
    Shape(("医疗服务项目重复收费",), _always(pair="{pair}", side="{side}", kind="exclusive"), "item_pair"),
    Shape(("医疗服务项目分解收费",), _always(pair="{pair}", side="{side}", kind="split"), "item_pair"),
    Shape(("中药饮片单复方均不予支付",), _always(value="ever"), "herb_payment", by_whole_name=True),
    Shape(("中药饮片单方使用不予支付",), _always(value="alone"), "herb_payment", by_whole_name=True),
    Shape(("药品限适应症",), _diseases, "payment_indication"),
)  # fmt: skip
PAIR, SIDE, NAME = (
    "{pair}",
    "{side}",
    "{name}",
)  # what a row fills in: the pair, where in it an item is, the item's name


@cache
def _shapes_of(national: str) -> tuple[Shape, ...]:
    return tuple(shape for shape in SHAPES if national in shape.national)


@cache
def known_national() -> frozenset[str]:
    """The names of the classes of the library."""
    return frozenset(one.name for one in national_classes())


def is_read(national: str) -> bool:
    """Whether any shape of text is known for the class of the library."""
    return bool(_shapes_of(national))


def read_text(national: str, text: str) -> tuple[Stated, ...]:
    """All that the text says for a class of the library; nothing where it has no shape that is known."""
    return tuple(_read(national, re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))))


def _read(national: str, text: str) -> Iterator[Stated]:
    for shape in _shapes_of(national):
        cells = shape.read(text)
        if cells is not None:
            yield Stated(shape.knowledge_class, cells, shape.by_whole_name)
