from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import pytest

from fundwatch.errors import DeliveryError
from intake.files.batches import sort_delivery
from intake.files.delivery import delivery_folder, delivery_hashes, open_delivery
from intake.source.load import read_mapping
from tests.intake.deliveries import (
    LINE,
    NIGHT,
    change_manifest,
    columns_of,
    csv_bytes,
    deliver,
    line,
    whole,
    write_manifest,
)  # fmt: skip

NATIONAL = read_mapping("national")


def opened(landing: Path):
    scratch = landing.parent / "scratch"
    scratch.mkdir()
    return open_delivery(NATIONAL, landing, NIGHT, scratch)


def refused(landing: Path) -> str:
    with pytest.raises(DeliveryError) as caught:
        opened(landing)
    return str(caught.value)


def rewritten(folder: Path, table: str, content: bytes, rows: int | None = None) -> None:
    path = folder / f"{table}.csv.gz"
    path.write_bytes(content)
    reported = {} if rows is None else {"rows": rows}
    change_manifest(folder, table, sha256=hashlib.sha256(content).hexdigest(), bytes=len(content), **reported)


@pytest.fixture
def landing(tmp_path):
    return tmp_path / "landing"


def test_a_true_delivery_opens_with_its_hashes_and_counts(landing):
    folder = deliver(landing, whole(fee_list=[line("L1"), line("L2")]))
    delivery = opened(landing)
    lines = next(f for f in delivery.files if f.kind == "fee_list")
    raw = (folder / "fee_list.csv.gz").read_bytes()
    assert (lines.measured.rows, lines.measured.byte_count) == (2, len(raw))
    assert lines.measured.sha256 == hashlib.sha256(raw).hexdigest()
    assert str(lines.declared_amount) == "180.00"
    assert lines.path.read_bytes() == raw
    assert lines.path.parent.name == "scratch", "the landing folder is read once"


def test_a_missing_folder_is_reported_with_what_to_do(landing):
    landing.mkdir()
    assert "there is no delivery for 2026-03-31" in refused(landing)


@pytest.mark.parametrize(("source", "is_told"), [("national", True), ("my_claims", False)])
def test_simulated_deliveries_are_proposed_for_no_source_but_the_simulators(landing, source, is_told):
    landing.mkdir()
    mapping = read_mapping("national").model_copy(update={"source": source})
    with pytest.raises(DeliveryError) as caught:
        delivery_folder(mapping, landing, NIGHT)
    assert ("fundwatch simulate" in caught.value.do) == is_told


def test_a_delivery_without_a_manifest_is_measured_or_refused_as_the_mapping_says(landing):
    (deliver(landing, whole()) / "manifest.json").unlink()
    delivery = opened(landing)
    assert not delivery.is_declared
    assert {file.kind: file.declared_rows for file in delivery.files}["fee_list"] == 1
    strict = NATIONAL.model_copy(update={"delivery": NATIONAL.delivery.model_copy(update={"manifest": "required"})})
    with pytest.raises(DeliveryError, match="the delivery has no manifest"):
        open_delivery(strict, landing, NIGHT, landing)


def test_a_batch_id_that_holds_somebodys_number_is_refused_and_not_reported(landing):
    folder = deliver(landing, whole())
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    (folder / "manifest.json").write_text(json.dumps(manifest | {"batch_id": "B-15498765432"}), encoding="utf-8")
    reported = refused(landing)
    assert "batch_id: holds what looks like somebody's number or name" in reported
    assert "15498765432" not in reported


def test_a_manifest_of_another_night_is_reported(landing):
    folder = deliver(landing, whole())
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    (folder / "manifest.json").write_text(json.dumps(manifest | {"business_date": "2026-03-30"}), encoding="utf-8")
    assert "business_date: 2026-03-30, the folder is of 2026-03-31" in refused(landing)


def test_a_missing_table_is_reported(landing):
    tables = whole()
    del tables["setl"]
    deliver(landing, tables)
    assert "setl.csv*: the file of setl is missing" in refused(landing)


