"""Settings: later sources win, unknown keys are refused, every value knows its origin."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from fundwatch.errors import SettingsError
from fundwatch.settings import Settings, load_settings
from tests.places import folder_of


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "fundwatch.yaml"
    file.write_text("list_size: 10\nscan_days: 30\nseed: 1\n")
    in_force = load_settings({"seed": 3}, {"FUNDWATCH_SCAN_DAYS": "60", "FUNDWATCH_SEED": "2"}, file)
    assert (in_force.settings.list_size, in_force.settings.scan_days, in_force.settings.seed) == (10, 60, 3)
    assert in_force.origin["seed"] == "command line"
    assert in_force.origin["scan_days"] == "environment"
    assert in_force.origin["list_size"] == f"file {file}"
    assert in_force.origin["forest_trees"] == "default"


def test_a_misspelt_key_is_refused_with_the_nearest_known_one(tmp_path: Path) -> None:
    file = tmp_path / "fundwatch.yaml"
    file.write_text("lst_size: 10\nscan_dayz: 3\n")
    with pytest.raises(SettingsError, match=r"did you mean 'list_size'(?s:.)*did you mean 'scan_days'") as refusal:
        load_settings({}, {}, file)
    assert str(file) in str(refusal.value)


def test_a_value_of_the_wrong_kind_is_refused_with_its_source() -> None:
    with pytest.raises(SettingsError, match=r"environment: scan_days = 'ninety'"):
        load_settings({}, {"FUNDWATCH_SCAN_DAYS": "ninety"})


def test_a_key_that_occurs_twice_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "fundwatch.yaml"
    file.write_text("seed: 1\nseed: 2\n")
    with pytest.raises(Exception, match="seed occurs twice"):
        load_settings({}, {}, file)


def test_an_unknown_profile_is_refused_with_the_choices() -> None:
    with pytest.raises(Exception, match="conf/profiles has no 'lokal'") as refusal:
        load_settings({"profile": "lokal"}, {})
    assert "cluster, demo, local" in str(refusal.value)


@pytest.mark.parametrize("key", ["var", "lake", "landing", "lists", "vault", "key_file", "conf", "scratch"])
@pytest.mark.parametrize("text", ["", " "])
def test_an_empty_text_is_no_place(key: str, text: str) -> None:
    with pytest.raises(SettingsError, match=f"environment: {key} = '{text}': an empty text names no place"):
        load_settings({}, {f"FUNDWATCH_{key.upper()}": text})


def test_folders_follow_var_unless_set() -> None:
    settings = load_settings({"var": "elsewhere", "lake": "my_lake"}, {}).settings
    assert folder_of(settings) == Path("my_lake")
    assert settings.landing_dir == Path("elsewhere/landing")


@pytest.mark.parametrize(
    ("key", "address"),
    [
        *product(["var", "landing", "lists", "vault", "key_file", "conf"], ["hdfs://name:8020/data", "s3a://bucket/a"]),
        *product(["lake"], ["gs://bucket/lake", "file:///data/lake"]),
    ],
)
def test_an_address_is_refused_and_makes_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, address: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match=f"{key} = '{address}': '{address}' is an address"):
        load_settings({key: address}, {})
    assert list(tmp_path.iterdir()) == []


def test_a_lake_may_lie_on_hdfs() -> None:
    settings = load_settings({"lake": "hdfs://name:8020/data/lake"}, {}).settings
    assert str(settings.lake_address.within("run")) == "hdfs://name:8020/data/lake/run"


def test_a_path_that_only_looks_like_an_address_is_a_path() -> None:
    settings = load_settings({"var": "a:b/c", "key_file": "one.share+other.share"}, {}).settings
    assert settings.var == Path("a:b/c")


def test_what_the_scheduler_reads_is_no_setting_but_its_like_is_refused() -> None:
    assert load_settings({}, {"FUNDWATCH_AIRFLOW_TIMEZONE": "Asia/Urumqi", "FUNDWATCH_SEED": "2"}).settings.seed == 2
    with pytest.raises(SettingsError, match="no setting is named 'airflowx'"):
        load_settings({}, {"FUNDWATCH_AIRFLOWX": "1"})


@pytest.mark.parametrize(
    ("master", "of_one"), [("local[*]", True), ("local[2]", True), ("spark://a:7077", False), ("submit", False)]
)
def test_rows_that_an_executor_keeps_can_be_lost_wherever_executors_are(master: str, of_one: bool) -> None:
    assert Settings(spark_master=master).is_one_machine is of_one
