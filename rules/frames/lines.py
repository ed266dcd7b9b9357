"""Fee lines: the settled lines of the window, with what a rule wants to know of person, stay, hospital and item."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from fundwatch.contracts import TABLES
from fundwatch.engine.frames import packed, unpacked
from fundwatch.errors import ContractError, problems
from rules.frames.columns import around, beside_claims, settled
from rules.frames.columns.doses import DAILY_DOSE
from rules.frames.columns.fitting import (
    LISTINGS,
    with_benefit_fit,
    with_contraindicating,
    with_department_fit,
    with_doctor_left,
    with_indications,
)
from rules.frames.columns.line_parts import (
    REGISTRATIONS,
    RESOURCES,
    STAY_BESIDE,
    with_registrations,
    with_resource_count,
    with_stay_beside,
)
from rules.frames.columns.lookups import with_item_in_force, with_knowledge, with_restricted_sex
from rules.frames.declaration import STAY_NEEDS, Grain, RowFrame, Sources, any_of, each_of, from_table
from rules.frames.inputs import ScanInputs, settled_lines
from rules.knowledge.classes import CLASSES
from rules.knowledge.declaration import KnowledgeClass

# what hits, things and money need of a line, whatever a rule names
_BASE = (
    "line_id", "settlement_id", "encounter_id", "patient_id", "institution_id", "ordering_doctor_id", "item_code",
    "covered_amount", "amount", "charged_at", "service_date", "order_id",
)  # fmt: skip

_DAYS = frozenset({"ended_on", "settled_on"})  # those by which lines from before the window belong to it

# The drug, whoever makes it and in whatever form: a western drug's code of 23 characters has its class and name in the
# first ten, a patent drug's code of 20 in the first eleven. Any other code names no drug that could be compared.
GENERIC_CODE = (
    "CASE WHEN item_code LIKE 'X%' AND length(item_code) = 23 THEN substring(item_code, 1, 10) "
    "WHEN item_code LIKE 'Z%' AND length(item_code) = 20 THEN substring(item_code, 1, 11) END"
)


@dataclass(frozen=True)
class LinePart:
    """Columns joined to the lines when a rule names one of them; `reads` are other columns that the join reads."""

    columns: Mapping[str, Sources]
    join: Callable[[DataFrame, ScanInputs, frozenset[str]], DataFrame]
    reads: frozenset[str] = field(default=frozenset())


def _register(table: str, key: str, *names: str, **dates: str) -> LinePart:
    """Columns of another clean table, found by its key; `dates` are the days of its times."""

    def join(lines: DataFrame, inputs: ScanInputs, _wanted: frozenset[str]) -> DataFrame:
        days = (F.to_date(moment).alias(name) for name, moment in dates.items())
        return lines.join(inputs.table(table).select(key, *names, *days), on=key, how="left")

    return LinePart(from_table(table, *names, **dates), join)


def _with_ages(lines: DataFrame, _inputs: ScanInputs, _wanted: frozenset[str]) -> DataFrame:
    """The person's age in full years on the service date: of a birth year alone it is one of two."""
    reached = F.year("service_date") - F.col("birth_year")
    return lines.select("*", (reached - 1).alias("age_at_least"), reached.alias("age_at_most"))


def _codes_of_encounter(table: str, code: str, name: str) -> LinePart:
    """All codes of another clean table under the line's encounter, sorted; null where there is none."""

    def join(lines: DataFrame, inputs: ScanInputs, _wanted: frozenset[str]) -> DataFrame:
        known = inputs.table(table).filter(F.col("encounter_id").isNotNull())
        # of one encounter: a handful
        codes = known.groupBy("encounter_id").agg(F.sort_array(F.collect_set(code)).alias(name))
        return lines.join(codes, on="encounter_id", how="left")

    return LinePart({name: each_of(f"{table}.{code}", f"{table}.encounter_id")}, join)