def test_a_file_in_the_manifest_only_and_one_in_the_folder_only_are_reported(landing):
    folder = deliver(landing, whole())
    (folder / "diag.csv.gz").rename(folder / "diag2.csv.gz")
    reported = refused(landing)
    assert "diag.csv.gz: in the manifest, not in the folder" in reported
    assert "diag2.csv.gz: in the folder, not in the manifest" in reported


def test_an_unknown_column_and_a_missing_one_are_reported_together(landing):
    folder = deliver(landing, whole())
    columns = [c for c in columns_of("fee_list") if c != "cnt"] + ["patient_wechat"]
    rewritten(folder, "fee_list", gzip.compress(csv_bytes([{k: v for k, v in LINE.items() if k != "cnt"}], columns)))
    reported = refused(landing)
    assert "fee_list.csv.gz: column 'patient_wechat': the mapping does not know it" in reported
    assert "fee_list.csv.gz: column 'cnt' is missing" in reported


def test_the_warehouse_names_of_columns_are_as_good_as_the_interface_names(landing):
    folder = deliver(landing, whole())
    header, rest = csv_bytes([LINE], columns_of("fee_list")).split(b"\n", 1)
    renamed = header.replace(b"feedetl_sn", b"bkkp_sn", 1).replace(b"inscp_scp_amt", b"inscp_amt")
    rewritten(folder, "fee_list", gzip.compress(renamed + b"\n" + rest))
    lines = next(f for f in opened(landing).files if f.kind == "fee_list")
    assert lines.header[0] == "feedetl_sn"
    assert "inscp_scp_amt" in lines.header


def test_a_column_under_both_its_names_is_reported(landing):
    folder = deliver(landing, whole())
    rewritten(folder, "fee_list", gzip.compress(csv_bytes([LINE], [*columns_of("fee_list"), "bkkp_sn"])))
    assert "fee_list.csv.gz: column 'feedetl_sn' occurs twice" in refused(landing)


@pytest.mark.parametrize(
    ("changes", "reported"),
    [
        ({"sha256": "0" * 64}, "SHA-256: has "),
        ({"rows": 7}, "rows: has 1, the manifest says 7"),
        ({"bytes": 1}, "bytes: has "),
        ({"amount_column": "cost"}, "its total is of 'cost', which the mapping does not read"),
    ],
)
def test_what_the_manifest_says_wrongly_of_a_file_is_reported(landing, changes, reported):
    change_manifest(deliver(landing, whole()), "fee_list", **changes)
    assert f"fee_list.csv.gz: {reported}" in refused(landing)


def test_a_file_of_the_header_alone_and_an_empty_one_are_reported(landing):
    folder = deliver(landing, whole())
    rewritten(folder, "fee_list", gzip.compress(csv_bytes([], columns_of("fee_list"))), rows=0)
    rewritten(folder, "setl", gzip.compress(b""), rows=0)
    reported = refused(landing)
    assert "fee_list.csv.gz: holds no rows" in reported
    assert "setl.csv.gz: is empty: no header" in reported


def test_a_truncated_and_a_damaged_gzip_file_are_reported(landing):
    folder = deliver(landing, whole())
    content = (folder / "fee_list.csv.gz").read_bytes()
    rewritten(folder, "fee_list", content[:-20])
    rewritten(folder, "setl", content[:30] + b"\x00\xff" + content[32:])
    reported = refused(landing)
    assert "fee_list.csv.gz: is a damaged or truncated gzip file" in reported
    assert "setl.csv.gz: is a damaged or truncated gzip file" in reported


def test_a_gb18030_file_is_rewritten_outside_the_lake_and_keeps_its_own_hash(landing):
    folder = deliver(landing, whole())
    content = gzip.compress(csv_bytes([LINE], columns_of("fee_list"), "gb18030"))
    rewritten(folder, "fee_list", content)
    lines = next(f for f in opened(landing).files if f.kind == "fee_list")
    assert lines.measured.encoding == "gb18030"
    assert lines.measured.sha256 == hashlib.sha256(content).hexdigest()
    assert "普通病房床位费" in lines.path.read_text(encoding="utf-8")


