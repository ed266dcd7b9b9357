"""The contract of decision tables (费用调控决策表): the cells of every table that somebody asked for."""

from __future__ import annotations

from fundwatch.contracts.table import Replaced, Table, declare

DECISION_CUBE = declare(
    "decision_cube",
    "decision table × level × combination of the dimensions of the level",
    """
    version string the table: its night, days, institution and dimensions
    business_date date the night as known on which it was summed
    first_day date the first day of settlement
    last_day date the last one
    split_by string the dimensions of the level, with commas: of a row the others are in total; '' is the grand total
    month string of settlement; null in a dimension that splits the level is unknown, in another it is the total
    insurance_type code
    person_type code
    department name of discharge, or else of the visit
    care name out-patient, stay or purchase
    institution_id id(institution)
    charge_class code
    """,
    key="version split_by month insurance_type person_type department care institution_id charge_class",
    replaced=Replaced.BY_VERSION,
    dated="last_day",
    is_open=True,  # a column per sum and per figure, and per figure of as many days before
    unknown_in_key="month insurance_type person_type department care institution_id charge_class",
)
ALL: tuple[Table, ...] = (DECISION_CUBE,)