def _with_ordering_title(lines: DataFrame, inputs: ScanInputs, _wanted: frozenset[str]) -> DataFrame:
    """The title of the ordering doctor at the line's institution on the service date; null where it is not known."""
    entries = inputs.table("doctor").select(
        F.col("doctor_id").alias("_doctor"),
        F.col("institution_id").alias("_place"),
        F.col("title").alias("ordering_title"),
        F.coalesce("started_on", F.lit("1900-01-01").cast("date")).alias("_from"),
        F.coalesce("ended_on", F.lit("9999-12-31").cast("date")).alias("_until"),
    )
    same = (F.col("ordering_doctor_id") == F.col("_doctor")) & (F.col("institution_id") == F.col("_place"))
    in_force = F.col("service_date").between(F.col("_from"), F.col("_until"))
    return lines.join(entries, on=same & in_force, how="left").select(*lines.columns, "ordering_title")


def _derived(name: str, sql: str, reads: frozenset[str], sources: Sources) -> LinePart:
    """A column that is made of the line's others."""
    return LinePart({name: sources}, lambda lines, _inputs, _wanted: lines.select("*", F.expr(sql).alias(name)), reads)


def _with_item_spread(lines: DataFrame, inputs: ScanInputs, _wanted: frozenset[str]) -> DataFrame:
    """How much one line of the item usually holds in the scanned window: the median, the 99th percentile, of how many.

    Exact percentiles, since a sketch depends on the order of rows; an item knows few different quantities.
    """
    inside = F.col("service_date").between(inputs.window.start, inputs.window.end)
    charged = settled_lines(inputs).filter(inside & (F.col("quantity") > 0) & F.col("item_code").isNotNull())
    spread = charged.groupBy("item_code").agg(
        F.percentile("quantity", F.lit(0.5)).alias("item_median_quantity"),
        F.percentile("quantity", F.lit(0.99)).alias("item_high_quantity"),
        F.count(F.lit(1)).alias("item_line_count"),
    )
    return lines.join(spread, on="item_code", how="left")


def _of_classes(classes: Sequence[KnowledgeClass]) -> Iterator[LinePart]:
    """The columns that classes of knowledge give: those that are found by one column are looked up together."""
    for matched_by in dict.fromkeys(declared.matched_by for declared in classes):
        yield _of_column(matched_by, [declared for declared in classes if declared.matched_by == matched_by])


def _of_column(matched_by: str, classes: Sequence[KnowledgeClass]) -> LinePart:
    def join(lines: DataFrame, inputs: ScanInputs, wanted: frozenset[str]) -> DataFrame:
        asked = [declared for declared in classes if wanted & declared.gives.keys()]
        return with_knowledge(lines, asked, inputs.knowledge)

    columns = {name: each_of(declared.source) for declared in classes for name in declared.gives}
    return LinePart(columns, join, reads=frozenset({matched_by}))


