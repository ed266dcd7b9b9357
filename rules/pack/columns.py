"""The columns of a fee line that one visit tells: how each is made, beside those that a table of it holds as they are.

The scan makes the same of whole tables (rules/frames/lines.py). A column that is neither declared here, nor a table's
own, nor given by knowledge, is not had from one visit: a rule that names it is left out of packs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from rules.pack.document import PackText
from rules.pack.values import NULL, Type, Unknown, unknown_of
from rules.pack.visit import TypedRow, VisitAtHand

_FIRST, _LAST = date(1900, 1, 1), date(9999, 12, 31)
_READABLE = re.compile("[\u4e00-\u9fff]{2}")
Line = Any  # a row of the evaluator: its columns by name, and its visit
Compute = Callable[[Line, VisitAtHand], Any]

# columns of another name than the table's own: the table, its column, and whether its day is meant
RENAMED: Mapping[str, tuple[str, str, bool]] = {
    "service_date": ("claim_line", "charged_at", True),
    "started_on": ("encounter", "started_at", True),
    "ended_on": ("encounter", "ended_at", True),
    "settled_on": ("settlement", "settled_at", True),
    "settlement_total_amount": ("settlement", "total_amount", False),
    "settlement_started_on": ("settlement", "started_on", False),
    "settlement_ended_on": ("settlement", "ended_on", False),
}


@dataclass(frozen=True)
class DerivedColumn:
    """A column made of others: its type, what it is in words, and the function that makes it."""

    type: Type
    says: PackText
    compute: Compute


def _derived(kind: Type, zh: str, en: str) -> Callable[[Compute], DerivedColumn]:
    return lambda compute: DerivedColumn(kind, PackText(zh=zh, en=en), compute)


@_derived("date", "服务日期所在月的第一天", "the first day of the month of the service date")
def _month(line: Line, _visit: VisitAtHand) -> Any:
    day = line["service_date"]
    return day if isinstance(day, Unknown) else day.replace(day=1)


@_derived(
    "string",
    "药品通用名段：X 开头 23 位取前 10 位，Z 开头 20 位取前 11 位",
    "the drug: of a code of X and 23 characters the first 10, of one of Z and 20 the first 11; no other code names one",
)
def _generic_code(line: Line, _visit: VisitAtHand) -> Any:
    code = line["item_code"]
    if isinstance(code, Unknown):
        return code
    length = {("X", 23): 10, ("Z", 20): 11}.get((code[:1], len(code)))
    return code[:length] if length else NULL


@_derived("string", "主诊断编码前 5 位", "the first five characters of the main diagnosis")
def _diagnosis_group(line: Line, _visit: VisitAtHand) -> Any:
    code = line["main_diagnosis_code"]
    return code if isinstance(code, Unknown) else code[:5]


@_derived("int", "服务日期的年减出生年", "the year of the service date less the year of birth")
def _age_at_most(line: Line, _visit: VisitAtHand) -> Any:
    day, born = line["service_date"], line["birth_year"]
    unknown = unknown_of((day, born))
    return day.year - born if unknown is None else unknown


@_derived("int", "同上再减一：只知出生年", "the same less one: of a birth year alone the age is one of two")
def _age_at_least(line: Line, visit: VisitAtHand) -> Any:
    most = _age_at_most.compute(line, visit)
    return most if isinstance(most, Unknown) else most - 1


def _codes_of(table: str, column: str) -> Compute:
    def compute(_line: Line, visit: VisitAtHand) -> Any:
        codes = {row.get(column) for row in visit.tables.get(table, ())}
        known = tuple(sorted(code for code in codes if isinstance(code, str)))
        return known or Unknown({f"{table}.{column}"})

    return compute


_diagnosis_codes = _derived("array<string>", "本次就诊的全部诊断编码", "all codes of the visit's list of diagnoses")(
    _codes_of("diagnosis", "diagnosis_code")
)
_procedure_codes = _derived(
    "array<string>", "本次就诊的全部手术操作编码", "all codes of the visit's list of procedures"
)(_codes_of("procedure", "procedure_code"))


@_derived("string", "主要手术操作的编码", "the code of the main procedure")
def _main_procedure(_line: Line, visit: VisitAtHand) -> Any:
    rows = visit.tables.get("procedure", ())
    codes = [row.get("procedure_code") for row in rows if row.get("is_main") is True]
    return max((code for code in codes if isinstance(code, str)), default=Unknown({"procedure.is_main"}))


@_derived(
    "date", "最后一次手术的日期；有一次日期不明则不明", "the day of the last procedure; unknown where the day of one is"
)
def _last_operated(_line: Line, visit: VisitAtHand) -> Any:
    days = [row.get("performed_on", NULL) for row in visit.tables.get("procedure", ())]
    if not days or any(isinstance(day, Unknown) for day in days):
        return Unknown({"procedure.performed_on"})
    return max(days)


@_derived(
    "string",
    "开单医师当日在本机构登记的职称",
    "the title of the ordering doctor at this institution on the service date",
)
def _ordering_title(line: Line, visit: VisitAtHand) -> Any:
    day = line["service_date"]
    who = ("doctor_id", line["ordering_doctor_id"]), ("institution_id", line["institution_id"])
    entries = [row for row in visit.tables.get("doctor", ()) if all(_is(row, name, value) for name, value in who)]
    held = [row for row in entries if not isinstance(day, Unknown) and _holds(row, day)]
    return held[0].get("title", NULL) if held else Unknown({"doctor.title"})


@_derived(
    "date",
    "开单医师在各机构的登记全部终止的日期；有未终止的则不明",
    "the day on which the ordering doctor's last registration anywhere ended; unknown where one has not",
)
def _doctor_left(line: Line, visit: VisitAtHand) -> Any:
    who = line["ordering_doctor_id"]
    ends = [_or(row, "ended_on", _LAST) for row in visit.tables.get("doctor", ()) if _is(row, "doctor_id", who)]
    if not ends:
        return Unknown({"doctor.ended_on"})
    return NULL if max(ends) == _LAST else max(ends)


def _spans(visit: VisitAtHand) -> list[tuple[date, date]]:
    rows = visit.tables.get("enrolment", ())
    return [(_or(row, "started_on", _FIRST), _or(row, "ended_on", _LAST)) for row in rows]


def _of_enrolments(compute: Callable[[Sequence[tuple[date, date]], date], Any]) -> Compute:
    def found(line: Line, visit: VisitAtHand) -> Any:
        spans, day = _spans(visit), line["service_date"]
        if not spans or isinstance(day, Unknown):
            return Unknown({"enrolment.started_on"})
        return compute(spans, day)

    return found


_is_insured = _derived("boolean", "服务日期是否在参保期内", "whether the person was insured on the service date")(
    _of_enrolments(lambda spans, day: any(first <= day <= last for first, last in spans))
)
_insured_until = _derived(
    "date", "服务日期之前最后一个参保期的末日", "the last day on which the person was insured before"
)(_of_enrolments(lambda spans, day: max((last for _, last in spans if last < day), default=NULL)))
_insured_again = _derived(
    "date", "服务日期之后第一个参保期的首日", "the first day on which the person was insured again"
)(_of_enrolments(lambda spans, day: min((first for first, _ in spans if first > day), default=NULL)))


@_derived(
    "decimal(16,6)",
    "明细所带的限价，否则为目录当日的限价；零表示无限价",
    "the limit delivered with the line, else the catalogue's on that day; a limit of zero means none",
)
def _price_limit(line: Line, visit: VisitAtHand) -> Any:
    own = line["price_limit"]
    if not isinstance(own, Unknown) and own != 0:
        return own
    code, day = line["item_code"], line["service_date"]
    rows = [row for row in visit.tables.get("item", ()) if _is(row, "item_code", code)]
    dated = sorted((row for row in rows if isinstance(row.get("started_on"), date)), key=lambda row: row["started_on"])
    for place, row in enumerate(dated, start=1):
        last = _or(row, "ended_on", _LAST)
        if place < len(dated):  # a later entry replaces it from its first day on
            last = min(last, dated[place]["started_on"] - timedelta(days=1))
        if not isinstance(day, Unknown) and row["started_on"] <= day <= last:
            limit = row.get("price_limit", NULL)
            return NULL if limit == 0 else limit
    return NULL if own == 0 or dated else Unknown({"claim_line.price_limit", "item.price_limit"})


@_derived("string", "项目或主诊断限定的性别", "the one sex that item or main diagnosis fits")
def _restricted_sex(line: Line, _visit: VisitAtHand) -> Any:
    return _first(line, "item_sex", "diagnosis_sex")


@_derived("string", "限定性别的项目或诊断", "the item or diagnosis that says so")
def _restricted_by(line: Line, _visit: VisitAtHand) -> Any:
    by_item = not isinstance(line["item_sex"], Unknown)
    return _first(line, "item_name", "item_code") if by_item else line["main_diagnosis_code"]


@_derived("string", "属于该项目禁忌症的诊断", "the diagnoses of the visit in which the item is barred")
def _contraindicated(line: Line, _visit: VisitAtHand) -> Any:
    stems, main, listed = line["contraindication_stems"], line["main_diagnosis_code"], line["diagnosis_codes"]
    if isinstance(stems, Unknown):
        return stems
    codes = dict.fromkeys([*(() if isinstance(listed, Unknown) else listed), main])
    barring = [code for code in codes if isinstance(code, str) and _any_part(stems, code.startswith)]
    unknown = [value for value in (listed, main) if isinstance(value, Unknown)]
    return ", ".join(barring) or (Unknown(frozenset().union(*(u.causes for u in unknown))) if unknown else NULL)


@_derived(
    "boolean",
    "执行科室或开单科室的名称是否含有该项目所需的字样；执行科室不明或非中文名称则不明",
    "whether the name of performing or ordering department holds a word that the item needs; unknown where the "
    "performing one is unknown or no name",
)
def _of_department(line: Line, _visit: VisitAtHand) -> Any:
    words, performing, ordering = (
        line[name] for name in ("department_words", "performing_department", "ordering_department")
    )
    unknown = unknown_of((words, performing))
    if unknown is not None:
        return unknown
    if not _READABLE.search(performing):
        return Unknown({"claim_line.performing_department"})
    names = " ".join(name.upper() for name in (performing, ordering) if isinstance(name, str))
    return _any_part(words, names.__contains__)


def _registered(line: Line, visit: VisitAtHand) -> list[TypedRow]:
    """The person's registered chronic diseases in force on the service date, by name."""
    day = line["service_date"]
    rows = [r for r in visit.tables.get("chronic_registration", ()) if isinstance(day, Unknown) or _holds(r, day)]
    return sorted(rows, key=lambda row: (_name(row) is not None, _name(row) or "", _or(row, "started_on", date.min)))


