from __future__ import annotations

import pytest
from pyspark.testing import assertDataFrameEqual

from models.positions import to_positions
from tests.models.peers import indicator_rows


@pytest.fixture
def statistics(spark):
    ladder = [float(rung) for rung in range(101)]
    flat = [0.0] * 61 + [float(rung) for rung in range(1, 41)]
    return spark.createDataFrame(
        [
            ("patient", "old", "amount", 40, 50.0, 10.0, ladder),
            ("patient", "old", "share", 40, 0.0, 0.0, flat),
            ("patient", "few", "amount", 19, 50.0, 10.0, ladder),
            ("doctor", "old", "amount", 40, 0.0, 1.0, ladder),
        ],
        "entity_type string, peer_group string, indicator string, peer_count bigint, median double, mad double, "
        "ladder array<double>",
    )


def test_a_position_is_the_robust_z_and_the_share_of_peers_below(spark, statistics):
    rows = [
        ("p1", "old", 80.0, 5.0),
        ("p2", "old", 50.0, 0.0),
        ("p3", "old", -3.0, None),
        ("p4", "few", 80.0, None),
        ("p5", "nobody", 80.0, None),
        ("p6", "old", float("nan"), None),
    ]
    indicators = spark.createDataFrame(rows, "patient_id string, peer_group string, amount double, share double")

    expected = [
        ("p1", "old", "amount", 80.0, 40, 50.0, 3.0, 0.79),
        ("p1", "old", "share", 5.0, 40, 0.0, None, 0.64),  # peers all alike: no z; 64 % stand below 5
        ("p2", "old", "amount", 50.0, 40, 50.0, 0.0, 0.49),
        ("p2", "old", "share", 0.0, 40, 0.0, None, 0.0),  # a tie is not below
        ("p3", "old", "amount", -3.0, 40, 50.0, -5.3, 0.0),
        ("p4", "few", "amount", 80.0, 19, 50.0, None, 0.79),  # too few peers
        ("p5", "nobody", "amount", 80.0, None, None, None, None),
    ]
    found = to_positions(indicators, statistics, "patient")
    schema = "entity_id string, peer_group string, indicator string, value double, peer_count bigint, "
    schema += "peer_median double, robust_z double, percentile double"
    assertDataFrameEqual(found, spark.createDataFrame(expected, schema))


def test_rounding_noise_among_equal_peers_is_no_spread(spark, statistics):
    noisy = statistics.selectExpr("* except (mad)", "1e-17D AS mad")
    indicators = indicator_rows(spark, "patient", ["p1"], {"amount": [50.1]}, "old")
    assert [row.robust_z for row in to_positions(indicators, noisy, "patient").collect()] == [None]
