"""What happens in the world: encounters, their lines and settlements, and labels of what was staged."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from simulator.city.items import Item
from simulator.city.people import Person
from simulator.city.providers import Doctor, Institution

BIRTH = "52"
INPATIENT = ("21", BIRTH)


@dataclass(slots=True)
class Line:
    """One fee line; money in cents. A negative quantity takes back (part of) `original_id`."""

    id: str
    item: Item
    at: datetime
    quantity: int
    price: int
    doctor: Doctor | None
    uploaded: date
    order_id: str = ""  # its order sheet; numbered before the encounter is settled
    on_sheet_of: str = ""  # the line beside which it stands on one sheet, whatever else is there
    settlement_id: str = ""
    original_id: str = ""
    days_supplied: int = 0
    memo: str = ""
    covered: int | None = None  # cents in scope, where they are not what the item and its price make them
    trace_codes: tuple[str, ...] | None = None  # exactly these were scanned; None: as an honest seller would
    unstocked: bool = False  # billed, but nothing left the shelf
    shelf_item: Item | None = None  # what left the shelf instead

    @property
    def amount(self) -> int:
        """Cents; negative for what is taken back."""
        return self.quantity * self.price


@dataclass(slots=True)
class Visit:
    """One encounter: an outpatient visit, a purchase or a stay."""

    id: str
    person: Person
    place: Institution
    doctor: Doctor | None
    visit_type: str
    begin: datetime
    end: datetime
    settled_at: datetime
    diagnoses: tuple[tuple[str, str], ...]
    record_id: str
    complaint: str = ""
    contact: str = ""
    way_out: str = "1"
    operation: tuple[str, str] | None = None
    referral: tuple[str, str] | None = None  # the encounter that led to this one, and its institution
    presence: int | None = None  # percent of its days on which the in-patient was found; None: as usual
    tip: str = ""  # what somebody reported about it
    paper: bool = False  # settled by hand from paper instead of at the counter
    invoice: str = ""  # invoice number; '' as the settlement's
    out_of_area: bool = False
    interim_at: datetime | None = None  # what was charged until then is settled then (中途结算)
    aid_only: bool = False  # medical aid pays and the pooled fund does not
    family_account: int = 0  # cents of the account payment that come from a relative's account
    account_share: int | None = None  # percent of the personal part paid from the account; None: as usual
    lines: list[Line] = field(default_factory=list)
    settlements: list[Settlement] = field(default_factory=list)

    @property
    def is_stay(self) -> bool:
        """An in-patient stay."""
        return self.visit_type in INPATIENT

    @property
    def days(self) -> list[date]:
        """Every calendar day the encounter touches."""
        first, last = self.begin.date(), self.end.date()
        return [first + timedelta(days=n) for n in range((last - first).days + 1)]


@dataclass(slots=True)
class Settlement:
    """One settlement, or the reversal of one; every sum in cents, by its national name."""

    id: str
    visit: Visit
    at: datetime
    sums: dict[str, int]
    original_id: str = ""
    is_interim: bool = False

    @property
    def is_reversal(self) -> bool:
        """It takes a whole settlement back."""
        return self.original_id != ""


@dataclass(frozen=True, slots=True)
class Label:
    """What was staged: to be found, or to be left alone. Fields that do not apply are ''."""

    scheme: str
    instance: int
    kind: str  # scheme or lookalike
    rule_id: str  # '' for schemes only a model can see
    entity_type: str  # line, encounter, patient, patient_day, doctor, institution, institution_day
    psn_no: str = ""
    mdtrt_id: str = ""
    feedetl_sn: str = ""
    fixmedins_code: str = ""
    dr_code: str = ""
    service_date: str = ""
    actor_type: str = ""  # who did it: patient, doctor, institution, ring, employer, staff
    actor_id: str = ""
    starts_on: str = ""  # first and last day of the instance, ISO dates
    ends_on: str = ""
    intensity: float = 0.0  # how strong, 1.0 as the scheme describes it
    disguise: int = 0  # 0 plain, 1 careful, 2 well disguised
    category: str = ""  # of the rule catalogue


@dataclass(frozen=True, slots=True)
class RowMishap:
    """What befell one row, and what a receiver ought to make of it (see misdeliveries)."""

    uploaded: date
    table: str
    kind: str
    detail: str
    outcome: str
