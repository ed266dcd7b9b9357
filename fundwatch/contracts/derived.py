"""Contracts of what the jobs make, from control totals to leads. One night owns its rows."""

from __future__ import annotations

from fundwatch.contracts.table import Replaced, Table, declare


def _nightly(name: str, grain: str, columns: str, *, key: str, is_open: bool = False) -> Table:
    text = "business_date date the night that made the row\n" + columns.strip()
    return declare(name, grain, text, key=f"business_date {key}", replaced=Replaced.BY_NIGHT, is_open=is_open)


DELIVERY = _nightly(
    "delivery",
    "one file of one night",
    """
    source string the mapping that read it
    batch_id string as the manifest names it
    file_name string
    table_name string the source's name of the table
    sha256 string
    content_sha256 string of the unpacked text in UTF-8: the same however a file is named, packed or encoded
    byte_count bigint
    row_count bigint
    repeats_date date the night that delivered the same content before; null for a new file
    key_id string the pseudonymisation key in force
    """,
    key="file_name",
)
CONTROL_TOTAL = _nightly(
    "control_total",
    "file × canonical table: delivered = accepted + quarantined + duplicates, in lines and in money",
    """
    source string
    file_name string
    table_name string the canonical table
    delivered_lines bigint
    accepted_lines bigint
    quarantined_lines bigint
    duplicate_lines bigint
    delivered_amount decimal(28,2) money delivered; null for a table without money
    accepted_amount decimal(28,2)
    quarantined_amount decimal(28,2)
    duplicate_amount decimal(28,2)
    """,
    key="file_name table_name",
)
QUARANTINE = _nightly(
    "quarantine",
    "one rejected row",
    """
    source string
    file_name string
    table_name string
    line_number bigint of the file, the header being line 1
    error_codes array<string>
    row_json quoting(string) the canonical, pseudonymous columns; never the original row
    key_id string the pseudonymisation key that made the row's tokens
    """,
    key="file_name line_number",
)
SUPPLIED_COLUMN = _nightly(
    "supplied_column",
    "canonical column that the source's mapping fills: what is not here is unknown, not empty",
    """
    source string
    table_name string the canonical table
    column_name string
    """,
    key="source table_name column_name",
)
_ID = {"patient": "token(person)", "doctor": "token(doctor)", "institution": "string"}
_ROLLUP = """day date the day of service
row_count double rows the day is made of; 0 when all were reversed, and the day is as if it had never been
sets quoting(map<string,array<string>>) distinct things of the day by the catalogue's name of the set
"""
ROLLUPS = tuple(
    _nightly(
        f"rollup_{entity}_day",
        f"{entity} × day, as known from the business date on",
        f"{entity}_id {_ID[entity]}\n{_ROLLUP}",
        key=f"{entity}_id day",
        is_open=True,
    )
    for entity in ("patient", "doctor", "institution")
)
INDICATORS = tuple(
    _nightly(
        f"indicator_{entity}",
        f"{entity} × as-of date",
        f"""
        {entity}_id {_ID[entity]}
        peer_group string whom it is compared with
        """,
        key=f"{entity}_id",
        is_open=True,
    )
    for entity in ("patient", "doctor", "institution")
)
PEER_STATISTIC = _nightly(
    "peer_statistic",
    "entity type × peer group × indicator",
    """
    entity_type string patient, doctor or institution
    peer_group string
    indicator string
    peer_count bigint members with a value
    median double
    mad double median absolute deviation, times 1.4826
    ladder array<double> 101 quantiles, 0 to 100 percent
    """,
    key="entity_type peer_group indicator",
)
RULE_HIT = _nightly(
    "rule_hit",
    "rule × thing it found",
    """
    hit_id string print of rule and thing
    rule_id string
    rule_version string print of the rule's definition
    tier string 明确违规, 可疑 or 线索
    grain string
    subject_type string patient, doctor or institution: who the lead is about
    subject_id token(mixed) or an institution's public id
    patient_id token(person)
    institution_id string
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
)
HIT_LINE = _nightly(
    "hit_line",
    "hit × fee line that proves it, or that it is compared with",
    """
    hit_id string
    line_id string
    settlement_id string of a counted line
    amount_at_risk money of this line; a compared line has none
    role string counted, or compared: the lawful line beside which the counted one is seen to be wrong
    """,
    key="hit_id line_id",
)
RULE_COVERAGE = _nightly(
    "rule_coverage",
    "rule × institution, or rule alone when it did not run",
    """
    rule_id string
    rule_version string
    institution_id string
    state string run or not_run
    why_not string the missing table, column or knowledge; the fault of a broken rule; what a rule that ran did without
    period_start date
    period_end date
    judged_count bigint things the rule looked at
    hit_count bigint
    """,
    key="rule_id institution_id",
)
MODEL = _nightly(
    "model",
    "entity type × detector: what training made",
    """
    entity_type string
    model string name of the detector
    model_print string print of its definition and training data
    registered_name string in MLflow, which has a copy for people
    trained_count bigint entities it learned from
    state string champion, challenger or not_trained
    why_not string why there is none, or why it stays challenger
    content_sha256 string of its data, a file of that name in the lake's folder model_files
    key_id string the pseudonymisation key whose secret for models signed the row
    mac string the signature over all of the row but these two: a row that was changed is not run
    """,
    key="entity_type model",
)
SCORE = _nightly(
    "score",
    "entity × model",
    """
    entity_type string
    entity_id token(mixed) or an institution's public id
    model string
    model_print string
    score double higher is stranger
    percentile double share of the other scored members of its peer group that score lower, 0 to 1
    peer_group string
    peer_count bigint
    state string scored or not_run
    why_not string
    """,
    key="entity_type entity_id model",
)
SCORE_REASON = _nightly(
    "score_reason",
    "entity × model × indicator that drives the score",
    """
    entity_type string
    entity_id token(mixed) or an institution's public id
    model string
    place int 1 is the strongest
    indicator string
    value double
    peer_median double
    robust_z double
    percentile double among its peers, 0 to 1
    peer_count bigint
    """,
    key="entity_type entity_id model place",
)
LEAD = _nightly(
    "lead",
    "one subject, one period",
    """
    lead_id string print of subject and period
    place int 1 is the first to look at; equal leads share theirs
    subject_type string
    subject_id token(mixed) or an institution's public id
    subject_name string public name of an institution; empty for persons
    workplaces array<string> of a doctor, as registered: hospital and department by public name; null for others
    period_start date
    period_end date
    tier string of its strongest hit; 线索 when scores alone speak
    priority double what the place is made of
    amount_at_risk money fund money, each line once, never more than the fund paid
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
LEAD_EVIDENCE = _nightly(
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
    institution_id string
    charged_at timestamp
    item_code string
    item_name string
    quantity quantity
    unit_price price
    amount money
    amount_at_risk money counted once over all rules
    indicator string
    value double
    peer_median double
    percentile double as it is said, 0 to 1
    peer_count bigint
    """,
    key="lead_id place",
)
CASE = _nightly(
    "case",
    "one finding of one subject, as it stands on the night",
    """
    case_id string print of subject, kind and the first night: it holds while the finding goes on
    subject_type string
    subject_id token(mixed) or an institution's public id
    subject_name string public name of an institution; empty for persons
    kind string the rule's id, or score: the subject stands out by its scores
    state string new, grown, same, faded; unjudged when what found it did not run tonight
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

ALL: tuple[Table, ...] = (
    DELIVERY, CONTROL_TOTAL, QUARANTINE, SUPPLIED_COLUMN, *ROLLUPS, *INDICATORS, PEER_STATISTIC,
    RULE_HIT, HIT_LINE, RULE_COVERAGE, MODEL, SCORE, SCORE_REASON, LEAD, LEAD_EVIDENCE, CASE,
)  # fmt: skip
