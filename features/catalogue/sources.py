"""Rows that measures are taken from, what each lies within, and the words that every catalogue may use.

A source is rows of one clean table, each with a `day` and a `moment`. A context is another table, of which a row finds
one row by columns of its own: a line its encounter, an encounter its person. What a declaration names is looked for
among the source's own columns, then `day` and `moment`, then the contexts in the order below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from fundwatch.contracts import TABLES

BED_DAY = "bed_day"
DAY, MOMENT = "day", "moment"
BUILT_IN = (DAY, MOMENT)


class Source(Enum):
    """Rows that measures are taken from: those of a clean table, each on its day, or the days that stays lasted.

    A stay lies in a window on each of its days there, whenever it began (`bed_days`). It lasts to the day before its
    discharge, one day at least; one whose end is unknown is known to have lasted the day it began. `discharges` are the
    same rows as `encounters`, on the day that they ended. `insured` and `registered` are spans: a row lies in a window
    if it is in force on the window's last day.
    """

    LINES = "lines"
    ENCOUNTERS = "encounters"
    SETTLEMENTS = "settlements"
    BED_DAYS = "bed_days"
    DISCHARGES = "discharges"
    DIAGNOSES = "diagnoses"
    PROCEDURES = "procedures"
    CASES = "cases"
    TRACE_SCANS = "trace_scans"
    STOCK_MOVEMENTS = "stock_movements"
    PRESENCE_CHECKS = "presence_checks"
    REGISTRATIONS = "registrations"
    REGISTERED = "registered"
    INSURED = "insured"
    TIPS = "tips"
    DELIVERED_LINES = "delivered_lines"
    DELIVERED_SETTLEMENTS = "delivered_settlements"

    @property
    def table(self) -> str:
        """The canonical table's name."""
        return _ROWS[self].table

    @property
    def moment(self) -> str:
        """The column, of the table or of a context, whose day is the row's."""
        return _ROWS[self].moment

    @property
    def day_of(self) -> frozenset[str]:
        """The columns of the table that its day is made of."""
        return frozenset(_ROWS[self].day_of) or frozenset({self.moment} & {*TABLES[self.table].column_names})

    @property
    def span(self) -> tuple[str, str] | None:
        """The first and the last date of a row that is in force for a while; None for what happens on a day."""
        return _ROWS[self].span


@dataclass(frozen=True)
class _SourceRows:
    table: str
    moment: str
    day_of: tuple[str, ...] = ()
    span: tuple[str, str] | None = None


_IN_FORCE = ("started_on", "ended_on")
_ROWS = {
    Source.LINES: _SourceRows("claim_line", "charged_at"),
    Source.ENCOUNTERS: _SourceRows("encounter", "started_at"),
    Source.SETTLEMENTS: _SourceRows("settlement", "settled_at"),
    Source.BED_DAYS: _SourceRows("encounter", BED_DAY, ("is_inpatient", "started_at", "ended_at")),
    Source.DISCHARGES: _SourceRows("encounter", "ended_at"),
    Source.DIAGNOSES: _SourceRows("diagnosis", "stay_started_at"),
    Source.PROCEDURES: _SourceRows("procedure", "performed_on"),
    Source.CASES: _SourceRows("case_group", "settled_at"),
    Source.TRACE_SCANS: _SourceRows("trace_scan", "scanned_at"),
    Source.STOCK_MOVEMENTS: _SourceRows("stock_movement", "moved_on"),
    Source.PRESENCE_CHECKS: _SourceRows("presence_check", "checked_at"),
    Source.REGISTRATIONS: _SourceRows("chronic_registration", "started_on"),
    Source.REGISTERED: _SourceRows("chronic_registration", "started_on", _IN_FORCE, _IN_FORCE),
    Source.INSURED: _SourceRows("enrolment", "started_on", _IN_FORCE, _IN_FORCE),
    Source.TIPS: _SourceRows("tip", "received_on"),
    Source.DELIVERED_LINES: _SourceRows("claim_line_entry", "charged_at"),
    Source.DELIVERED_SETTLEMENTS: _SourceRows("settlement_entry", "settled_at"),
}


@dataclass(frozen=True)
class Context:
    """What a row lies within: the table's row that equals it in `by` (the row's column: the table's).

    `columns` are SQL over the table's columns, by the name that declarations use. Where the table has many rows of one
    key, `is_grouped` says that they are SQL aggregates over these. `absent` is what is so where no row is found; all
    else is unknown then.
    """

    name: str
    table: str
    by: Mapping[str, str]
    columns: Mapping[str, str]
    is_grouped: bool = False
    absent: Mapping[str, str] = field(default_factory=dict)


def _same(*names: str, **others: str) -> dict[str, str]:
    return {**{name: name for name in names}, **others}


