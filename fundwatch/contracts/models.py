"""Contracts of what training and scoring make."""

from __future__ import annotations

from fundwatch.contracts.table import Table, nightly

MODEL = nightly(
    "model",
    "entity type × detector: what training made",
    """
    entity_type string
    model string name of the detector
    model_fingerprint string fingerprint of its definition and training data
    registered_name string in MLflow, which has a copy for people
    trained_count bigint entities it learned from
    state string champion, challenger or not_trained
    why_not string why there is none, or why it stays challenger
    content_sha256 string of its data, a file of that name in the lake's folder model_files
    key_id string the pseudonymisation key whose secret for models signed the row
    mac string the signature over all of the row but these two: a row that was changed is not run
    """,
    key="entity_type model",
    dated=None,  # figures of models
)
SCORE = nightly(
    "score",
    "entity × model",
    """
    entity_type string
    entity_id token(mixed) or an institution's public id
    model string
    model_fingerprint string
    score double higher is stranger
    percentile double share of the other scored members of its peer group that score lower, 0 to 1
    peer_group string
    peer_count bigint
    state string scored or not_run
    why_not string
    """,
    key="entity_type entity_id model",
)
SCORE_REASON = nightly(
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

ALL: tuple[Table, ...] = (
    MODEL,
    SCORE,
    SCORE_REASON,
)
