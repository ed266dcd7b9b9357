from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pytest
from pyspark.sql import Row
from pyspark.sql import functions as F
from pyspark.testing import assertDataFrameEqual

from fundwatch.contracts import TABLES
from models.detectors.detector import Parameters, Reads
from models.positions import to_robust_z, with_positions
from models.registry.champions import NO_CHAMPION, Champion, NotRun, able
from models.scoring import NO_NUMBER, NO_POSITION, not_run_scores, to_raw_scores, to_reasons, to_scores
from models.training import Trained, to_sample, to_sample_rows, train_all
from tests.models.peers import crowd, indicator_rows, peer_statistics

NIGHT = date(2026, 3, 31)
NAMES = ("drugs", "lines", "rest", "visits")
READS = Reads(NAMES, ("high", "low", "both", "high"))
# strange by many drugs, few lines and much rest; few visits are no sign
IMPLANTED = {"drugs": 19.0, "lines": 2.0, "rest": 16.0, "visits": 1.0}


@pytest.fixture(scope="module")
def statistics(spark):
    return peer_statistics(spark, {("doctor", "g"): crowd(60, 5, IMPLANTED)[1]})


@pytest.fixture(scope="module")
def positions(spark, statistics):
    """61 doctors of one group, one of them strange; one more who cannot be compared with anybody."""
    ids, values = crowd(60, 5, IMPLANTED)
    indicators = indicator_rows(spark, "doctor", ids, values, "g")
    alone = indicator_rows(spark, "doctor", ["alone"], {name: [5.0] for name in values}, "nobody")
    return with_positions(indicators.unionByName(alone), statistics, "doctor", NAMES).persist()


@pytest.fixture(scope="module")
def champions(positions):
    rows = to_sample_rows(to_robust_z(positions, NAMES), READS, 7).toPandas()
    made = train_all(to_sample(rows, "doctor", NIGHT, READS), Parameters(seed=7, forest_trees=50))
    return [Champion(one.entity, one.model, one.fingerprint, one.detector) for one in made if isinstance(one, Trained)]


@dataclass(frozen=True)
class Broken:
    """A model that gives no number for the first row of a batch."""

    name = "broken"
    reads: Reads = READS

    def scores(self, robust_z):
        return np.where(np.arange(len(robust_z)) == 0, np.nan, 1.0)


def test_an_implanted_outlier_is_first_and_its_reasons_name_what_was_implanted(positions, statistics, champions):
    scores = to_scores(to_raw_scores(positions, NAMES, "doctor", champions))
    TABLES["score"].conform(scores.selectExpr("*", "DATE'2026-03-31' AS business_date"))
    by_model: dict[str, list[Row]] = {"robust_peer": [], "isolation_forest": []}
    for row in scores.orderBy("model", "percentile", "entity_id").collect():
        by_model[row.model].append(row)
    for rows in by_model.values():
        first, alone = rows[-1], rows[0]
        assert (first.entity_id, first.percentile, first.peer_count, first.state) == ("strange", 1.0, 61, "scored")
        assert (alone.entity_id, alone.score, alone.state, alone.why_not) == ("alone", None, "not_run", NO_POSITION)
        assert all(row.state == "scored" and row.why_not is None for row in rows[1:])
    # the baseline leaves most of the crowd at 0: who is like everybody stands at the bottom, not in the middle
    assert by_model["robust_peer"][1].percentile == 0.0

    reasons = to_reasons(positions, statistics, NAMES, champions)
    TABLES["score_reason"].conform(reasons.selectExpr("*", "DATE'2026-03-31' AS business_date"))
    reported = reasons.filter("entity_id = 'strange'").orderBy("model", "place").collect()
    places = [(row.place, row.indicator) for row in reported if row.model == "robust_peer"]
    strongest = sorted(reported[:3], key=lambda row: -abs(row.robust_z))
    assert places == [(place, row.indicator) for place, row in enumerate(strongest, 1)]
    assert {indicator for _, indicator in places} == {"drugs", "lines", "rest"}
    assert len(reported) == 6
    drugs = next(row for row in reported if row.indicator == "drugs")
    assert (drugs.value, drugs.percentile, drugs.peer_count) == (19.0, 0.99, 61)


def test_scores_are_the_same_bit_for_bit_however_the_rows_are_split(positions, champions):
    whole = to_scores(to_raw_scores(positions, NAMES, "doctor", champions))
    split = to_scores(to_raw_scores(positions.repartition(5, "entity_id"), NAMES, "doctor", champions))
    assertDataFrameEqual(whole, split, rtol=0.0, atol=0.0)


def test_scores_and_models_do_not_depend_on_what_the_entities_are_called(positions, champions):
    other = positions.withColumn("entity_id", F.sha2("entity_id", 256)).repartition(5)
    rows = to_sample_rows(to_robust_z(other, NAMES), READS, 7).toPandas()
    made = train_all(to_sample(rows, "doctor", NIGHT, READS), Parameters(seed=7, forest_trees=50))
    assert [one.fingerprint for one in made if isinstance(one, Trained)] == [
        champion.fingerprint for champion in champions
    ]
    ours = to_scores(to_raw_scores(positions, NAMES, "doctor", champions))
    theirs = to_scores(to_raw_scores(other, NAMES, "doctor", champions))
    assertDataFrameEqual(ours.withColumn("entity_id", F.sha2("entity_id", 256)), theirs, rtol=0.0, atol=0.0)


def test_a_score_that_is_no_number_is_a_problem_named_and_never_a_zero(positions):
    broken = Champion("doctor", "broken", "0" * 16, Broken())  # type: ignore[arg-type]
    rows = to_scores(to_raw_scores(positions.coalesce(1), NAMES, "doctor", [broken])).collect()
    skipped = [row for row in rows if row.why_not == NO_NUMBER]
    assert [(row.score, row.percentile, row.state) for row in skipped] == [(None, None, "not_run")]
    assert sum(row.state == "scored" for row in rows) == len(rows) - 2


def test_a_model_that_does_not_speak_leaves_one_row_with_the_reason(spark, champions):
    runnable, skipped = able(champions, {"doctor": frozenset(NAMES) - {"rest"}})
    assert not runnable
    rows = not_run_scores(spark, [*skipped, NotRun("patient", "robust_peer", NO_CHAMPION)])
    TABLES["score"].conform(rows.selectExpr("*", "DATE'2026-03-31' AS business_date"))
    reported = [(r.entity_type, r.entity_id, r.model, r.score, r.state, r.why_not) for r in rows.collect()]
    assert reported[-1] == ("patient", "", "robust_peer", None, "not_run", NO_CHAMPION)
    assert len(reported) == 3
    assert "indicators lack rest" in reported[0][-1]
