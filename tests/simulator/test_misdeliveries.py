"""Deliveries spoiled on demand: for each kind, the bytes are really so, and the truth says so."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from simulator import Scenario, ScenarioError, simulate
from simulator.layout import Layout
from simulator.misdeliveries import BY_NAME, MISDELIVERIES, spoiled_nights
from simulator.scenario_file import read_scenario, scenario_of
from simulator.spoiling import spoil_delivery, take_resent
from tests.simulator.test_delivery import content_of

LAST = date(2026, 3, 31)
NIGHTS = tuple(LAST - timedelta(days=n) for n in reversed(range(len(MISDELIVERIES) + 3)))
PLAN = {kind.name: (NIGHTS[n + 2],) for n, kind in enumerate(MISDELIVERIES)}
SOUND = Scenario(persons=450, history_start=date(2026, 2, 20), nights=NIGHTS, scheme_scale=0.0)
FAULTY = replace(SOUND, mishaps=PLAN)


def made(scenario, folder, **how):
    simulate(scenario, folder / "landing", folder / "truth", **how)
    return folder / "landing"


@pytest.fixture(scope="module")
def faulty(tmp_path_factory):
    return made(FAULTY, tmp_path_factory.mktemp("faulty"))


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    return made(SOUND, tmp_path_factory.mktemp("sound"))


@pytest.fixture
def night(faulty, sound):
    """The folder of the night of a kind, and the sound one."""
    return lambda name: (faulty / str(PLAN[name][0]), sound / str(PLAN[name][0]))


def manifest(folder):
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def entry(folder, name):
    return next(file for file in manifest(folder)["files"] if file["name"] == name)


def lines(path):
    content = path.read_bytes()
    return (gzip.decompress(content) if path.name.endswith(".gz") else content).decode("utf-8").splitlines()


def fees(folder):
    return lines(folder / "fee_list.csv.gz")


def rows(folder):
    return list(csv.DictReader(fees(folder)))


def is_true(folder, name):
    """Whether the manifest states what the file holds."""
    stated, content = entry(folder, name), (folder / name).read_bytes()
    text = gzip.decompress(content) if content and name.endswith(".gz") else content
    return (stated["sha256"], stated["bytes"], stated["rows"]) == (
        hashlib.sha256(content).hexdigest(), len(content), max(0, text.count(b"\n") - 1),
    )  # fmt: skip


def money(table):
    return sum(Decimal(row["det_item_fee_sumamt"]) for row in table)


def truth_of(landing):
    with (landing.parent / "truth" / "mishaps.csv").open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def test_the_truth_names_every_mishap_with_its_night_its_file_and_what_ought_to_come_of_it(faulty):
    told = {row["kind"]: row for row in truth_of(faulty)}
    assert set(told) == set(BY_NAME)
    for name, row in told.items():
        kind = BY_NAME[name]
        assert (row["night"], row["outcome"]) == (str(PLAN[name][0]), kind.outcome)
        assert row["file"] == f"{kind.table}.csv.gz"
        assert row["detail"]


def test_nights_without_a_mishap_are_those_of_the_sound_world(faulty, sound):
    spoiled = {str(night) for (night,) in PLAN.values()}
    expected = {name: text for name, text in content_of(sound).items() if name.split("/")[0] not in spoiled}
    assert expected.items() <= content_of(faulty).items()


def test_refused_and_held_nights_come_once_more_and_sound(faulty, sound):
    mended = {kind.name for kind in MISDELIVERIES if kind.is_mended}
    assert {folder.name for folder in (faulty / "resent").iterdir()} == {str(PLAN[name][0]) for name in mended}
    for name in mended:
        again, meant = faulty / "resent" / str(PLAN[name][0]), sound / str(PLAN[name][0])
        new, old = content_of(again), content_of(meant)
        assert {n: c for n, c in new.items() if n != "manifest.json"} == {
            n: c for n, c in old.items() if n != "manifest.json"
        }
        assert manifest(again) == manifest(meant) | {"batch_id": manifest(meant)["batch_id"] + "R"}


def test_a_renamed_copy_has_the_very_bytes_of_an_earlier_night(night, faulty):
    spoiled, _ = night("sent_again_renamed")
    earlier = faulty / str(NIGHTS[1])
    assert (spoiled / "fee_list_2.csv.gz").read_bytes() == (earlier / "fee_list.csv.gz").read_bytes()
    assert entry(spoiled, "fee_list_2.csv.gz") == entry(earlier, "fee_list.csv.gz") | {"name": "fee_list_2.csv.gz"}


def test_a_repacked_copy_has_the_rows_of_an_earlier_night_in_other_bytes(night, faulty):
    spoiled, _ = night("sent_again_repacked")
    earlier = faulty / str(NIGHTS[1])
    assert lines(spoiled / "fee_list_2.csv.gz") == fees(earlier)
    assert (spoiled / "fee_list_2.csv.gz").read_bytes() != (earlier / "fee_list.csv.gz").read_bytes()
    assert is_true(spoiled, "fee_list_2.csv.gz")


def test_three_in_ten_rows_of_an_earlier_night_come_beside_the_new(night, faulty):
    spoiled, meant = night("sent_again_in_part")
    earlier = set(fees(faulty / str(NIGHTS[1]))[1:])
    again = [line for line in fees(spoiled)[1:] if line in earlier]
    assert 0.25 * len(earlier) < len(again) < 0.35 * len(earlier) + 1
    assert [line for line in fees(spoiled) if line not in earlier] == fees(meant)
    assert is_true(spoiled, "fee_list.csv.gz")
    assert Decimal(entry(spoiled, "fee_list.csv.gz")["amount_total"]) == money(rows(spoiled))


def test_one_batch_id_stands_over_two_contents(night, faulty):
    spoiled, meant = night("same_batch_id")
    assert manifest(spoiled)["batch_id"] == manifest(faulty / str(NIGHTS[1]))["batch_id"]
    assert manifest(spoiled)["files"] == manifest(meant)["files"]


def test_a_truncated_gzip_ends_in_the_middle(night):
    spoiled, _ = night("truncated_gzip")
    with pytest.raises(EOFError):
        gzip.decompress((spoiled / "fee_list.csv.gz").read_bytes())
    assert not has_the_stated_size(spoiled, "fee_list.csv.gz")


def has_the_stated_size(folder, name):
    return entry(folder, name)["bytes"] == (folder / name).stat().st_size


def test_half_a_plain_file_ends_within_a_row(night):
    spoiled, meant = night("half_csv")
    found, whole = lines(spoiled / "fee_list.csv"), fees(meant)
    assert found[:-1] == whole[: len(found) - 1]
    assert whole[len(found) - 1].startswith(found[-1])
    assert whole[len(found) - 1] != found[-1]
    assert 0.4 * len(whole) < len(found) < 0.6 * len(whole)
    assert entry(spoiled, "fee_list.csv")["rows"] == len(whole) - 1
    assert not has_the_stated_size(spoiled, "fee_list.csv")
    assert not (spoiled / "fee_list.csv.gz").exists()


def test_one_file_may_be_in_another_encoding(night):
    spoiled, meant = night("mixed_encodings")
    content = gzip.decompress((spoiled / "mdtrt.csv.gz").read_bytes())
    assert content.decode("gb18030").splitlines() == lines(meant / "mdtrt.csv.gz")
    with pytest.raises(UnicodeDecodeError):
        content.decode("utf-8")
    assert is_true(spoiled, "mdtrt.csv.gz")
    assert fees(spoiled) == fees(meant)


def test_one_file_may_be_in_two_encodings(night):
    spoiled, meant = night("mixed_encodings_within")
    content = gzip.decompress((spoiled / "fee_list.csv.gz").read_bytes())
    parts, whole = content.splitlines(), fees(meant)
    half = len(whole) // 2
    assert [part.decode("utf-8") for part in parts[:half]] == whole[:half]
    assert [part.decode("gb18030") for part in parts[half:]] == whole[half:]
    with pytest.raises(UnicodeDecodeError):
        content.decode("utf-8")


def test_columns_come_unannounced_missing_and_renamed(night):
    for name, changed in (
        ("unknown_column", lambda names: [*names, "rsv_fld1"]),
        ("missing_column", lambda names: [column for column in names if column != "cnt"]),
        ("renamed_column", lambda names: ["fee_cnt" if column == "cnt" else column for column in names]),
    ):
        spoiled, meant = night(name)
        found, whole = rows(spoiled), rows(meant)
        assert list(found[0]) == changed(list(whole[0])), name
        kept = [column for column in whole[0] if column != "cnt"]
        assert [[row[column] for column in kept] for row in found] == [
            [row[column] for column in kept] for row in whole
        ]
        assert is_true(spoiled, "fee_list.csv.gz")


def test_reordered_columns_hold_the_same_rows(night):
    spoiled, meant = night("reordered_columns")
    assert rows(spoiled) == rows(meant)
    assert list(rows(spoiled)[0]) == list(rows(meant)[0])[::-1]


def test_a_retyped_column_has_days_before_months(night):
    spoiled, meant = night("retyped_column")
    for found, whole in zip(rows(spoiled), rows(meant), strict=True):
        year, month, day = whole["fee_ocur_time"][:10].split("-")
        assert found == whole | {"fee_ocur_time": f"{day}.{month}.{year}{whole['fee_ocur_time'][10:]}"}


def test_a_new_code_stands_in_a_row_of_a_hundred(night):
    spoiled, meant = night("new_code")
    changed = [(new, old) for new, old in zip(rows(spoiled), rows(meant), strict=True) if new != old]
    assert len(changed) == -(-len(rows(meant)) // 100)
    assert all(new == old | {"chrgitm_lv": "9"} for new, old in changed)


@pytest.mark.parametrize(("name", "key", "difference"), [
    ("wrong_row_count", "rows", 3),
    ("wrong_sum", "amount_total", 1000),
])  # fmt: skip
def test_a_manifest_states_more_than_there_is(night, name, key, difference):
    spoiled, meant = night(name)
    assert fees(spoiled) == fees(meant)
    said, true = entry(spoiled, "fee_list.csv.gz"), entry(meant, "fee_list.csv.gz")
    assert Decimal(said.pop(key)) - Decimal(true.pop(key)) == difference
    assert said == true


def test_a_delivery_may_lack_its_manifest(night):
    spoiled, meant = night("no_manifest")
    assert {path.name for path in spoiled.iterdir()} == {path.name for path in meant.iterdir()} - {"manifest.json"}


@pytest.mark.parametrize("name", ["empty_file", "header_only"])
def test_a_file_without_rows_is_stated_as_such(night, name):
    spoiled, meant = night(name)
    content = (spoiled / "setl.csv.gz").read_bytes()
    found = gzip.decompress(content).decode().splitlines() if content else []
    assert found == (lines(meant / "setl.csv.gz")[:1] if name == "header_only" else [])
    assert entry(spoiled, "setl.csv.gz")["rows"] == 0
    assert entry(spoiled, "setl.csv.gz")["amount_total"] == "0.00"
    assert is_true(spoiled, "setl.csv.gz")


@pytest.mark.parametrize(("name", "factor"), [("tenth_of_size", 0.1), ("tenfold_size", 10)])
def test_a_file_may_be_far_outside_the_usual_size(night, name, factor):
    spoiled, meant = night(name)
    assert abs(len(rows(spoiled)) - factor * len(rows(meant))) < 1
    assert set(fees(spoiled)) <= set(fees(meant))
    assert is_true(spoiled, "fee_list.csv.gz")
    assert Decimal(entry(spoiled, "fee_list.csv.gz")["amount_total"]) == money(rows(spoiled))


@pytest.mark.parametrize("layout", [Layout("gb18030", "zip"), Layout("utf-8-sig", "none")])
def test_every_kind_can_be_played_in_every_layout(tmp_path, layout):
    landing = made(replace(FAULTY, layout=layout), tmp_path)
    assert {row["kind"] for row in truth_of(landing)} == set(BY_NAME)


def test_spoiled_nights_can_be_continued(tmp_path, faulty):
    made(FAULTY, tmp_path, nights=NIGHTS[:5])
    again = made(FAULTY, tmp_path, nights=NIGHTS[5:])
    assert content_of(again) == content_of(faulty)
    assert truth_of(again) == truth_of(faulty)


def test_the_resent_delivery_takes_the_place_of_the_spoiled(tmp_path, sound):
    landing = made(replace(SOUND, mishaps={"tenth_of_size": NIGHTS[3:4]}), tmp_path)
    assert take_resent(landing, NIGHTS[3])
    assert fees(landing / str(NIGHTS[3])) == fees(sound / str(NIGHTS[3]))
    assert not take_resent(landing, NIGHTS[3])


def test_rates_spoil_about_so_many_nights_and_the_same_ones_whatever_nights_follow():
    nights = [date(2024, 1, 1) + timedelta(days=n) for n in range(1000)]
    asked = {"no_manifest": 0.1, "sent_again_renamed": 0.05}
    spoiled = spoiled_nights(1, nights, asked)
    assert 110 < len(spoiled) < 180
    fewer = spoiled_nights(1, nights[:400], asked)
    assert fewer == {night: one for night, one in spoiled.items() if night < nights[400]}
    assert nights[0] not in spoiled


def test_what_is_taken_again_comes_from_a_sound_night():
    nights = NIGHTS[:6]
    spoiled = spoiled_nights(1, nights, {"no_manifest": nights[2:5], "sent_again_in_part": nights[5:]})
    assert spoiled[nights[5]].source == nights[1]


def test_mishaps_that_cannot_be_are_refused_together():
    with pytest.raises(ScenarioError) as refused:
        replace(SOUND, mishaps={
            "no_manifst": 0.1, "half_csv": 2.0, "wrong_sum": (date(2025, 1, 1),), "empty_file": NIGHTS[4:5],
            "header_only": NIGHTS[4:5], "sent_again_renamed": NIGHTS[:1],
        })  # fmt: skip
    for word in (
        "did you mean no_manifest?", "half_csv is 2.0", "2025-01-01 is not one of the nights",
        "has empty_file already", "no delivery comes before",
    ):  # fmt: skip
        assert word in str(refused.value)


def test_a_file_names_nights_by_date_by_number_or_by_rate():
    nights = {"every": "daily", "count": 3, "last": "2026-03-31"}
    asked = {"no_manifest": [2], "half_csv": ["2026-03-31"], "wrong_sum": 0.2}
    scenario = scenario_of({"persons": 100, "nights": nights, "mishaps": asked}, "here")
    assert scenario.mishaps == {"no_manifest": (date(2026, 3, 30),), "half_csv": (LAST,), "wrong_sum": 0.2}


def test_the_faulty_month_plays_everything_once(tmp_path):
    scenario = read_scenario("faulty-month")
    landing = made(scenario, tmp_path)
    kinds = [row["kind"] for row in truth_of(landing)]
    assert all(kinds.count(name) == 1 for name in BY_NAME)
    assert {"late_weeks", "reversal_first", "reversal_in_parts", "reversal_repeated", "reversal_undone"} <= set(kinds)
    assert "reversal_months_later" in kinds
    assert len(scenario.nights) == 30


def test_another_seed_spoils_the_same_named_nights(tmp_path):
    assert {n: s.kind for n, s in replace(FAULTY, seed=3).spoiled.items()} == {
        n: s.kind for n, s in FAULTY.spoiled.items()
    }


def test_a_delivery_that_was_changed_meanwhile_is_spoiled_as_it_is_now_and_sent_again_so(tmp_path):
    landing, scenario = made(SOUND, tmp_path), replace(SOUND, mishaps={"half_csv": NIGHTS[3:4]})
    folder = landing / str(NIGHTS[3])
    header, first, *others = fees(folder)
    changed = gzip.compress("".join(f"{line}\n" for line in (header, first, first, *others)).encode(), mtime=0)
    (folder / "fee_list.csv.gz").write_bytes(changed)
    stated = manifest(folder)
    fee_entry = next(file for file in stated["files"] if file["table"] == "fee_list")
    fee_entry |= {"sha256": hashlib.sha256(changed).hexdigest(), "bytes": len(changed), "rows": len(others) + 2}
    (folder / "manifest.json").write_text(json.dumps(stated), encoding="utf-8")
    spoil_delivery(scenario, landing, scenario.spoiled[NIGHTS[3]], tmp_path)
    assert lines(folder / "fee_list.csv")[:3] == [header, first, first]
    assert fees(landing / "resent" / str(NIGHTS[3])) == [header, first, first, *others]
    assert is_true(landing / "resent" / str(NIGHTS[3]), "fee_list.csv.gz")
