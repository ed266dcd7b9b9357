"""Contracts of the clean tables: what the deliveries say, pseudonymous, in the field's words.

Each row is one version: it was known from the business date `known_from` until before `known_to` (null: still).
"""

from __future__ import annotations

from collections.abc import Mapping

from fundwatch.contracts.table import Replaced, Table, declare

_KNOWN = """
known_from date business date from which this version was known
known_to date business date from which it no longer held; null while it holds
key_id string the pseudonymisation key that made the row's tokens
"""


def history(
    name: str,
    grain: str,
    columns: str,
    *,
    key: str,
    dated: str | None,
    goes_with: Mapping[str, str] | None = None,
    sums: str = "",
    unknown_in_key: str = "",
) -> Table:
    """A table of versions, each replaced with all others of its key."""
    return declare(
        name,
        grain,
        columns.strip() + _KNOWN,
        key=key,
        replaced=Replaced.BY_KEY,
        dated=dated,
        goes_with=goes_with,
        sums=sums,
        unknown_in_key=unknown_in_key,
    )


_LINE = """
line_id string the fee line
encounter_id string the visit or stay it belongs to
settlement_id string the settlement that paid it; null while unsettled
patient_id token(person)
institution_id id(institution) where
visit_type code code of the kind of visit (med_type)
charged_at timestamp when the service was charged
order_id code prescription or order number
item_code catalogue_code national catalogue code
item_name name
local_item_code code the institution's own code
item_type code list_type: 101 drug … 201 service, 301 consumable
charge_class code med_chrgitm_type: 01 bed … 14 other
coverage_class code chrgitm_lv: 1 甲, 2 乙, 3 丙
quantity quantity
unit_price price
amount money
covered_amount money in the scope of payment
price_limit price the catalogue's limit at the time, as delivered
days_supplied int
ordering_department name
ordering_doctor_id token(doctor)
performing_department name
performing_doctor_id token(doctor)
note free_text of the line, scrubbed of what identifies a person
single_dose name how much is taken at once, as written (sin_dos_dscr)
dose_frequency name how often it is taken, as written (used_frqu_dscr)
herb_use code tcmdrug_used_way: 1 a compound prescription, 2 a single herb
is_discharge_drug boolean taken home at the end of a stay (dscg_tkdrug_flag)
is_outside_prescription boolean filled from another institution's prescription (etip_flag)
prescribing_institution_id id(institution) the institution that wrote the outside prescription (etip_hosp_code)
is_electronic_prescription boolean an electronic prescription that may be filled elsewhere (rx_circ_flag)
is_procured boolean from the volume-based procurement (prcu_drug_flag)
product_origin code made at home or imported (prodplac_type)
"""

_SETTLEMENT = """
settlement_id string
encounter_id string
patient_id token(person)
institution_id id(institution)
insurance_type code
visit_type code
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
family_account_amount money of the account's part, from a relative's account
cash_amount money of it, in cash
offsite_kind code out_flag: 0 at home, 1 and 2 in another region
invoice_id token(invoice)
settlement_kind code setl_type: 1 at the agency, 2 networked
paper_reason code why it was settled by hand from paper (manl_reim_rea)
is_interim boolean settled before the stay ended (mid_setl_flag)
civil_servant_fund_amount money aid of civil servants (cvlserv_pay)
enterprise_fund_amount money supplement of enterprises (hifes_pay)
serious_illness_fund_amount money serious-illness insurance of residents (hifmi_pay)
large_claim_fund_amount money large-sum aid of employees (hifob_pay)
veteran_fund_amount money fund of disabled soldiers (hifdm_pay)
aid_fund_amount money medical aid (maf_pay)
other_fund_amount money any other fund (othfund_pay)
hospital_borne_amount money what the hospital bears itself (ownpay_hosp_part)
agreed_amount money what the agreement really pays (hi_agre_sumfee)
account_balance money of the personal account afterwards (balc)
disbursed_on date when the fund paid it out: from then on what is at risk is lost (implementing rules 36)
"""

_ENTRY = """
business_date date the night that delivered it
original_line_id string the line that this one says it reverses; only on a negative line does it count
is_removal boolean true for a row that takes away what stands under its key; a mapping's `action` says so
content_fingerprint bigint of all that the source said in the row
key_id string the pseudonymisation key that made the row's tokens
"""