def test_undecodable_bytes_are_reported_with_their_offset_and_line(landing):
    folder = deliver(landing, whole())
    content = csv_bytes([LINE], columns_of("fee_list"))
    rewritten(folder, "fee_list", gzip.compress(content[:-1] + b"\xff\xff\n"))
    reported = refused(landing)
    assert f"not utf-8: byte 0xff at offset {len(content) - 1} (line 2)" in reported
    assert "not gb18030: byte 0x" in reported


def test_a_large_plain_file_is_read_from_a_copy_whose_lines_carry_their_numbers(landing):
    tables = whole(fee_list=[line(f"L{n}", memo="x" * 2000) for n in range(2200)])
    folder = deliver(landing, tables)
    packed = folder / "fee_list.csv.gz"
    (folder / "fee_list.csv").write_bytes(gzip.decompress(packed.read_bytes()))
    packed.unlink()
    write_manifest(folder, tables)
    lines = next(f for f in opened(landing).files if f.kind == "fee_list")
    delivered = (folder / "fee_list.csv").read_bytes().splitlines()
    assert lines.is_numbered
    numbers = [b"_line_number", *(b"%d" % n for n in range(2, 2202))]
    assert lines.path.read_bytes().splitlines() == [b",".join(p) for p in zip(numbers, delivered, strict=True)]


def test_all_problems_of_a_delivery_are_reported_at_once(landing):
    folder = deliver(landing, whole())
    change_manifest(folder, "fee_list", rows=7)
    change_manifest(folder, "setl", bytes=1)
    (folder / "diag.csv.gz").unlink()
    assert "(3 problems)" in refused(landing)


def test_the_hashes_name_every_file_of_the_delivery(landing):
    folder = deliver(landing, whole())
    hashes = delivery_hashes(NATIONAL, landing, NIGHT)
    assert set(hashes) == {f.name for f in folder.iterdir()}


def test_a_file_without_rows_is_taken_where_a_night_may_have_none_or_another_part_has_them(tmp_path):
    national = read_mapping("national")
    files = {
        name: national.files[name].model_copy(update={"required": name == "fee_list", "name": patterns})
        for name, patterns in {"fee_list": ("fee_list*.csv",), "setl": ("setl.csv",)}.items()
    }
    form = national.delivery.model_copy(update={"manifest": "measured"})
    mapping = national.model_copy(update={"delivery": form, "files": files})
    folder = tmp_path / NIGHT.isoformat()
    folder.mkdir()
    (tmp_path / "scratch").mkdir()
    for name, rows in {"fee_list_1": [LINE], "fee_list_2": [], "fee_list_3": [], "setl": []}.items():
        columns = columns_of(name.split("_")[0] if name == "setl" else "fee_list")
        (folder / f"{name}.csv").write_bytes(csv_bytes(rows, columns))
    delivery = open_delivery(mapping, tmp_path, NIGHT, tmp_path / "scratch")
    assert [(file.name, file.measured.rows) for file in delivery.files] == [
        ("fee_list_1.csv", 1), ("fee_list_2.csv", 0), ("fee_list_3.csv", 0), ("setl.csv", 0),
    ]  # fmt: skip
    assert delivery.notes() == [f"{name}.csv: holds no rows" for name in ("fee_list_2", "fee_list_3", "setl")]
    # two that hold nothing hold not the same, and are nobody's copy
    assert len(sort_delivery(delivery, []).fresh) == 4
    (folder / "fee_list_1.csv").unlink()
    with pytest.raises(DeliveryError, match=r"fee_list_2\.csv: holds no rows; where a night may have none, say"):
        open_delivery(mapping, tmp_path, NIGHT, tmp_path / "scratch")
