"""Which date makes a row old, table by table: in one place, so that erasing by age forgets no table.

An SQL expression over the table's columns, a date. None: rows do not age, with the reason beside it.
"""

from __future__ import annotations

_OF_NIGHT = "business_date"

DATED: dict[str, str | None] = {
    "claim_line": "CAST(charged_at AS DATE)",
    "claim_line_entry": "CAST(charged_at AS DATE)",
    "settlement": "CAST(settled_at AS DATE)",
    "settlement_entry": "CAST(settled_at AS DATE)",
    "encounter": "CAST(coalesce(ended_at, started_at) AS DATE)",
    "diagnosis": None,  # goes with its encounter
    "procedure": None,  # goes with its encounter
    "case_group": None,  # goes with its settlement
    "patient": None,  # goes with the last of the person's encounters, claims and enrolments
    "enrolment": "ended_on",
    "chronic_registration": "ended_on",
    "referral": "ended_on",
    "presence_check": "CAST(checked_at AS DATE)",
    "trace_scan": "CAST(scanned_at AS DATE)",
    "tip": "received_on",
    "stock_movement": "moved_on",
    "capacity": None,  # a register of institutions
    "institution": None,  # a public register
    "doctor": "ended_on",
    "item": None,  # a catalogue: old claims of other lakes are judged by old prices
    "delivery": None,  # figures of files: the account of what was delivered stays
    "control_total": None,  # figures of files
    "supplied_column": None,  # names of columns
    "quarantine": _OF_NIGHT,
    "rollup_patient_day": "day",
    "rollup_doctor_day": "day",
    "rollup_institution_day": "day",
    "indicator_patient": _OF_NIGHT,
    "indicator_doctor": _OF_NIGHT,
    "indicator_institution": _OF_NIGHT,
    "peer_statistic": _OF_NIGHT,
    "rule_hit": "coalesce(period_end, business_date)",
    "hit_line": _OF_NIGHT,
    "rule_coverage": None,  # figures of rules
    "model": None,  # figures of models
    "score": _OF_NIGHT,
    "score_reason": _OF_NIGHT,
    "lead": _OF_NIGHT,
    "lead_evidence": "coalesce(CAST(charged_at AS DATE), business_date)",
    "case": _OF_NIGHT,
}

# Rows that belong to a person by another id than a token: the column, and whose id it is.
GOES_WITH: dict[str, tuple[tuple[str, str], ...]] = {
    "diagnosis": (("encounter_id", "encounter"),),
    "procedure": (("encounter_id", "encounter"),),
    "case_group": (("settlement_id", "settlement"),),
    "hit_line": (("line_id", "claim_line"), ("hit_id", "rule_hit")),
    "lead_evidence": (("lead_id", "lead"),),
}

# Erased last and in this order: whose rows go with a person's is read from these, so an interrupted erasure can still
# find the others when it is run again.
LAST = (
    "lead", "rule_hit", "claim_line", "claim_line_entry", "settlement", "settlement_entry", "encounter", "patient",
)  # fmt: skip