def _name(row: TypedRow) -> str | None:
    name = row.get("disease_name", NULL)
    return name if isinstance(name, str) else None


@_derived(
    "boolean",
    "药品是否适用于本人已备案的门慢特病种；未备案则不明",
    "whether the drug is for a registered chronic disease",
)
def _of_benefit(line: Line, visit: VisitAtHand) -> Any:
    words, registered = line["benefit_words"], _registered(line, visit)
    if isinstance(words, Unknown):
        return words
    if not registered:
        return Unknown({"chronic_registration.disease_name"})
    names = [_name(row) for row in registered]
    return any(name is None or _any_part(words, name.__contains__) for name in names)


@_derived("string", "当日有效的备案病种", "the names of the registered chronic diseases in force on the service date")
def _benefit_diseases(line: Line, visit: VisitAtHand) -> Any:
    known = _of_benefit.compute(line, visit)
    names = dict.fromkeys((_name(row), row.get("started_on"), row.get("ended_on")) for row in _registered(line, visit))
    return known if isinstance(known, Unknown) else "、".join(name for name, *_ in names if name is not None)


DERIVED: Mapping[str, DerivedColumn] = {
    "month": _month,
    "generic_code": _generic_code,
    "diagnosis_group": _diagnosis_group,
    "age_at_least": _age_at_least,
    "age_at_most": _age_at_most,
    "diagnosis_codes": _diagnosis_codes,
    "procedure_codes": _procedure_codes,
    "main_procedure_code": _main_procedure,
    "last_operated_on": _last_operated,
    "ordering_title": _ordering_title,
    "ordering_doctor_left_on": _doctor_left,
    "is_insured": _is_insured,
    "insured_until": _insured_until,
    "insured_again_on": _insured_again,
    "price_limit_in_force": _price_limit,
    "restricted_sex": _restricted_sex,
    "restricted_by": _restricted_by,
    "contraindicated_by": _contraindicated,
    "is_of_department": _of_department,
    "is_of_benefit": _of_benefit,
    "benefit_diseases": _benefit_diseases,
}
# what each is made of, that must be among a pack's columns for it
READS: Mapping[str, tuple[str, ...]] = {
    "month": ("service_date",),
    "generic_code": ("item_code",),
    "diagnosis_group": ("main_diagnosis_code",),
    "age_at_least": ("service_date", "birth_year"),
    "age_at_most": ("service_date", "birth_year"),
    "ordering_title": ("service_date", "ordering_doctor_id", "institution_id"),
    "ordering_doctor_left_on": ("ordering_doctor_id",),
    **dict.fromkeys(("is_insured", "insured_until", "insured_again_on"), ("service_date",)),
    "price_limit_in_force": ("price_limit", "item_code", "service_date"),
    "restricted_sex": ("item_sex", "diagnosis_sex"),
    "restricted_by": ("item_sex", "item_name", "item_code", "main_diagnosis_code"),
    "contraindicated_by": ("contraindication_stems", "main_diagnosis_code", "diagnosis_codes"),
    "is_of_department": ("department_words", "performing_department", "ordering_department"),
    **dict.fromkeys(("is_of_benefit", "benefit_diseases"), ("benefit_words", "service_date")),
}


def day_of(value: Any) -> Any:
    """The day of a moment."""
    return value.date() if isinstance(value, datetime) else value


def _or(row: TypedRow, name: str, otherwise: date) -> date:
    value = row.get(name, NULL)
    return otherwise if isinstance(value, Unknown) else day_of(value)


def _holds(row: TypedRow, day: date) -> bool:
    return _or(row, "started_on", _FIRST) <= day <= _or(row, "ended_on", _LAST)


def _is(row: TypedRow, name: str, value: Any) -> bool:
    """Whether the row's value is known and this one."""
    return isinstance(value, str) and row.get(name) == value


def _first(line: Line, *names: str) -> Any:
    values = [line[name] for name in names]
    known = [value for value in values if not isinstance(value, Unknown)]
    return known[0] if known else Unknown(frozenset().union(*(value.causes for value in values)))


def _any_part(listed: str, meets: Callable[[str], bool]) -> bool:
    """Whether one of the parts of a cell meets the condition; an empty part meets none."""
    parts: Iterable[str] = (part for part in listed.split("|") if part)
    return any(map(meets, parts))
