"""The same deliveries under another pseudonymisation key, on another number of cores: the same lists."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from fundwatch.lake.store import Lake
from fundwatch.settings import Settings, load_settings
from jobs.protect.manage_keys import make_missing_keys
from privacy.keys.ring import PseudonymKey, read_key
from privacy.tokens.pseudonyms import token_of
from tests.night import NIGHTS, FinishedNight, run_fundwatch

_HASHES_OF_TOKENS = {"hit_id", "key_id"}
_DOMAINS = {"psn_no": "person", "bilg_dr_code": "doctor", "acord_dr_code": "doctor"}


def _plain_of(key: PseudonymKey, landing: Path) -> dict[str, str]:
    """Every token of a person or doctor that the fee lists name, and the id that it stands for."""
    plain: dict[str, str] = {}
    for file in sorted(landing.glob("*/fee_list*")):
        ids = pd.read_csv(file, dtype=str, keep_default_na=False, usecols=lambda name: name in _DOMAINS)
        for column in ids:
            known = {token_of(key, _DOMAINS[str(column)], value): value for value in ids[column].unique()}
            plain |= {token: value for token, value in known.items() if token is not None}
    return plain


def _listed(var: Path, table: str, night: str) -> list[str]:
    """The rows of a night's table in plain ids, without what is a hash of a token."""
    plain = _plain_of(read_key(Settings(var=var).key_path), var / "landing")
    lake = Lake(Settings(var=var).lake_address)
    rows = lake.rows(table, f"SELECT * FROM {table} WHERE business_date = DATE '{night}'")
    leads = lake.rows("lead", f"SELECT lead_id, subject_id FROM lead WHERE business_date = DATE '{night}'")
    subject = {lead["lead_id"]: plain.get(lead["subject_id"], lead["subject_id"]) for lead in leads}
    return sorted(_fact(row, plain, subject) for row in rows)


def _fact(row: dict[str, Any], plain: dict[str, str], subject: dict[str, str]) -> str:
    reported = {key: plain.get(value, value) if isinstance(value, str) else value for key, value in row.items()}
    if "lead_id" in reported:
        reported["lead_id"] = subject[reported["lead_id"]]
    return repr(sorted((key, value) for key, value in reported.items() if key not in _HASHES_OF_TOKENS))


def _run_again(finished: FinishedNight, var: Path) -> None:
    """The nights of the same deliveries under a new key, on one core and with another number of partitions."""
    shutil.copytree(finished.var / "landing", var / "landing")
    make_missing_keys(Settings(var=var))
    spark_conf = load_settings({"profile": "demo"}, {}).settings.spark_conf
    file = var / "settings.yaml"
    file.write_text(json.dumps({"spark_conf": spark_conf | {"spark.sql.shuffle.partitions": "3"}}), encoding="utf-8")
    dates = ("--date", str(NIGHTS[0]), "--to", str(NIGHTS[-1]), "--settings", str(file))
    done = run_fundwatch("nightly", *dates, var=var, environment={"FUNDWATCH_SPARK_MASTER": "local[1]"})
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.long
def test_another_key_and_another_number_of_cores_give_the_same_hits_scores_leads_and_evidence(
    finished_night: FinishedNight, tmp_path: Path
):
    var = tmp_path / "var"
    _run_again(finished_night, var)
    keys = [read_key(Settings(var=one).key_path).key_id for one in (finished_night.var, var)]
    assert len(set(keys)) == 2
    for night in map(str, NIGHTS):
        for table in ("rule_hit", "score", "score_reason", "lead", "lead_evidence"):
            ours, theirs = _listed(finished_night.var, table, night), _listed(var, table, night)
            assert ours == theirs, (night, table)
            assert ours, (night, table)
