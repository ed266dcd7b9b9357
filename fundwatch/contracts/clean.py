"""Contracts of the clean tables: what the deliveries say, pseudonymous, in the field's words.

Each row is one version: it was known from the business date `known_from` until before `known_to` (null: still).
"""

from __future__ import annotations

from fundwatch.tables import Replaced, Table, declare

_KNOWN = """
known_from date business date from which this version was known
known_to date business date from which it no longer held; null while it holds
"""


def _history(name: str, grain: str, columns: str, *, key: str, sums: str = "") -> Table:
    return declare(name, grain, columns.strip() + _KNOWN, key=key, replaced=Replaced.BY_KEY, sums=sums)


_LINE = """
line_id string the fee line
encounter_id string the visit or stay it belongs to
settlement_id string the settlement that paid it; null while unsettled
patient_id string token
institution_id string where
visit_type string code of the kind of visit (med_type)
charged_at timestamp when the service was charged
order_id string prescription or order number
item_code string national catalogue code
item_name string
local_item_code string the institution's own code
item_type string list_type: 101 drug … 201 service, 301 consumable
charge_class string med_chrgitm_type: 01 bed … 14 other
coverage_class string chrgitm_lv: 1 甲, 2 乙, 3 丙
quantity quantity
unit_price price
amount money
covered_amount money in the scope of payment
price_limit price the catalogue's limit at the time, as delivered
days_supplied int
ordering_department string
ordering_doctor_id string token
performing_department string
performing_doctor_id string token
"""

_SETTLEMENT = """
settlement_id string
encounter_id string
patient_id string token
institution_id string
insurance_type string
visit_type string
started_on date
ended_on date
settled_at timestamp
total_amount money
excluded_amount money wholly self-paid (fulamt_ownpay_amt)
over_limit_amount money above the price limit (overlmt_selfpay)
first_self_paid_amount money paid first by the patient (preselfpay_amt)
covered_amount money in the scope of payment
deductible_amount money
pooled_fund_amount money
fund_amount money all funds together
own_amount money the person's part
account_amount money of it, from the personal account
cash_amount money of it, in cash
"""

_ENTRY = """
business_date date the night that delivered it
original_line_id string the line this one reverses; null for an original
"""

CLAIM_LINE = _history(
    "claim_line",
    "one fee line, reversals netted",
    _LINE,
    key="line_id",
    sums="quantity amount covered_amount",
)
CLAIM_LINE_ENTRY = declare(
    "claim_line_entry",
    "one accepted fee line as delivered, before netting",
    _LINE + _ENTRY.strip(),
    key="line_id business_date",
    replaced=Replaced.BY_NIGHT,
    sums="quantity amount covered_amount",
)
_MONEY = (
    "total_amount excluded_amount over_limit_amount first_self_paid_amount covered_amount deductible_amount "
    "pooled_fund_amount fund_amount own_amount account_amount cash_amount"
)
SETTLEMENT = _history("settlement", "one settlement, reversals netted", _SETTLEMENT, key="settlement_id", sums=_MONEY)
SETTLEMENT_ENTRY = declare(
    "settlement_entry",
    "one accepted settlement as delivered, before netting",
    _SETTLEMENT
    + _ENTRY.replace("original_line_id string the line", "original_settlement_id string the settlement").strip(),
    key="settlement_id business_date",
    replaced=Replaced.BY_NIGHT,
    sums=_MONEY,
)
PATIENT = _history(
    "patient",
    "one insured person",
    """
    patient_id string token
    sex string 1 male, 2 female, 0 unknown, 9 not stated
    birth_year int 90 years and older in one bucket is left to exports
    death_date date
    is_identity_sex_consistent boolean the certificate's sex digit agrees with the register; null when not known
    contact_id string token of the telephone number
    """,
    key="patient_id",
)
ENROLMENT = _history(
    "enrolment",
    "person × insurance × span",
    """
    patient_id string token
    insurance_type string
    person_type string
    region_code string where insured
    employer_id string token
    started_on date
    ended_on date
    """,
    key="patient_id insurance_type started_on",
)
ENCOUNTER = _history(
    "encounter",
    "one visit or stay",
    """
    encounter_id string
    patient_id string token
    institution_id string
    insurance_type string
    person_type string
    visit_type string
    is_inpatient boolean
    started_at timestamp
    ended_at timestamp
    admission_department string
    discharge_department string
    attending_doctor_id string token
    main_diagnosis_code string
    discharge_way string
    region_code string where the person is insured
    """,
    key="encounter_id",
)
DIAGNOSIS = _history(
    "diagnosis",
    "encounter × code",
    """
    encounter_id string
    diagnosis_code string
    diagnosis_name string
    is_main boolean
    """,
    key="encounter_id diagnosis_code",
)
PROCEDURE = _history(
    "procedure",
    "encounter × code",
    """
    encounter_id string
    procedure_code string
    procedure_name string
    is_main boolean
    performed_on date
    operating_doctor_id string token
    """,
    key="encounter_id procedure_code",
)
INSTITUTION = _history(
    "institution",
    "one institution as registered",
    """
    institution_id string
    institution_name string
    institution_type string hospital or pharmacy
    institution_level string 1 tertiary, 2 secondary, 3 primary, 9 not graded
    region_code string
    bed_count int approved beds
    started_on date
    ended_on date
    """,
    key="institution_id",
)
DOCTOR = _history(
    "doctor",
    "one doctor as registered",
    """
    doctor_id string token
    institution_id string
    department string
    title string
    started_on date
    ended_on date
    """,
    key="doctor_id institution_id",
)
ITEM = _history(
    "item",
    "catalogue entry × validity",
    """
    item_code string
    item_name string
    item_type string
    charge_class string
    coverage_class string
    price_limit price
    started_on date
    ended_on date
    """,
    key="item_code started_on",
)

ALL = (
    CLAIM_LINE, CLAIM_LINE_ENTRY, SETTLEMENT, SETTLEMENT_ENTRY, PATIENT, ENROLMENT, ENCOUNTER, DIAGNOSIS, PROCEDURE,
    INSTITUTION, DOCTOR, ITEM,
)  # fmt: skip
