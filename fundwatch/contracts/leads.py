"""Contracts of what a list is made of: leads, their evidence, the cases that go on over nights."""

from __future__ import annotations

from fundwatch.contracts.table import Table, nightly

LEAD = nightly(
    "lead",
    "one subject, one period",
    """
    lead_id string fingerprint of subject and period
    place int 1 is the first to look at; equal leads share theirs
    subject_type string
    subject_id token(mixed) or an institution's public id
    subject_name string public name of an institution; empty for persons
    workplaces array<string> of a doctor, as registered: hospital and department by public name; null for others
    period_start date
    period_end date
    tier string of its strongest hit; 线索 when scores alone speak
    priority double what the place is made of: the next three's geometric mean, times the two after them
    severity_factor double by tier, 0 to 1
    money_factor double by the money at risk and estimated, 0 to 1
    outlier_factor double how far out among its peers, 0 to 1
    tip_factor double 1 without tips
    learned_factor double by what came of earlier findings of its kind; 1 where nothing is known
    tip_count bigint tips of the period about the subject
    is_minor boolean its money is below what is worth a letter: it comes after all others; null in older nights
    amount_at_risk money fund money, each line once, never more than the fund paid
    amount_in_question money 违规金额: what was charged wrongly, each line once, whoever paid it; null in older nights
    estimated_amount money for ranking only, not recoverable
    hit_count bigint
    line_count bigint
    rule_ids array<string>
    score double strongest percentile of its scores as it is said, 0 to 1; null without
    reason_zh quoting(string)
    reason_en quoting(string)
    clear_zh string what would clear it
    clear_en string
    law array<string>
    """,
    key="lead_id",
)
LEAD_EVIDENCE = nightly(
    "lead_evidence",
    "lead × fee line, or lead × indicator",
    """
    lead_id string
    place int order within the lead
    kind string line or indicator
    rule_ids array<string>
    role string of a line: counted, or compared where no rule counts it
    line_id string
    encounter_id string
    settlement_id string
    patient_id token(person)
    institution_id id(institution)
    charged_at timestamp
    item_code string
    item_name string
    quantity quantity
    unit_price price
    amount money
    amount_at_risk money counted once over all rules
    amount_in_question money what is wrong of the line's charge by the rule that it counts for, whoever paid it
    covered_amount money of the line, in the scope of payment
    ordering_department name
    ordering_doctor_id token(doctor)
    indicator string
    value double
    peer_median double
    percentile double as it is said, 0 to 1
    peer_count bigint
    """,
    key="lead_id place",
    dated="coalesce(CAST(charged_at AS DATE), business_date)",
    goes_with={"lead_id": "lead"},
)
CASE = nightly(
    "case",
    "one finding of one subject, as it stands on the night",
    """
    case_id string fingerprint of subject, kind and the first night: it holds while the finding goes on
    subject_type string
    subject_id token(mixed) or an institution's public id
    subject_name string public name of an institution; empty for persons
    kind string the rule's id; score: the subject stands out by its scores; tip: somebody reported it
    state string new, grown, same, faded; recovered when its lines were reversed meanwhile; unjudged when not looked for
    first_seen date the first night of it
    last_seen date the last night that found it
    faded_since date the first night that looked and did not find it; null while it goes on
    hit_count bigint tonight; 0 for scores
    amount money tonight, as its hits have it: the fund's money at risk, or an estimate
    is_estimate boolean an estimate ranks, and is never called recoverable
    earlier_hit_count bigint in the earlier list; of a faded one, when it was seen last; null for a new one
    earlier_amount money the same
    """,
    key="case_id",
)
CASE_STATUS = nightly(
    "case_status",
    "case of which people said something, as the night's list knew it",
    """
    subject_type string
    subject_id token(mixed) or an institution's public id
    kind string the rule's id, or score
    case_id string
    status string where it stands: new, assigned, in_check, heard, confirmed, partly, cleared, not_pursued, referred
    since date when that was reached; null for new
    held_by string team and person that have it; empty for none
    outcome_id string of a decided one
    new_hit_count bigint of a decided one: tonight's hits that its outcomes were not about
    new_amount money what these come to
    recovered_line_count bigint lines that were reversed since the earlier list, while people had it in hand
    recovered_amount money the fund's money that was at risk for these and is not any more
    snoozed_until date the last night on which the rule is quiet for the subject; null where it is not
    is_quiet boolean it makes no lead tonight: decided and not grown, or quiet
    """,
    key="subject_type subject_id kind",
)
RECOVERED_LINE = nightly(
    "recovered_line",
    "case × fee line that was reversed since the earlier list, while people had the case in hand",
    """
    case_id string
    subject_type string
    subject_id token(mixed) or an institution's public id
    kind string the rule's id
    line_id string
    amount money the fund's money that was at risk for the line and is not any more
    """,
    key="case_id line_id",
    goes_with={"line_id": "claim_line"},
)
MERGED_CASE = nightly(
    "merged_case",
    "case that goes on in another, since two ids became one subject's",
    """
    merged_case_id string whose steps and outcomes go with the other
    case_id string the case that goes on
    subject_type string
    subject_id token(mixed) or an institution's public id
    kind string the rule's id, or score
    """,
    key="merged_case_id",
)
INSPECTION_SAMPLE = nightly(
    "inspection_sample",
    "subject drawn at random beside the list",
    """
    subject_type string
    subject_id token(mixed) or an institution's public id
    place int the order in which they were drawn, by subject type
    seed string what they were drawn with: the setting and the night
    population_count bigint how many of its type the night knew
    """,
    key="subject_type subject_id",
)
TEAM_LEAD = nightly(
    "team_lead",
    "one listed lead: which team takes it",
    """
    lead_id string
    place int
    team string as declared in conf/teams; empty where it is carried over
    why_not string why no team takes it tonight
    """,
    key="lead_id",
    goes_with={"lead_id": "lead"},
)
LEARNED_WEIGHT = nightly(
    "learned_weight",
    "kind of finding: what the night's ranking learned of it",
    """
    kind string the rule's id, or score
    right_count bigint judged cases of it that were right, as known on the night
    judged_count bigint
    weight double what the priority of its leads is multiplied by
    seen_count bigint entries of the outcome journal that the night saw
    seen_fingerprint string fingerprint of their ids
    """,
    key="kind",
    dated=None,  # figures of rules
)

ALL: tuple[Table, ...] = (
    LEAD,
    LEAD_EVIDENCE,
    CASE,
    CASE_STATUS,
    RECOVERED_LINE,
    MERGED_CASE,
    INSPECTION_SAMPLE,
    TEAM_LEAD,
    LEARNED_WEIGHT,
)
