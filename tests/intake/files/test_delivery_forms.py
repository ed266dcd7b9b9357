"""A delivery's files in other forms than packed CSV, and what a manifest must not do."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest

from fundwatch.errors import DeliveryError
from intake.files.delivery import delivery_hashes, open_delivery
from tests.intake.deliveries import (
    DIAGNOSIS,
    LINE,
    NAME,
    NIGHT,
    PHONE,
    change_manifest,
    columns_of,
    csv_bytes,
    deliver,
    line,
    whole,
)  # fmt: skip
from tests.intake.files.test_delivery import NATIONAL, opened, refused, rewritten
from tests.intake.forms import write_as


@pytest.fixture
def landing(tmp_path):
    return tmp_path / "landing"


def resent(folder: Path, name: str, content: bytes, table: str = "fee_list", **reported: object) -> None:
    """The table's file in another form, and a manifest that is true of it."""
    (folder / f"{table}.csv.gz").unlink()
    (folder / name).write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    change_manifest(folder, table, name=name, sha256=digest, bytes=len(content), **reported)


@pytest.mark.parametrize("name", ["fee_list.tsv", "fees of march.zip", "fee_list.parquet", "fee_list.xlsx"])
def test_a_file_may_come_in_any_form_under_the_same_manifest(landing, name):
    folder = deliver(landing, whole())
    columns = columns_of("fee_list")
    made = write_as(name.rsplit(".", 1)[1], [columns, [LINE.get(c, "") for c in columns]], landing)
    resent(folder, name, made.read_bytes())
    lines = next(f for f in opened(landing).files if f.kind == "fee_list")
    assert (lines.name, lines.header, lines.measured.rows) == (name, tuple(columns), 1)
    assert name in delivery_hashes(NATIONAL, landing, NIGHT)


def test_a_file_of_another_form_is_known_by_the_same_pattern_without_a_manifest(tmp_path):
    measured = NATIONAL.model_copy(
        update={"delivery": NATIONAL.delivery.model_copy(update={"manifest": "measured", "folder": "."})}
    )
    deliver(tmp_path / "made", whole())
    folder = tmp_path / "made" / NIGHT.isoformat()
    (folder / "manifest.json").unlink()
    write_as("parquet", [columns_of("diag"), [DIAGNOSIS.get(c, "") for c in columns_of("diag")]], folder)
    (folder / "diag.csv.gz").unlink()
    (folder / "table.parquet").rename(folder / "diag.parquet")
    delivery = open_delivery(measured, folder, NIGHT, tmp_path)
    assert {f.name for f in delivery.files if f.kind == "diag"} == {"diag.parquet"}


@pytest.mark.parametrize("name", ["../setl.csv.gz", "/etc/passwd", "..\\setl.csv.gz", ".."])
def test_a_manifest_that_leads_out_of_the_folder_is_refused(landing, name):
    folder = deliver(landing, whole())
    change_manifest(folder, "fee_list", name=name)
    assert f"{name}: leads out of the delivery's folder" in refused(landing)


def test_a_link_in_the_folder_is_refused_and_not_followed(landing):
    folder = deliver(landing, whole())
    outside = landing / "outside.csv.gz"
    (folder / "fee_list.csv.gz").rename(outside)
    (folder / "fee_list.csv.gz").symlink_to(outside)
    assert "fee_list.csv.gz: is a link: deliver the file itself" in refused(landing)
    with pytest.raises(DeliveryError, match="is a link"):
        delivery_hashes(NATIONAL, landing, NIGHT)


def test_a_plain_file_cut_in_half_is_known_by_the_manifest_alone(landing):
    folder = deliver(landing, whole())
    content = csv_bytes([line(f"L{n}") for n in range(40)], columns_of("fee_list"))
    resent(folder, "fee_list.csv", content[: len(content) // 2], rows=40)
    assert "fee_list.csv: rows: has 2" in refused(landing)


def test_a_content_hash_in_the_manifest_is_held_against_the_content(landing):
    folder = deliver(landing, whole())
    text = gzip.decompress((folder / "fee_list.csv.gz").read_bytes())
    change_manifest(folder, "fee_list", content_sha256=hashlib.sha256(text).hexdigest().upper())
    opened(landing)
    change_manifest(folder, "fee_list", content_sha256="0" * 64)
    with pytest.raises(DeliveryError, match="content SHA-256: has "):
        open_delivery(NATIONAL, landing, NIGHT, landing)


def test_columns_in_another_order_are_read_by_name_and_are_no_drift(landing):
    folder = deliver(landing, whole())
    columns = columns_of("fee_list")[::-1]
    rewritten(folder, "fee_list", gzip.compress(csv_bytes([LINE], columns)))
    delivery = opened(landing)
    assert delivery.notes() == []
    assert next(f for f in delivery.files if f.kind == "fee_list").header == tuple(columns)


def test_no_message_of_a_refused_delivery_shows_a_value(landing):
    folder = deliver(landing, whole())
    values = [line(f"L{n}", fee_ocur_time=PHONE, cnt=NAME, chrgitm_lv=PHONE, mdtrt_id="") for n in range(30)]
    content = csv_bytes(values, columns_of("fee_list"))
    rewritten(folder, "fee_list", gzip.compress(content.split(b"\n", 1)[1]), rows=29)
    rewritten(folder, "setl", gzip.compress(content), rows=30)
    reported = refused(landing)
    assert "line 1 names none of the columns of fee_list" in reported
    assert not any(secret in reported for secret in (PHONE, NAME))


def test_a_delivery_is_hashed_once_while_its_files_stand_as_they_are(landing, monkeypatch):
    deliver(landing, whole())
    first = delivery_hashes(NATIONAL, landing, NIGHT)
    monkeypatch.setattr(hashlib, "file_digest", lambda *_: pytest.fail("hashed again"))
    assert delivery_hashes(NATIONAL, landing, NIGHT) == first
    assert {f.name: f.measured.sha256 for f in opened(landing).files}.items() <= first.items()