_REGISTERS = (
    _register("patient", "patient_id", "sex", "birth_year", "death_date", "is_identity_sex_consistent"),
    _register(
        "encounter", "encounter_id", "is_inpatient", "started_at", "ended_at", "insurance_type", "main_diagnosis_code",
        "discharge_way", "is_newborn", "contact_id", started_on="started_at", ended_on="ended_at",
    ),
    _register("settlement", "settlement_id", "family_account_amount", "total_amount", settled_on="settled_at"),
    _register(
        "institution", "institution_id", "institution_name", "institution_type", "institution_level", "bed_count"
    ),
    LinePart(
        {"price_limit_in_force": any_of("claim_line.price_limit", "item.price_limit")},
        lambda lines, inputs, _: with_item_in_force(lines, inputs.table("item")),
        reads=frozenset({"price_limit"}),
    ),
    LinePart(
        {name: each_of("patient.birth_year", "claim_line.charged_at") for name in ("age_at_least", "age_at_most")},
        _with_ages,
        reads=frozenset({"birth_year"}),
    ),
    _codes_of_encounter("diagnosis", "diagnosis_code", "diagnosis_codes"),
    _codes_of_encounter("procedure", "procedure_code", "procedure_codes"),
    LinePart(settled.SETTLEMENT_COLUMNS, settled.with_settlement),
    LinePart(settled.TWIN_COLUMNS, settled.with_twin),
    LinePart(settled.ENROLMENT_COLUMNS, settled.with_enrolment),
    LinePart(settled.OPERATION_COLUMNS, settled.with_operation),
    LinePart(
        {"ordering_title": each_of("doctor.title", "doctor.doctor_id", "doctor.institution_id")}, _with_ordering_title
    ),
    _derived("month", "trunc(service_date, 'month')", frozenset(), each_of("claim_line.charged_at")),
    _derived("generic_code", GENERIC_CODE, frozenset(), each_of("claim_line.item_code")),
    _derived(
        "daily_dose_mg", DAILY_DOSE, frozenset({"single_dose", "dose_frequency"}),
        each_of("claim_line.single_dose", "claim_line.dose_frequency"),
    ),
    _derived(
        "diagnosis_group", "substring(main_diagnosis_code, 1, 5)", frozenset({"main_diagnosis_code"}),
        each_of("encounter.main_diagnosis_code"),
    ),
    LinePart(
        {
            name: each_of("claim_line.quantity", "claim_line.item_code", "claim_line.charged_at")
            for name in ("item_median_quantity", "item_high_quantity", "item_line_count")
        },
        _with_item_spread,
    ),
    LinePart(STAY_BESIDE, with_stay_beside),
    LinePart(beside_claims.NEXT_STAY, beside_claims.with_next_stay, reads=frozenset({"here_encounter_id"})),
    LinePart(beside_claims.ABSENCES, beside_claims.with_absence),
    LinePart(beside_claims.TRIALS, beside_claims.with_trial),
    LinePart(beside_claims.RESULTS, beside_claims.with_results),
    LinePart(REGISTRATIONS, with_registrations),
)  # fmt: skip
_RESOURCES = LinePart(RESOURCES, with_resource_count, reads=frozenset({"resource_type"}))
_CODES = ("diagnosis_codes", "main_diagnosis_code")
_LISTED = ("diagnosis.diagnosis_code", "diagnosis.encounter_id", "encounter.started_at")
_FITTING = (
    LinePart(
        {
            name: each_of(f"knowledge.{listing.knowledge_class}", *_LISTED)
            for listing in LISTINGS
            for name in (listing.fits_now, listing.last_fit)
        },
        with_indications,
        frozenset({*_CODES, *(listing.stems for listing in LISTINGS)}),
    ),
    LinePart(
        {
            "contraindicated_by": each_of("knowledge.contraindication")
            | any_of("diagnosis.diagnosis_code", "encounter.main_diagnosis_code")
        },
        with_contraindicating,
        frozenset({"contraindication_stems", *_CODES}),
    ),
    LinePart(
        {"is_of_department": each_of("knowledge.department_item", "claim_line.performing_department")},
        with_department_fit,
        frozenset({"department_words", "performing_department", "ordering_department"}),
    ),
    LinePart(
        dict.fromkeys(
            ("is_of_benefit", "benefit_diseases"),
            each_of("knowledge.benefit_drug", "chronic_registration.patient_id", "chronic_registration.disease_name"),
        ),
        with_benefit_fit,
        frozenset({"benefit_words"}),
    ),
    LinePart(around.ACTS, around.with_acts),
    LinePart(around.TREATED, around.with_treatment, frozenset({"line_group"})),
    LinePart({"ordering_doctor_left_on": each_of("doctor.doctor_id", "doctor.ended_on")}, with_doctor_left),
)
_RESTRICTED_SEX = LinePart(
    {name: any_of("knowledge.sex_item", "knowledge.sex_diagnosis") for name in ("restricted_sex", "restricted_by")},
    lambda lines, _inputs, _wanted: with_restricted_sex(lines),
    reads=frozenset({"item_sex", "diagnosis_sex", "item_name", "main_diagnosis_code"}),
)


@dataclass(frozen=True)
class LineBase:
    """What a frame of fee lines begins with: which lines, how often, and what more than a line's own each has.

    `rows` makes them of the settled lines; `columns` are those that it adds; `row_key` is unique within an institution;
    `parts` are joined after all others.
    """

    rows: Callable[[DataFrame, ScanInputs], DataFrame]
    columns: Mapping[str, Sources] = field(default_factory=dict)
    row_key: str = "line_id"
    parts: tuple[LinePart, ...] = ()


_EVERY_LINE = LineBase(lambda lines, _inputs: lines)