CONTEXTS: tuple[Context, ...] = (
    Context(
        "encounter",
        "encounter",
        {"encounter_id": "encounter_id"},
        _same(
            "patient_id", "institution_id", "is_inpatient", "insurance_type", "person_type", "visit_type",
            "main_diagnosis_code", "attending_doctor_id", "discharge_way", "admission_department",
            "discharge_department", stay_started_at="started_at", stay_ended_at="ended_at",
            insured_region="region_code",
        ),
    ),
    Context(
        "settlement",
        "settlement",
        {"settlement_id": "settlement_id"},
        _same(
            "settled_at", "offsite_kind", settled_amount="total_amount", settled_fund="fund_amount",
            settled_covered="covered_amount", settled_account="account_amount", settled_cash="cash_amount",
        ),
    ),
    Context(
        "case",
        "case_group",
        {"settlement_id": "settlement_id"},
        _same("group_code", "standard_amount", "cost_ratio", group_weight="weight"),
    ),
    Context(
        "person",
        "patient",
        {"patient_id": "patient_id"},
        _same("sex", "birth_year", "death_date", "contact_id", "address_id"),
    ),
    Context(
        "institution",
        "institution",
        {"institution_id": "institution_id"},
        _same(
            "institution_type", "institution_level", "bed_count", institution_region="region_code",
            institution_started_on="started_on",
        ),
    ),
    Context(
        "capacity of the institution",
        "capacity",
        {"institution_id": "institution_id"},
        {"nurse_count": "max(CASE WHEN resource_type = 'NURSE' THEN resource_count END)"},
        is_grouped=True,
    ),
    Context("line of the scan", "claim_line", {"line_id": "line_id"}, {"scanned_price": "unit_price"}),
    Context(
        "registration of the ordering doctor",
        "doctor",
        {"ordering_doctor_id": "doctor_id", "institution_id": "institution_id"},
        {
            "is_registered_doctor": "doctor_id IS NOT NULL",
            "doctor_title": "title",
            "doctor_registered_from": "started_on",
            "doctor_registered_to": "ended_on",
        },
        absent={"is_registered_doctor": "FALSE"},
    ),
    Context(
        "procedures of the encounter",
        "procedure",
        {"encounter_id": "encounter_id"},
        {"procedure_count": "count(procedure_code)"},
        is_grouped=True,
        absent={"procedure_count": "0"},
    ),
    Context(
        "diagnoses of the encounter",
        "diagnosis",
        {"encounter_id": "encounter_id"},
        {"diagnosis_count": "count(diagnosis_code)", "other_diagnosis_count": "count_if(NOT coalesce(is_main, FALSE))"},
        is_grouped=True,
        absent={"diagnosis_count": "0", "other_diagnosis_count": "0"},
    ),
    Context(
        "settlements of the encounter",
        "settlement",
        {"encounter_id": "encounter_id"},
        {
            "billed_amount": "sum(total_amount)",
            "billed_fund": "sum(fund_amount)",
            "settlement_count": "count(settlement_id)",
        },
        is_grouped=True,
        absent={"settlement_count": "0"},
    ),
    Context(
        "trace codes of the line",
        "trace_scan",
        {"line_id": "line_id"},
        {"scan_count": "count(trace_code)"},
        is_grouped=True,
        absent={"scan_count": "0"},
    ),
    Context("calendar", "calendar", {DAY: DAY}, _same("is_holiday", "is_workday")),
)  # fmt: skip
# tables that are no clean tables: made of a package
MADE_HERE = frozenset({"calendar"})


def table_columns(table: str) -> tuple[str, ...]:
    """The columns of a context's or a source's table."""
    return (DAY, "is_holiday", "is_workday") if table in MADE_HERE else TABLES[table].column_names


@dataclass(frozen=True)
class Place:
    """Where a name of a declaration is found: in a context, or in the source's own table, where `sql` is made of its
    columns."""

    sql: str
    context: Context | None = None


def own_columns(source: Source) -> frozenset[str]:
    """The columns of the source's own rows, `day` and `moment` among them."""
    made = {BED_DAY} if source is Source.BED_DAYS else set()
    return frozenset({*TABLES[source.table].column_names, *BUILT_IN, *made})


def place_of(source: Source, name: str) -> Place | None:
    """Where the rows of the source find the column; None where nothing that they lie within has it."""
    return _places(source).get(name)


def columns_of(source: Source) -> frozenset[str]:
    """Every column that a declaration may name over the source's rows, words apart."""
    return frozenset(_places(source))


def contexts_of(source: Source, names: frozenset[str]) -> tuple[Context, ...]:
    """The contexts that the names are found in, and those that these are found by, in the order of joining."""
    needed: dict[str, Context] = {}
    open_ = [*names, *({source.moment} if source.moment not in own_columns(source) else ())]
    while open_:
        place = place_of(source, open_.pop())
        if place is not None and place.context is not None and place.context.name not in needed:
            needed[place.context.name] = place.context
            open_ += place.context.by
    return tuple(context for context in CONTEXTS if context.name in needed)


def _places(source: Source) -> dict[str, Place]:
    if source not in _FOUND:
        found = {name: Place(name) for name in own_columns(source)}
        for context in CONTEXTS:
            if {*context.by} <= found.keys():
                is_itself = context.table == source.table and not context.is_grouped
                for name, sql in context.columns.items():
                    found.setdefault(name, Place(sql) if is_itself else Place(name, context))
        _FOUND[source] = found
    return _FOUND[source]


_FOUND: dict[Source, dict[str, Place]] = {}
