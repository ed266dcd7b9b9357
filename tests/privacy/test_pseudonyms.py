from __future__ import annotations

import pytest
from pyspark.sql import functions as F

from fundwatch.errors import KeyMissingError
from privacy.keys.ring import PseudonymKey
from privacy.tokens.pseudonyms import normalised, token, token_of

KEY = PseudonymKey(bytes(range(32)))
CANARY = "990000198001011233"


@pytest.mark.parametrize(
    "spelling",
    ["99000019800101123x", " 99000019800101123X ", "９９００００-１９８００１０１-１２３Ｘ", "990000 19800101 123x"],
)
def test_one_certificate_in_several_spellings_has_one_token(spelling):
    assert token_of(KEY, "certificate", spelling) == token_of(KEY, "certificate", "99000019800101123X")


def test_a_certificate_of_fifteen_digits_is_the_one_of_eighteen():
    # worked by hand: the weighted sum of 11010519491231002 is 167, 167 mod 11 is 2, so the check digit is X
    assert normalised("certificate", "110105491231002") == "11010519491231002X"
    assert normalised("person", "110105491231002") == "110105491231002", "only certificates have two lengths"


def test_tokens_differ_by_domain_and_by_key():
    other = PseudonymKey(bytes(32))
    tokens = {token_of(KEY, "person", "P1"), token_of(KEY, "doctor", "P1"), token_of(other, "person", "P1")}
    assert len(tokens) == 3


def test_blanks_and_separators_alone_are_no_identifier():
    assert token_of(KEY, "person", " - ") is None


def test_an_undeclared_domain_is_refused_before_anything_runs():
    with pytest.raises(KeyMissingError):
        token(KEY, "neighbour")


def test_a_column_of_identifiers_becomes_tokens_and_neither_plan_nor_rows_show_key_or_identifier(spark, capsys):
    rows = spark.createDataFrame([(CANARY,), (f" {CANARY} ",), (None,)], "certno string").repartition(1)
    made = rows.select(token(KEY, "certificate")(F.col("certno")).alias("token"))
    made.explain("extended")
    plan = capsys.readouterr().out
    tokens = [row.token for row in made.collect()]
    assert sorted(tokens, key=str) == sorted([token_of(KEY, "certificate", CANARY)] * 2 + [None], key=str)
    assert "certificate_token" in plan
    assert not any(secret in plan for secret in (KEY.secret.hex(), KEY.of_domain("certificate").hex(), str(KEY.secret)))
    assert not any(CANARY in str(token) for token in tokens)


def test_a_column_that_is_always_null_stays_null(spark):
    rows = spark.createDataFrame([(None,), (None,)], "code string").repartition(1)
    assert [r[0] for r in rows.select(token(KEY, "doctor")(F.col("code"))).collect()] == [None, None]
