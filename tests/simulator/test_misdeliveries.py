"""What a spoiled delivery is made of: for each kind, the bytes are really so."""

from __future__ import annotations

import gzip
from dataclasses import replace
from decimal import Decimal

import pytest

from simulator.scenario.layout import Layout
from simulator.scenario.misdeliveries import BY_NAME
from tests.simulator.misdelivered import (
    FAULTY,
    NIGHTS,
    entry,
    fees,
    has_the_stated_size,
    is_true,
    lines,
    made,
    manifest,
    money,
    rows,
    truth_of,
)  # fmt: skip


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


@pytest.mark.parametrize(("name", "every"), [("new_code", 20), ("stray_code", 300)])
def test_a_code_that_nobody_knows_stands_in_many_rows_or_in_a_few(night, name, every):
    spoiled, meant = night(name)
    changed = [(new, old) for new, old in zip(rows(spoiled), rows(meant), strict=True) if new != old]
    assert len(changed) == -(-len(rows(meant)) // every)
    assert all(new == old | {"chrgitm_lv": "9"} for new, old in changed)


@pytest.mark.parametrize(("name", "key", "difference"), [
    ("wrong_row_count", "rows", 3),
    ("wrong_sum", "amount_total", 1000),
])  # fmt: skip
def test_a_manifest_states_more_than_there_is(night, name, key, difference):
    spoiled, meant = night(name)
    assert fees(spoiled) == fees(meant)
    stated, true = entry(spoiled, "fee_list.csv.gz"), entry(meant, "fee_list.csv.gz")
    assert Decimal(stated.pop(key)) - Decimal(true.pop(key)) == difference
    assert stated == true


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
