"""Contracts of what a scan makes: hits, the lines that prove them, what was looked at."""

from __future__ import annotations

from fundwatch.contracts.entities import names_said
from fundwatch.contracts.table import Table, nightly

RULE_HIT = nightly(
    "rule_hit",
    "rule × thing it found",
    f"""
    hit_id string fingerprint of rule and thing
    rule_id string
    rule_version string fingerprint of the rule's definition
    tier string 明确违规, 可疑 or 线索
    rule_state string active, or shadow: counted, and no lead of it; null in older nights: active
    grain string
    subject_type string {names_said("or")}: who the lead is about
    subject_id token(mixed) or an institution's public id
    patient_id token(person)
    institution_id id(institution)
    encounter_id string
    period_start date
    period_end date
    amount_at_risk money fund money at risk by the rule's method
    is_estimate boolean an estimate ranks, and is never called recoverable
    money_method string A1 … A12
    facts quoting(map<string,string>) the measured values the reason names
    reason_zh quoting(string)
    reason_en quoting(string)
    """,
    key="hit_id",
    dated="coalesce(period_end, business_date)",
)
HIT_LINE = nightly(
    "hit_line",
    "hit × fee line that proves it, or that it is compared with",
    """
    hit_id string
    line_id string
    settlement_id string of a counted line
    amount_at_risk money of this line; a compared line has none
    amount_in_question money what is wrong of the line's charge by the rule, whoever paid it; null in older nights
    role string counted, or compared: the lawful line beside which the counted one is seen to be wrong
    """,
    key="hit_id line_id",
    goes_with={"line_id": "claim_line", "hit_id": "rule_hit"},
)
RULE_COVERAGE = nightly(
    "rule_coverage",
    "rule × institution, or rule alone when it did not run",
    """
    rule_id string
    rule_version string
    rule_state string active, or shadow: it makes no lead; null in older nights: active
    institution_id id(institution)
    state string run or not_run
    why_not string the missing table, column or knowledge; why a rule is broken; what a rule that ran did without
    period_start date
    period_end date
    judged_count bigint things the rule looked at
    hit_count bigint
    """,
    key="rule_id institution_id",
    dated=None,  # figures of rules
)

ALL: tuple[Table, ...] = (
    RULE_HIT,
    HIT_LINE,
    RULE_COVERAGE,
)
