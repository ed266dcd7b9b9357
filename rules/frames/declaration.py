"""What a row frame and its grains declare: the rows, the columns a rule may name, and what each of these rests on.

A source is `table.column`, `knowledge.class` or the benefit policies; a column rests on one or more groups of sources,
and of each group at least one must be there (a price limit comes from the line, or else from the catalogue).

A new frame or grain is one declaration in a file of its own, and one word in `rules/frames/registry.py`. All else
follows from it: the grains that the catalogue admits, the tables that a scan reads, the pass, the examples.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from rules.frames.inputs import ScanInputs

POLICY = "policy.benefits"  # some area that insures has declared what is due
# tables of the newest earlier night that has a list: what a scan finds tonight it does not judge by
EARLIER_LIST = ("case_status", "rule_hit", "hit_line")
COUNTED = ("placeholder",)  # what the night's own intake counted
NO_TABLES = frozenset({"knowledge", "policy"})  # what comes before the point of a source and is no table
AnyOf = frozenset[str]
Sources = frozenset[AnyOf]


def each_of(*sources: str) -> Sources:
    """Every one of the sources is needed."""
    return frozenset(frozenset({source}) for source in sources)


def any_of(*sources: str) -> Sources:
    """One of the sources is enough."""
    return frozenset({frozenset(sources)})


def from_table(table: str, *names: str, **renamed: str) -> dict[str, Sources]:
    """Columns that rest on the table's of the same names; `renamed` ones on another (`started_on="started_at"`)."""
    own = {name: name for name in names} | renamed
    return {name: each_of(f"{table}.{column}") for name, column in own.items()}


# whatever a rule names: the money of its hits needs these
MONEY_NEEDS = each_of(
    "claim_line.line_id", "claim_line.settlement_id", "claim_line.covered_amount", "claim_line.encounter_id",
    "claim_line.patient_id", "claim_line.institution_id", "claim_line.charged_at",
    "settlement.covered_amount", "settlement.fund_amount",
)  # fmt: skip
ACCOUNT_NEEDS = each_of("settlement.account_amount", "settlement.total_amount", "claim_line.amount")
# what tells a stay from a visit, whose it is and when it was
STAY_NEEDS = each_of(
    "encounter.is_inpatient", "encounter.encounter_id", "encounter.patient_id", "encounter.institution_id",
    "encounter.started_at", "encounter.ended_at",
)  # fmt: skip


@dataclass(frozen=True)
class RowFrame:
    """Rows that grains are judged on; the grains of one frame are tagged in one pass over them.

    `rows` makes them, a pure function of the inputs, the columns that rules want and the first day they look back to.
    They have the declared columns, as far as wanted, and always: `service_date`, which chooses the law of the day;
    `institution_id`, null where the row is of none; `row_key`, unique within an institution. Where they are not fee
    lines they also have `proof_day` (null: any day), and `proof`, an SQL expression over their columns, lists the
    encounters whose fee lines of that day prove a hit; `{of}` in it is the encounter that the rule's money names. A
    frame of fee lines has no `proof`: the line is its own.

    What was before the scanned window lends its past and is not judged.

    `judges` is the kind of entity whose indicators the rows are; no line proves what is found of these.
    """

    name: str
    rows: Callable[[ScanInputs, frozenset[str], date], DataFrame]
    columns: Mapping[str, Sources]
    row_key: str = "row_id"
    proof: str | None = "proof_encounters"
    judges: str = ""

    @property
    def is_of_lines(self) -> bool:
        return self.proof is None

    def build(self, inputs: ScanInputs, wanted: frozenset[str], lookback_days: int) -> DataFrame:
        """The rows with the wanted columns, from `lookback_days` before the window on."""
        return self.rows(inputs, wanted, inputs.window.start - timedelta(days=lookback_days))


@dataclass(frozen=True)
class Grain:
    """What a rule judges: the key of a thing among the frame's rows, and whom its hit identifies.

    `needs` is what the thing rests on whatever a rule names; `judged_on` is the date that decides whether it falls
    into the scanned window.
    """

    name: str
    frame: RowFrame
    thing: tuple[str, ...]
    identifies: tuple[str, ...]
    needs: Sources = frozenset()
    judged_on: str = "service_date"

    @property
    def columns(self) -> Mapping[str, Sources]:
        """The columns that a rule of this grain may name."""
        return self.frame.columns

    @property
    def base(self) -> Sources:
        """What every rule of this grain needs."""
        return self.needs if self.frame.judges else MONEY_NEEDS | self.needs
