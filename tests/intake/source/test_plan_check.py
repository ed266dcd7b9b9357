"""What a mapping shows, on Spark's own plan: also what the mapping's own checks had let through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fundwatch.errors import MappingError
from fundwatch.resources import conf_names
from intake.source import plan_check
from intake.source.load import read_mapping
from intake.source.mapping import SourceMapping
from intake.source.plan_check import refuse_what_shows

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def _mapping(**columns: Any) -> SourceMapping:
    """A mapping that no loader has looked at."""
    return SourceMapping.model_validate(
        {
            "source": "small",
            "delivery": {},
            "files": {"persons": {"name": "p.csv", "columns": ["psn_no", "sex", "费别(x)"], "identifying": ["psn_no"]}},
            "tables": {"patient": {"rows": [{"from": "persons", "columns": columns}]}},
        }
    )


@pytest.mark.parametrize("source", conf_names("sources"))
def test_every_shipped_mapping_passes(spark: SparkSession, source):
    refuse_what_shows(spark, read_mapping(source))


def test_a_mapping_that_held_is_not_looked_at_again(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    mapping = _mapping(patient_id={"token": "person", "of": "psn_no"})
    refuse_what_shows(spark, mapping)
    monkeypatch.setattr(plan_check, "_problems", lambda *_: iter(["it was looked at"]))
    refuse_what_shows(spark, mapping)
    with pytest.raises(MappingError, match="it was looked at"):
        refuse_what_shows(spark, _mapping(patient_id={"token": "person", "of": "upper(psn_no)"}))


def test_what_is_made_safe_or_says_yes_or_no_passes(spark):
    refuse_what_shows(
        spark,
        _mapping(
            patient_id={"token": "person", "of": "upper(PSN_NO)"},
            is_identity_sex_consistent={"expr": "try_cast(substring(psn_no, 17, 1) AS int) % 2 = 1"},
            sex={"expr": "upper(`费别(x)`) || sex"},
        ),
    )


def test_a_column_made_of_what_identifies_is_refused_before_a_row_is_read(spark, job_count):
    def refused() -> None:
        with pytest.raises(MappingError, match=r"tables\.patient\.rows\[0\]\.sex: 'psn_no' identifies a person"):
            refuse_what_shows(spark, _mapping(sex={"expr": "concat_ws('|', Sex, PSN_NO)"}))

    assert job_count(refused) == 0


@pytest.mark.parametrize("condition", ["psn_no > 5", "to_date(psn_no) IS NULL", "substring(sex, psn_no, 1) = 'a'"])
def test_what_identifies_does_not_stand_in_an_error_of_the_night(spark, condition):
    """Spark tells a text that is no number where a number is meant, with the text."""
    for form in ({"is_identity_sex_consistent": {"expr": condition}}, {"sex": {"expr": condition}}):
        with pytest.raises(MappingError, match=r"'psn_no' is read as a number or a date"):
            refuse_what_shows(spark, _mapping(**form))


def test_an_expression_that_spark_cannot_read_is_reported_with_where_it_may_stand(spark):
    with pytest.raises(MappingError, match="an expression cannot be read") as reported:
        refuse_what_shows(spark, _mapping(sex={"expr": "get(sex, 0)"}))
    assert "tables.patient.rows[0]" in reported.value.where
