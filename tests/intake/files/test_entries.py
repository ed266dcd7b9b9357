"""Whose each entry of a delivery is: taken by one pattern, ignored by name, or named as nobody's."""

from __future__ import annotations

import pytest

from fundwatch.errors import DeliveryError, MappingError
from fundwatch.resources import conf_root
from intake.files.delivery import delivery_hashes, open_delivery, sorted_entries
from intake.files.entries import entries_in
from intake.source.load import parse_mapping, read_mapping
from tests.intake.deliveries import NIGHT, columns_of, csv_bytes, line

NATIONAL = read_mapping("national")
MEASURED = NATIONAL.model_copy(update={"delivery": NATIONAL.delivery.model_copy(update={"manifest": "measured"})})
FEES = NATIONAL.files["fee_list"]


def with_names(*patterns: str):
    files = {**MEASURED.files, "fee_list": FEES.model_copy(update={"name": patterns})}
    return MEASURED.model_copy(update={"files": files})


PARTS = with_names("fee_list.csv*", "fee_list_[0-9]*.csv*", "2026-03/fees-*.csv")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("fee_list.csv", "fee_list"),
        ("fee_list.csv.gz", "fee_list"),
        ("FEE_LIST.CSV", "fee_list"),
        ("Fee_List.parquet", "fee_list"),
        ("fee_list_2.csv", "fee_list"),
        ("fee_list_20260331.xlsx", "fee_list"),
        ("2026-03/fees-01.csv", "fee_list"),
        ("2026-03/FEES-01.CSV", "fee_list"),
        ("fee_list.csv/part-00000-9a.csv", "fee_list"),  # a folder that Spark wrote
        ("fee_list/part-00000-9a.snappy.parquet", "fee_list"),
        ("fee_list_2/part-00001.csv.gz", "fee_list"),
        ("fee_list.xls", None),
        ("old/fee_list.csv", None),
        ("2026-02/fees-01.csv", None),
        ("fee_list.csv.part", "fee_list"),  # as the mapping's own star says
        ("fees.csv", None),
        ("notes.txt", None),
    ],
)
def test_an_entry_is_of_the_kind_whose_pattern_it_fits_or_is_named_as_nobodys(name, kind):
    kinds, left, wrong = sorted_entries(PARTS, [name])
    assert (kinds, [sentence.partition(": ")[0] for sentence in left], wrong) == (
        ({name: kind}, [], []) if kind else ({}, [name], [])
    )


def test_what_is_nobodys_says_what_to_do_about_it():
    _, left, _ = sorted_entries(PARTS, ["fee_list - 副本.csv"])  # near one of several patterns
    assert "if it is of fee_list, add its pattern under files.fee_list.name" in left[0]
    _, left, _ = sorted_entries(MEASURED, ["fee_list_2.csv", "setl.xls", "readme.md", "manifest.json"])
    assert left == [
        "fee_list_2.csv: no pattern of the mapping takes it; if it is of fee_list, add its pattern under "
        "files.fee_list.name, or list it under delivery.ignore",
        "setl.xls: is in a form that is not read: save it as .xlsx or as text",
        "readme.md: no pattern of the mapping takes it; name its pattern under the `name` of its file in the mapping, "
        "or list it under delivery.ignore",
    ]


def test_a_file_that_fits_two_kinds_is_refused_and_a_pattern_of_two_kinds_is_none(tmp_path):
    both = {**MEASURED.files, "setl": MEASURED.files["setl"].model_copy(update={"name": "*_list.csv"})}
    _, _, wrong = sorted_entries(MEASURED.model_copy(update={"files": both}), ["fee_list.csv"])
    assert wrong == ["fee_list.csv: fits the patterns of setl and fee_list; make them tell the files apart"]
    named = {**both, "fee_list": FEES.model_copy(update={"name": "fee_list.csv"})}
    kinds, _, _ = sorted_entries(MEASURED.model_copy(update={"files": named}), ["fee_list.csv"])
    assert kinds == {"fee_list.csv": "fee_list"}  # a pattern that names it in full
    national = (conf_root() / "sources" / "national.yaml").read_text(encoding="utf-8")
    text = national.replace("name: setl.csv*", "name: diag.csv*")
    file = tmp_path / "twice.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(MappingError, match=r"files\.diag\.name: 'diag\.csv\*' is a pattern of setl too"):
        parse_mapping(file)


def test_what_systems_leave_behind_and_the_mapping_ignores_is_passed_over_and_all_else_is_hashed(tmp_path):
    folder = tmp_path / NIGHT.isoformat()
    for name in (
        ".DS_Store", "Thumbs.db", "desktop.ini", "__MACOSX/._fee_list.csv", "~$setl.xlsx", "fee_list.csv/_SUCCESS",
        "fee_list.csv/.part-0.csv.crc", "fee_list.csv/part-0.csv", "README.md", "logs/night/run.log", "extra/fee.dat",
    ):  # fmt: skip
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(csv_bytes([line("L1")], columns_of("fee_list")))
    ignoring = MEASURED.delivery.model_copy(update={"ignore": ("readme*", "logs")})
    mapping = MEASURED.model_copy(update={"delivery": ignoring})
    assert entries_in(mapping, folder) == ["extra/fee.dat", "fee_list.csv/part-0.csv"]
    assert list(delivery_hashes(mapping, tmp_path, NIGHT)) == ["extra/fee.dat", "fee_list.csv/part-0.csv"]


def test_parts_of_a_spark_folder_are_read_as_one_kind_and_the_rest_is_a_doubt(tmp_path):
    folder = tmp_path / NIGHT.isoformat()
    files = {"fee_list": {"L1": "fee_list.csv/part-0.csv", "L2": "fee_list.csv/part-1.csv"}}
    mapping = MEASURED.model_copy(update={"files": {"fee_list": FEES}})
    for number, name in files["fee_list"].items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(csv_bytes([line(number)], columns_of("fee_list")))
    (folder / "fee_list_2.csv").write_bytes(b"anything")
    (tmp_path / "scratch").mkdir()
    delivery = open_delivery(mapping, tmp_path, NIGHT, tmp_path / "scratch")
    assert [(f.name, f.kind, f.measured.rows) for f in delivery.files] == [
        (name, "fee_list", 1) for name in files["fee_list"].values()
    ]
    assert [note.partition(":")[0] for note in delivery.notes()] == ["fee_list_2.csv"]
    (folder / "fee_list.csv" / "part-2.csv").symlink_to(folder / "fee_list_2.csv")
    with pytest.raises(DeliveryError, match="is a link"):
        open_delivery(mapping, tmp_path, NIGHT, tmp_path / "scratch")
