"""A table lost between two nights is reported before anything is computed on its absence."""

from __future__ import annotations

import shutil
from datetime import date

import pytest

from fundwatch.errors import ExitCode, SettingsError
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.lost_tables import LostTableError, refuse_lost
from fundwatch.lake.store import Lake, Written
from jobs.command_line import main
from jobs.operate.check_lake import check_lake
from tests.lakes import SECOND, make_lake
from tests.places import folder_of


@pytest.fixture
def settings(tmp_path):
    return make_lake(tmp_path)


def test_a_job_refuses_a_table_that_is_gone_before_it_starts_spark(settings, capsys):
    shutil.rmtree(folder_of(settings, "claim_line"))
    ended = main(["scan", "--date", str(SECOND), "--var", str(settings.var)])
    output = capsys.readouterr().err
    assert ended == ExitCode.FAULT
    assert "claim_line is gone: version 0 was committed" in output
    assert "--set rebuilt_tables=claim_line" in output
    assert "Spark starts" not in output


def test_a_table_that_went_back_is_refused_too(settings):
    lake, ledger = Lake(settings.lake_address), Ledger(settings.lake_address)
    refuse_lost(lake, ledger, ["claim_line", "rule_hit"])
    ledger.written("run", "rules", date(2026, 4, 7), Written("rule_hit", 3, 1))
    with pytest.raises(LostTableError, match="rule_hit is at version 0: version 3 was committed"):
        refuse_lost(lake, ledger, ["claim_line", "rule_hit"])
    refuse_lost(lake, ledger, ["claim_line"])


def test_a_table_that_is_lost_for_good_is_made_again_and_expected_from_then_on(settings):
    lake, ledger = Lake(settings.lake_address), Ledger(settings.lake_address)
    shutil.rmtree(folder_of(lake, "rule_hit"))
    with pytest.raises(SettingsError, match="no table is named rule_hits"):
        refuse_lost(lake, ledger, ["rule_hit"], "rule_hits")
    refuse_lost(lake, ledger, ["rule_hit"], "rule_hit")
    refuse_lost(lake, ledger, ["rule_hit"])
    folder_of(lake, "hit_line").rename(folder_of(lake, "rule_hit"))  # made again, in a way
    ledger.written("run", "rules", SECOND, Written("rule_hit", 0, 2))
    shutil.rmtree(folder_of(lake, "rule_hit"))
    with pytest.raises(LostTableError):
        refuse_lost(lake, ledger, ["rule_hit"])


def test_a_run_whose_table_was_given_up_does_not_stand_any_more(settings):
    lake, ledger = Lake(settings.lake_address), Ledger(settings.lake_address)
    run_id = ledger.start("rules", SECOND, "p")
    for table in ("rule_hit", "hit_line"):
        ledger.written(run_id, "rules", SECOND, Written(table, lake.version(table), 2))
    ledger.commit(run_id, "rules", SECOND, "p", {})
    assert not ledger.gave_up(run_id)
    shutil.rmtree(folder_of(lake, "rule_hit"))
    refuse_lost(lake, ledger, ["rule_hit"], "rule_hit")
    assert Ledger(settings.lake_address).gave_up(run_id)
    again = ledger.start("rules", SECOND, "p")
    ledger.written(again, "rules", SECOND, Written("rule_hit", 0, 2))
    assert not ledger.gave_up(again)


def test_what_was_never_written_is_not_missed(settings):
    lake, ledger = Lake(settings.lake_address), Ledger(settings.lake_address)
    refuse_lost(lake, ledger, ["referral", "capacity"])


def test_the_lake_check_expects_nothing_of_a_table_given_up(settings):
    lake, ledger = Lake(settings.lake_address), Ledger(settings.lake_address)
    shutil.rmtree(folder_of(lake, "capacity"), ignore_errors=True)
    ledger.written("run", "intake", SECOND, Written("capacity", 5, 1))
    refuse_lost(lake, ledger, ["capacity"], "capacity")
    assert check_lake(settings).problem is None
