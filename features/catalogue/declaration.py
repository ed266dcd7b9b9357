"""What an author declares of an entity: measures of its days and windows, and indicators made of these.

In the order in which rows go through them:

* `measures` are added up over each day of the entity's rows (`of` a source), and days over a window. They are whole
  numbers, so that days added night by night equal days added at once, bit for bit.
* `sets` count distinct things of a window.
* `sequences` put rows in order and give each what the one before or after it says: gaps, returns, repeats.
* `groups` gather a window's rows of the entity by something more: by person, by stay, by day, by item.
* `over` are measures of a window taken from its rows at once: quantiles of rows, statistics of groups.
* `case_mix` compares what the entity's rows cost with what such rows cost everywhere.
* `indicators` are formulas over all of these, each over its windows.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Literal

from pydantic import Field, model_validator

from features.catalogue.indicator import Indicator
from features.catalogue.sources import BED_DAY, Source
from fundwatch.declared import Declared

__all__ = [
    "BED_DAY",
    "CaseMix",
    "DaySet",
    "Indicator",
    "Measure",
    "RowGroup",
    "Sequence",
    "Source",
    "Statistic",
    "WindowMeasure",
]  # fmt: skip

MeasureUnit = Literal["count", "day", "yuan", "unit"]
ValueUnit = Literal[
    "count", "day", "yuan", "unit", "share", "ratio", "z", "second", "minute", "hour", "month", "score", "age"
]
# what a kept whole number counts, where it is no thing or day: fen of a yuan, ten-thousandths of a unit sold
SCALES: Mapping[str, tuple[str, int]] = {"yuan": ("_fen", 100), "unit": ("_parts", 10_000)}


class Measure(Declared):
    """One number of an entity's day, a SQL aggregate (sum, count, count_if) over the rows of one source.

    Every measure is a whole number (a count, days, money held as fen, quantities as ten-thousandths), because doubles
    add whole numbers exactly in any order up to 2^53. Example:

        drug_amount: {of: lines, value: sum(amount) FILTER (WHERE is_drug), unit: yuan, description: Drugs.}
    """

    of: Source
    value: str
    unit: MeasureUnit
    description: str

    @property
    def scale(self) -> int:
        """By what the value is multiplied to be a whole number."""
        return SCALES[self.unit][1] if self.unit in SCALES else 1


class DaySet(Declared):
    """How many distinct things a window has; each counts once, on however many days it was seen. Example:

        patients: {of: lines, column: patient_id, description: The persons the doctor ordered for.}

    `column` may be SQL over the row; `where` leaves rows out. Things without a value are not counted.
    """

    of: str
    column: str
    where: str | None = None
    description: str


class Sequence(Declared):
    """The rows of a source in the order of time, each with what others of its row of rows (`by`) say. Example:

        stays_in_order:
          of: encounters
          by: [patient_id]          # whoever the entity is: a return to another hospital is seen too
          order: started_at
          where: is_inpatient
          look_back: 31             # the row before is seen if it is so many days old at most
          previous: {previous_end: stay_ended_at, previous_institution: institution_id}
          next: {next_start: started_at}

    Sets, groups and `over` may then be `of: stays_in_order`; rows outside the window are looked at and not counted.
    `latest_before` is the greatest value of all rows earlier by a second at least: the end that any earlier stay had,
    for overlaps. Rows that are equal in `order`, a date or a time, are taken in the order of the table's key.
    """

    of: Source
    by: tuple[str, ...] = Field(min_length=1)
    order: str
    where: str | None = None
    look_back: int = Field(default=365, ge=1, le=400)
    previous: Mapping[str, str] = Field(default_factory=dict)
    next: Mapping[str, str] = Field(default_factory=dict)
    latest_before: Mapping[str, str] = Field(default_factory=dict)

    @property
    def made(self) -> dict[str, str]:
        """The columns that it adds, and what they are made of."""
        return {**self.previous, **self.next, **self.latest_before}

    @model_validator(mode="after")
    def _makes_something(self) -> Sequence:
        if not self.made:
            raise ValueError("say by previous, next or latest_before what a row takes from others")
        return self


class RowGroup(Declared):
    """The entity's rows of a window by something more: a row per person, stay, day, item. Example:

        users:
          of: lines
          by: [patient_id]
          values: {institutions: count(DISTINCT institution_id), amount: sum(amount), days: count(DISTINCT day)}

    `of` is a source, a sequence or another group (stays of persons, months of persons). `by` are columns or words;
    where one is unknown the row is left out. `values` are SQL aggregates by name; a group of the same rows and `by` in
    another file is computed with it. One value beside others is given: `row_count`, the rows of the group.
    `in_order` is a date among `by`: `gap_days` then says how many days the entity's group before lies back.
    """

    of: str
    by: tuple[str, ...] = Field(min_length=1)
    where: str | None = None
    values: Mapping[str, str] = Field(default_factory=dict)
    in_order: str | None = None


class Statistic(Enum):
    """What a window measure says of the values of a group (or of rows) that SQL has no aggregate for.

    `concentration` is the sum of squared shares (HHI), `entropy` in bits, `gini` 0 (all alike) to 1, `variation` the
    standard deviation over the mean, `top_share` the part of the `k` greatest (one, if not said), `top_percent_share`
    that of the greatest `k` percent, at least one. `longest_run` is the most dates in a row of a group by one date.
    """

    CONCENTRATION = "concentration"
    ENTROPY = "entropy"
    GINI = "gini"
    VARIATION = "variation"
    TOP_SHARE = "top_share"
    TOP_PERCENT_SHARE = "top_percent_share"
    LONGEST_RUN = "longest_run"


class WindowMeasure(Declared):
    """One number of an entity's window, taken from its rows or groups at once. Examples:

        users_at_three: {of: users, value: count_if(institutions >= 3), unit: count, description: At three outlets.}
        quantity_p99: {of: lines, value: "percentile(quantity, 0.99)", unit: unit, description: Of a line's quantity.}
        prescriber_concentration: {of: prescribers, statistic: concentration, value: amount, unit: ratio, …}

    `value` is a SQL aggregate over the columns of `of`; with a `statistic` it is SQL over one of its rows, whose values
    the statistic is of (a longest run needs none).
    """

    of: str
    value: str | None = None
    statistic: Statistic | None = None
    k: int = Field(default=1, ge=1, le=1000)
    unit: ValueUnit
    description: str

    @model_validator(mode="after")
    def _of_something(self) -> WindowMeasure:
        if (self.value is None) != (self.statistic is Statistic.LONGEST_RUN):
            raise ValueError("say its value; a longest run has none")
        return self


class CaseMix(Declared):
    """What the entity's rows cost against what like rows cost everywhere: observed over expected. Example:

        stay_cost:
          of: settlements
          where: is_inpatient
          value: total_amount
          strata: [diagnosis_category, age_band, sex, institution_level, insurance_type]
          description: Charges of a stay, against stays of the same disease, age, sex, level and insurance.

    The expectation of a row is the mean of its stratum over the same window. A row whose value or stratum is unknown,
    and a stratum with fewer than `minimum_rows`, counts on neither side. Formulas may name `stay_cost` (the ratio,
    drawn towards 1 the more, the less is known of the entity: empirical Bayes), `stay_cost_observed`,
    `stay_cost_expected`, `stay_cost_ratio` (not drawn) and `stay_cost_rows`.
    """

    of: Source
    where: str | None = None
    value: str
    strata: tuple[str, ...] = Field(min_length=1)
    minimum_rows: int = Field(default=5, ge=2)
    description: str

    @staticmethod
    def names_of(name: str) -> tuple[str, ...]:
        """The names that formulas may use of it."""
        return (name, *(f"{name}_{part}" for part in ("observed", "expected", "ratio", "rows")))