CLAIM_LINE = history(
    "claim_line",
    "one fee line, reversals netted",
    _LINE,
    key="line_id",
    dated="CAST(charged_at AS DATE)",
    sums="quantity amount covered_amount",
)
CLAIM_LINE_ENTRY = declare(
    "claim_line_entry",
    "one accepted fee line as delivered, before netting",
    _LINE + _ENTRY.strip(),
    key="line_id business_date",
    dated="CAST(charged_at AS DATE)",
    replaced=Replaced.BY_NIGHT,
    sums="quantity amount covered_amount",
)
_MONEY = (
    "total_amount excluded_amount over_limit_amount first_self_paid_amount covered_amount deductible_amount "
    "pooled_fund_amount fund_amount own_amount account_amount family_account_amount cash_amount "
    "civil_servant_fund_amount enterprise_fund_amount serious_illness_fund_amount large_claim_fund_amount "
    "veteran_fund_amount aid_fund_amount other_fund_amount hospital_borne_amount agreed_amount"
)
SETTLEMENT = history(
    "settlement",
    "one settlement, reversals netted",
    _SETTLEMENT,
    key="settlement_id",
    dated="CAST(settled_at AS DATE)",
    sums=_MONEY,
)
SETTLEMENT_ENTRY = declare(
    "settlement_entry",
    "one accepted settlement as delivered, before netting",
    _SETTLEMENT
    + _ENTRY.replace("original_line_id string the line", "original_settlement_id string the settlement")
    .replace("negative line", "negative settlement")
    .strip(),
    key="settlement_id business_date",
    dated="CAST(settled_at AS DATE)",
    replaced=Replaced.BY_NIGHT,
    sums=_MONEY,
)
PATIENT = history(
    "patient",
    "one insured person",
    """
    patient_id token(person)
    sex code 1 male, 2 female, 0 unknown, 9 not stated
    birth_year int 90 years and older in one bucket is left to exports
    death_date date
    is_identity_sex_consistent boolean the certificate's sex digit agrees with the register; null when not known
    certificate_id token(certificate)
    contact_id token(contact) of the telephone number
    address_id token(address)
    """,
    key="patient_id",
    dated=None,  # goes with the last of the person's encounters, claims and enrolments
)
ENROLMENT = history(
    "enrolment",
    "person × insurance × span",
    """
    patient_id token(person)
    insurance_type code
    person_type code
    region_code code where insured
    employer_id token(employer)
    started_on date
    ended_on date
    """,
    key="patient_id insurance_type started_on",
    dated="ended_on",
)
ENCOUNTER = history(
    "encounter",
    "one visit or stay",
    """
    encounter_id string
    patient_id token(person)
    institution_id id(institution)
    insurance_type code
    person_type code
    visit_type code
    is_inpatient boolean
    started_at timestamp
    ended_at timestamp
    admission_department name
    discharge_department name
    admission_bed code
    discharge_bed code
    attending_doctor_id token(doctor)
    main_diagnosis_code code
    discharge_way code
    region_code code where the person is insured
    record_id token(record) of the institution's own record number
    contact_id token(contact) of whoever is named as contact
    referring_encounter_id string the encounter that led to this one
    complaint free_text at admission, scrubbed of what identifies a person
    certificate_kind code what the person showed (mdtrt_cert_type): 01 electronic, 02 identity card, 03 insurance card
    is_newborn boolean a newborn treated under the mother's number (nwb_flag)
    """,
    key="encounter_id",
    dated="CAST(coalesce(ended_at, started_at) AS DATE)",
)
DIAGNOSIS = history(
    "diagnosis",
    "encounter × code",
    """
    encounter_id string
    diagnosis_code code
    diagnosis_name name
    is_main boolean
    diagnosis_kind code diag_type: 1 western, 2 and 3 traditional medicine
    admission_condition code whether it was there on admission (adm_cond_type): 1 present, 2 unclear, 3 unknown, 4 none
    """,
    key="encounter_id diagnosis_code",
    dated=None,
    goes_with={"encounter_id": "encounter"},
)
PROCEDURE = history(
    "procedure",
    "encounter × code × day and moment: one done twice in a stay is two",
    """
    encounter_id string
    procedure_code code
    procedure_name name
    is_main boolean
    performed_on date
    operating_doctor_id token(doctor)
    started_at timestamp
    ended_at timestamp
    anaesthesia_kind code anst_way
    anaesthesia_started_at timestamp
    anaesthesia_ended_at timestamp
    anaesthetist_id token(doctor)
    """,
    key="encounter_id procedure_code performed_on started_at",
    unknown_in_key="performed_on started_at",
    dated=None,
    goes_with={"encounter_id": "encounter"},
)
INSTITUTION = history(
    "institution",
    "one institution as registered",
    """
    institution_id id(institution)
    institution_name name
    institution_type code hospital or pharmacy
    institution_level code 1 tertiary, 2 secondary, 3 primary, 9 not graded
    region_code code
    bed_count int approved beds
    employer_id token(employer) under which it insures its own staff
    started_on date
    ended_on date
    """,
    key="institution_id",
    dated=None,  # a public register
)
DOCTOR = history(
    "doctor",
    "one doctor as registered",
    """
    doctor_id token(doctor)
    institution_id id(institution)
    department name
    title code
    started_on date
    ended_on date
    """,
    key="doctor_id institution_id",
    dated="ended_on",
)
ITEM = history(
    "item",
    "catalogue entry × validity",
    """
    item_code catalogue_code
    item_name name
    item_type code
    charge_class code
    coverage_class code
    price_limit price
    started_on date
    ended_on date
    """,
    key="item_code started_on",
    dated=None,  # a catalogue: old claims of other lakes are judged by old prices
)
ALL = (
    CLAIM_LINE, CLAIM_LINE_ENTRY, SETTLEMENT, SETTLEMENT_ENTRY, PATIENT, ENROLMENT, ENCOUNTER, DIAGNOSIS, PROCEDURE,
    INSTITUTION, DOCTOR, ITEM,
)  # fmt: skip
