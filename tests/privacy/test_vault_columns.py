"""What a night seals on its way into the vault, and how rows follow a rotation of the key."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pyspark.sql import functions as F

from fundwatch.errors import KeyMissingError
from privacy.keys.ring import PseudonymKey
from privacy.tokens.pseudonyms import token, token_of
from privacy.vault.columns import beside_held, identities, rekeyed, sealed, unbridged, with_earlier
from privacy.vault.sealing import SealingKey, VaultError
from privacy.vault.vault import Vault
from tests.privacy.vaults import CANARIES

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

KEY, SEALING = PseudonymKey(bytes(range(32))), SealingKey(bytes(range(1, 33)))
FIRST, SECOND, THIRD = date(2026, 3, 17), date(2026, 3, 24), date(2026, 3, 31)
OLD, NEW = [f"{n:032x}" for n in range(1, 5)], [f"{n:032x}" for n in range(101, 105)]


def _carrying(spark: SparkSession, *rows: tuple[str | None, str | None, str | None]) -> DataFrame:
    """Pseudonymous rows that carry a seal; given person number, name, telephone."""
    delivered = spark.createDataFrame(list(rows), "psn_no string, psn_name string, tel string").coalesce(1)
    fields = {"name": F.col("psn_name"), "telephone": F.col("tel")}
    return delivered.select(
        token(KEY, "person")(F.col("psn_no")).alias("patient_id"),
        sealed(SEALING, KEY, "person", F.col("psn_no"), fields).alias("_told"),
    )


def _held(rows: DataFrame, night: date) -> DataFrame:
    reported = rows.filter(F.col("_told").isNotNull()).select("_told.*")
    return identities(reported, key_id=KEY.key_id, night=night)


def test_the_first_row_of_each_content_carries_the_seal_and_blank_identifiers_none(spark: SparkSession) -> None:
    name = CANARIES["name"]
    rows = _carrying(
        spark, ("1", name, None), ("1", name, None), ("1", None, "2"), (" ", name, None), (None, name, "1")
    )
    carried = [(row["patient_id"], row["_told"]) for row in rows.collect()]
    person = token_of(KEY, "person", "1") or ""
    assert [(token, None if one is None else (one.domain, one.token)) for token, one in carried] == [
        (person, ("person", person)), (person, None), (person, ("person", person)), (None, None), (None, None),
    ]  # fmt: skip
    assert SEALING.open("person", person, bytes(carried[0][1].sealed)) == {"value": "1", "name": name}


def test_neither_plan_nor_rows_show_a_key_or_an_identity(
    spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = _held(_carrying(spark, ("P-1", CANARIES["name"], CANARIES["telephone"])), FIRST)
    rows.explain("extended")
    shown = capsys.readouterr().out + str(rows.collect())
    assert "person_sealed" in shown
    secrets = (SEALING.secret, SEALING.derived("x"), KEY.secret)
    assert not [s for s in secrets if s.hex() in shown or str(s)[2:-1] in shown]
    assert not [canary for canary in CANARIES.values() if canary in str(rows.collect())]


def test_the_richest_content_of_a_night_stands_for_a_token(spark: SparkSession) -> None:
    rows = _held(_carrying(spark, ("1", None, None), ("1", "甲", "5"), ("1", "甲", None), ("2", "乙", None)), FIRST)
    found = {row["token"]: row for row in rows.collect()}
    person = found[token_of(KEY, "person", "1")]
    assert (person["field_count"], person["first_night"], person["last_night"]) == (3, FIRST, FIRST)
    assert len(found) == 2


def test_an_unknown_field_or_domain_is_refused_before_anything_runs(spark: SparkSession) -> None:
    with pytest.raises(VaultError, match="no field shoe_size"):
        sealed(SEALING, KEY, "person", F.lit("1"), {"shoe_size": F.lit("42")})
    with pytest.raises(KeyMissingError, match="'pet'"):
        sealed(SEALING, KEY, "pet", F.lit("1"))


def test_a_poorer_night_takes_nothing_away_a_later_equal_one_replaces_and_a_rerun_changes_nothing(
    spark: SparkSession, tmp_path: Path
) -> None:
    vault = Vault(tmp_path / "vault", SEALING)
    person = token_of(KEY, "person", "1") or ""

    def take_in(night: date, *row: str | None) -> tuple[dict[str, str], date, date]:
        vault.write(with_earlier(_held(_carrying(spark, (row[0], row[1], row[2])), night), vault.rows(spark)))
        found = vault.open_one("person", person)
        assert found is not None
        return dict(found.content), found.first_night, found.last_night

    rich = {"value": "1", "name": "甲", "telephone": "5"}
    assert take_in(SECOND, "1", "甲", "5") == (rich, SECOND, SECOND)
    assert take_in(THIRD, "1", None, None) == (rich, SECOND, THIRD)
    assert take_in(FIRST, "1", "乙", "6") == (rich, FIRST, THIRD), "an earlier night taken in late is not the latest"
    assert take_in(THIRD, "1", "乙", "6")[0] == {"value": "1", "name": "乙", "telephone": "6"}
    assert take_in(THIRD, "1", "乙", "6")[1:] == (FIRST, THIRD)
    vault.write(with_earlier(_held(_carrying(spark, ("2", "丙", None)), THIRD), vault.rows(spark)))
    assert vault.counts() == {"person": 2}
    assert vault.forget("person", [person]) == 1
    assert not (vault.root / ".staging").exists()


def test_tokens_are_carried_over_wherever_they_stand_and_a_second_time_nothing_changes(spark: SparkSession) -> None:
    bridge = spark.createDataFrame(
        [("person", old, new, "k1", "k2") for old, new in zip(OLD[:3], NEW[:3], strict=True)],
        "domain string, old_token string, new_token string, old_key_id string, new_key_id string",
    )
    unknown = OLD[3]
    rows = spark.createDataFrame(
        [
            (
                "a",
                OLD[0],
                OLD[1],
                {"DC-03": [OLD[0], unknown, OLD[2]], "x": []},
                [OLD[1], None],
                _json(OLD[0], OLD[1]),
                "k1",
            ),
            ("b", unknown, None, None, None, _json(unknown, OLD[0] + "00"), "k1"),
            ("c", OLD[0], NEW[1], {"DC-03": [OLD[0], unknown, OLD[2]]}, [], None, "k2"),
        ],
        "id string, patient_id string, doctor_id string, tokens map<string,array<string>>, others array<string>, "
        "row_json string, key_id string",
    )
    columns = ["patient_id", "doctor_id", "tokens", "others"]

    def carried(given: DataFrame) -> DataFrame:
        return rekeyed(given, bridge, columns, "k2", in_text=["row_json"])

    once = carried(rows)
    assert once.columns == rows.columns
    found = [tuple(row) for row in once.orderBy("id").collect()]
    assert found == [
        (
            "a",
            NEW[0],
            NEW[1],
            {"DC-03": [NEW[0], unknown, NEW[2]], "x": []},
            [NEW[1], None],
            _json(NEW[0], NEW[1]),
            "k2",
        ),
        ("b", unknown, None, None, None, _json(unknown, OLD[0] + "00"), "k2"),
        ("c", NEW[0], NEW[1], {"DC-03": [NEW[0], unknown, NEW[2]]}, [], None, "k2"),
    ]
    assert [tuple(row) for row in carried(once).orderBy("id").collect()] == found
    for given in (rows, once):
        assert [row["token"] for row in unbridged(given, bridge, "patient_id").collect()] == [unknown]


def _json(patient: str, hash_like: str) -> str:
    return json.dumps({"patient_id": patient, "other": hash_like, "amount": 12.5})


def test_a_night_writes_what_is_new_and_what_tells_more_and_nothing_else(spark: SparkSession, tmp_path: Path) -> None:
    vault = Vault(tmp_path / "vault", SEALING)
    before = _carrying(spark, ("1", "甲", None), ("2", None, None), ("3", "丙", None))
    vault.add(_held(before, FIRST))
    tonight = _carrying(spark, ("1", None, None), ("2", "乙", None), ("3", "丁", None), ("4", None, None))
    found = beside_held(_held(tonight, SECOND), vault.rows(spark)).collect()
    tokens = {token_of(KEY, "person", number): number for number in "1234"}
    assert {(tokens[row.token], row["_is_new"]) for row in found} == {("2", False), ("3", False), ("4", True)}