def lines_frame(classes: Iterable[KnowledgeClass], name: str = "lines", base: LineBase = _EVERY_LINE) -> RowFrame:
    """The frame of fee lines, with what the classes of knowledge give.

    Raises ContractError where a class gives a column that the lines have already, or is found by one they have not.
    """
    classes = tuple(declared for declared in classes if declared.of == "line")
    # those that read what another gives, after it
    parts = (*_REGISTERS, *_of_classes(classes), *_FITTING, _RESTRICTED_SEX, _RESOURCES, *base.parts)
    own = (c for c in TABLES["claim_line"].column_names if not c.startswith("known_"))
    of_line = from_table("claim_line", *own, service_date="charged_at")
    groups = (of_line, base.columns, *(part.columns for part in parts))
    times = Counter(column for columns in groups for column in columns)
    wrong = [f"{column} is given {count} times" for column, count in times.items() if count > 1]
    wrong += [f"{c.name} is matched by {c.matched_by}, no column of a line" for c in classes if not times[c.matched_by]]
    if wrong:
        raise ContractError(
            problems("the columns of a fee line do not hold", wrong), where="rules/knowledge/classes.py"
        )
    columns = {column: sources for group in groups for column, sources in group.items()}
    return RowFrame(name, partial(_rows, base, parts), columns, row_key=base.row_key, proof=None)


def _rows(
    base: LineBase, parts: Sequence[LinePart], inputs: ScanInputs, wanted: frozenset[str], first: date
) -> DataFrame:
    """Settled fee lines of the window; with `ended_on` wanted, also all lines of the stays that ended in it; and with
    `settled_on` those of the settlements that were made in it."""
    for part in reversed(parts):
        if wanted & part.columns.keys():
            wanted = wanted | part.reads
    lines = base.rows(settled_lines(inputs), inputs)
    lines = lines.select(*sorted({*_BASE, base.row_key, *(wanted & {*lines.columns})}))
    asked = [part for part in parts if wanted & part.columns.keys()]
    for number, part in enumerate(asked):
        read = frozenset().union(_BASE, _DAYS, {base.row_key}, *(later.reads for later in asked[number:]))
        lines = part.join(packed(lines, read), inputs, wanted)
    in_window = F.col("service_date").between(first, inputs.window.end)
    for day in sorted(_DAYS & {*lines.columns}):
        in_window = in_window | F.col(day).between(inputs.window.start, inputs.window.end)
    return unpacked(lines.filter(in_window))


LINES = lines_frame(CLASSES.values())
GRAINS = (
    Grain("line", LINES, ("line_id",), ("patient_id", "institution_id", "encounter_id", "ordering_doctor_id")),
    Grain(
        "patient_item_day",
        LINES,
        ("patient_id", "institution_id", "item_code", "service_date"),
        ("patient_id", "institution_id"),
        needs=each_of("claim_line.item_code"),
    ),
    Grain("patient_day", LINES, ("patient_id", "service_date"), ("patient_id",)),
    Grain(
        "prescription",
        LINES,
        ("encounter_id", "order_id"),
        ("patient_id", "institution_id", "encounter_id"),
        needs=each_of("claim_line.order_id"),
    ),
    Grain(
        "encounter",
        LINES,
        ("encounter_id",),
        ("patient_id", "institution_id", "encounter_id"),
        needs=STAY_NEEDS,
        judged_on="ended_on",
    ),
    Grain(
        "settled_lines",
        LINES,
        ("settlement_id",),
        ("patient_id", "institution_id", "encounter_id"),
        needs=each_of("settlement.settled_at"),
        judged_on="settled_on",
    ),
    Grain("visit", LINES, ("encounter_id",), ("patient_id", "institution_id", "encounter_id")),
    Grain("doctor_day", LINES, ("ordering_doctor_id", "service_date"), ("ordering_doctor_id",)),
    Grain("doctor_place", LINES, ("ordering_doctor_id", "institution_id"), ("institution_id",)),
    Grain("resource_day", LINES, ("institution_id", "resource_type", "service_date"), ("institution_id",)),
    Grain(
        "local_item_day",
        LINES,
        ("institution_id", "local_item_code", "service_date"),
        ("institution_id",),
        needs=each_of("claim_line.local_item_code"),
    ),
)
