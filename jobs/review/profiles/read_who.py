"""What the registers say of an entity on a night, as facts that people read: never a direct identifier."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from fundwatch.contracts.versions import known_on
from fundwatch.lake.store import Lake
from jobs.review.read_leads import institution_names, quoted
from leads.profile.rows import Subject

_SEX = {"1": "男 male", "2": "女 female"}
_LEVEL = {"1": "三级 tertiary", "2": "二级 secondary", "3": "一级 primary", "9": "未定级 not graded"}
_TYPE = {"hospital": "医疗机构 hospital", "pharmacy": "零售药店 pharmacy"}
_ROWS = 20  # of a register that are shown

Fact = tuple[str, str]


def facts_of(lake: Lake, subject: Subject, night: date) -> list[Fact]:
    """The subject's facts: its id first, then what its registers say; a register that is not there says nothing."""
    read = {"patient": _patient, "doctor": _doctor}.get(subject.entity_type, _institution)
    return [("假名化编号 Pseudonymous id" if not _is_public(subject) else "机构编码 Public id", subject.id),
            *read(lake, subject.id, night)]  # fmt: skip


def _is_public(subject: Subject) -> bool:
    return subject.entity_type not in ("patient", "doctor")


def _known(lake: Lake, table: str, column: str, one: str, night: date, order: str) -> list[dict[str, Any]]:
    if not lake.exists(table):
        return []
    query = f"SELECT * FROM {table} WHERE {known_on(night)} AND {column} = '{one}' ORDER BY {order} LIMIT {_ROWS}"
    return lake.rows(table, query)


def _patient(lake: Lake, one: str, night: date) -> Iterator[Fact]:
    for row in _known(lake, "patient", "patient_id", one, night, "patient_id"):
        yield "性别 Sex", _SEX.get(row["sex"] or "", "未知 unknown")
        yield "出生年 Birth year", _text(row["birth_year"])
        if row["death_date"]:
            yield "死亡日期 Died", str(row["death_date"])
    for row in _known(lake, "enrolment", "patient_id", one, night, "started_on"):
        words = f"险种 insurance {_text(row['insurance_type'])}, 人员类别 person {_text(row['person_type'])}"
        yield "参保 Enrolment", f"{words}, 统筹区 region {_text(row['region_code'])}, {_span(row)}"


def _doctor(lake: Lake, one: str, night: date) -> Iterator[Fact]:
    rows = _known(lake, "doctor", "doctor_id", one, night, "started_on, institution_id")
    names = institution_names(lake, night, {row["institution_id"] for row in rows if row["institution_id"]})
    for row in rows:
        place = names.get(row["institution_id"]) or _text(row["institution_id"])
        words = f"{place}, {_text(row['department'])}, 职称 title {_text(row['title'])}, {_span(row)}"
        yield "执业登记 Registered at", words


def _institution(lake: Lake, one: str, night: date) -> Iterator[Fact]:
    for row in _known(lake, "institution", "institution_id", one, night, "institution_id"):
        yield "名称 Name", _text(row["institution_name"])
        yield "类别 Kind", _TYPE.get(row["institution_type"] or "", _text(row["institution_type"]))
        yield "等级 Level", _LEVEL.get(row["institution_level"] or "", _text(row["institution_level"]))
        yield "统筹区 Region", _text(row["region_code"])
        if row["bed_count"] is not None:
            yield "核定床位 Approved beds", f"{row['bed_count']:,}"
        yield "登记期间 Registered", _span(row)
    if lake.exists("doctor"):
        query = (
            f"SELECT count(DISTINCT doctor_id) AS doctors FROM doctor WHERE {known_on(night)} "
            f"AND institution_id IN ({quoted([one])})"
        )
        if doctors := lake.rows("doctor", query)[0]["doctors"]:
            yield "登记医师 Registered doctors", f"{doctors:,}"


def _span(row: Mapping[str, Any]) -> str:
    return f"{row['started_on'] or '?'} – {row['ended_on'] or ''}"


def _text(value: object) -> str:
    return "未知 unknown" if value is None or value == "" else str(value)
