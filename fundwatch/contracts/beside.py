"""Contracts of the clean tables beside the claims. Any of them may be absent; what needs one is then not run."""

from __future__ import annotations

from fundwatch.contracts.clean import history

CHRONIC_REGISTRATION = history(
    "chronic_registration",
    "person × chronic disease × span of the outpatient chronic benefit",
    """
    patient_id token(person)
    disease_code code
    disease_name name
    institution_id id(institution) where it was registered
    diagnosing_doctor_id token(doctor)
    started_on date
    ended_on date
    """,
    key="patient_id disease_code started_on",
    dated="ended_on",
)
REFERRAL = history(
    "referral",
    "one referral or off-site filing of a person",
    """
    patient_id token(person)
    referral_type code rloc_type: 1 referred, 2 lives elsewhere for a while
    started_on date
    ended_on date
    target_region_code code
    from_institution_id id(institution)
    to_institution_id id(institution)
    from_encounter_id string the encounter that led to it
    """,
    key="patient_id referral_type started_on",
    dated="ended_on",
)
CAPACITY = history(
    "capacity",
    "institution × resource",
    """
    institution_id id(institution)
    resource_type code BED, NURSE or a kind of machine
    resource_count int
    """,
    key="institution_id resource_type",
    dated=None,  # a register of institutions
)
PRESENCE_CHECK = history(
    "presence_check",
    "one check whether an in-patient is there",
    """
    encounter_id string
    checked_at timestamp
    patient_id token(person)
    institution_id id(institution)
    check_way code 1 face, 2 fingerprint
    is_present boolean
    """,
    key="encounter_id checked_at",
    dated="CAST(checked_at AS DATE)",
)
TIP = history(
    "tip",
    "one report by somebody outside",
    """
    tip_id string
    received_on date
    institution_id id(institution)
    channel code
    content free_text scrubbed of what identifies a person
    """,
    key="tip_id",
    dated="received_on",
)
TRACE_SCAN = history(
    "trace_scan",
    "one trace code scanned for a fee line; taken back with quantity -1",
    """
    line_id string
    trace_code code usually 20 digits, the first seven name the drug
    scanned_at timestamp
    institution_id id(institution)
    encounter_id string
    patient_id token(person)
    item_code catalogue_code
    quantity int 1 handed out, -1 taken back
    is_insured boolean paid through the insurance
    is_split boolean a part of a pack
    sale_price price of one pack, as it was sold (finl_trns_pric)
    manufactured_on date
    expires_on date the last day of its shelf life
    """,
    key="line_id trace_code scanned_at",
    dated="CAST(scanned_at AS DATE)",
)
STOCK_MOVEMENT = history(
    "stock_movement",
    "one change of an institution's stock of an item",
    """
    movement_id code
    institution_id id(institution)
    item_code catalogue_code
    item_name name
    movement_type code opening, purchase, sale, return, loss or closing
    moved_on date
    quantity quantity negative for what leaves the shelf
    purchase_price price
    invoice_number code of the purchase, the supplier's
    stock_after quantity on the shelf after it
    """,
    key="movement_id",
    dated="moved_on",
)
CASE_GROUP = history(
    "case_group",
    "one settlement's payment group (DRG or DIP)",
    """
    settlement_id string
    encounter_id string
    group_code code
    group_name name
    weight decimal(16,6)
    rate money price of weight 1
    standard_amount money what the group pays
    cost_ratio decimal(16,6) cost over standard
    """,
    key="settlement_id",
    dated=None,
    goes_with={"settlement_id": "settlement"},
)
ABSENCE = history(
    "absence",
    "person × span in which it cannot have come: abroad, detained or enlisted; which of these is not kept",
    """
    patient_id token(person)
    started_on date
    ended_on date while it is unknown, nothing is said of the span
    """,
    key="patient_id started_on",
    dated="ended_on",
)
TRIAL_MEMBER = history(
    "trial_member",
    "person × clinical trial, whose own services its sponsor pays",
    """
    patient_id token(person)
    institution_id id(institution) where the trial is
    trial_code code of its registration
    started_on date
    ended_on date
    """,
    key="patient_id institution_id trial_code started_on",
    dated="ended_on",
)
EXAM_RESULT = history(
    "exam_result",
    "one report of a laboratory or of imaging: that there is one, and nothing of what it says",
    """
    result_id string the number of the report
    institution_id id(institution) whose system has it
    patient_id token(person)
    item_code catalogue_code of the service that it reports; null where the system has codes of its own
    reported_on date
    """,
    key="result_id institution_id",
    dated="reported_on",
)
BODY_FACT = history(
    "body_fact",
    "what the record of a visit or stay measured of the person's body",
    """
    encounter_id string
    blood_group code ABO: A, B, AB or O
    height_cm quantity
    weight_kg quantity
    """,
    key="encounter_id",
    dated=None,
    goes_with={"encounter_id": "encounter"},
)

ALL = (
    CHRONIC_REGISTRATION, REFERRAL, CAPACITY, PRESENCE_CHECK, TIP, TRACE_SCAN, STOCK_MOVEMENT, CASE_GROUP, ABSENCE,
    TRIAL_MEMBER, EXAM_RESULT, BODY_FACT,
)  # fmt: skip
