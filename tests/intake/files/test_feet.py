"""What people's files hold beside their rows: sums and signatures, a Mac's leavings, other encodings and capitals."""

from __future__ import annotations

import zipfile

import pytest

from intake.files.lines import is_big5
from intake.files.unpacking import FileError
from intake.files.value_types import fits
from intake.source.lookups import Lookup
from tests.intake.forms import HEADER, ROWS, csv_text, opened, refused, strings, write_as, written

TABLE = [list(HEADER), *map(list, ROWS)]
TRADITIONAL = "門診診察費、藥費、檢驗費、手術費、護理費、床位費,住院病人醫療費用明細清單"
SIMPLIFIED = "门诊诊察费、药费、检验费、手术费、护理费、床位费,住院病人医疗费用明细清单"


@pytest.mark.parametrize("form", ["csv", "csv gb18030", "csv.gz", "csv.zip", "tsv", "xlsx", "parquet"])
def test_sums_and_signatures_at_the_end_are_no_rows_and_counted(tmp_path, form):
    foot = [["合计", "", "-1.90"], ["", "", ""], ["制表人：某某", "审核：某某", ""]]
    file = opened(write_as(form, [*TABLE, *foot], tmp_path))
    assert strings(file) == TABLE
    # a row of Parquet is one even where nothing stands in it
    assert (file.measured.rows, file.foot) == (3, 3 if form == "parquet" else 2)
    assert not any("某某" in line for _, line in file.sample)


@pytest.mark.parametrize(
    "last",
    [
        ["合计", "床位费", "1.00"],  # all its cells are filled: it may be a row
        ["总计量器械", "", "1.00"],
        ["L9", "合计", ""],
        ["制表人", "", "1.00"],
    ],
)
def test_a_last_line_that_may_be_a_row_stays_one(tmp_path, last):
    file = opened(write_as("csv", [*TABLE, last], tmp_path))
    assert (strings(file), file.foot) == ([*TABLE, last], 0)


def test_a_sum_between_rows_stays_for_the_checks_to_refuse(tmp_path):
    rows = [TABLE[0], TABLE[1], ["小计", "", "1.10"], TABLE[2]]
    assert strings(opened(write_as("csv", rows, tmp_path))) == rows


def test_what_a_mac_or_windows_packs_beside_the_file_is_passed_over_and_names_are_read(tmp_path):
    path = tmp_path / "table.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("__MACOSX/._table.csv", "data/.DS_Store", "data/Thumbs.db"):
            archive.writestr(name, b"anything")
        archive.writestr("data/table.csv", csv_text(TABLE))
    assert strings(opened(path)) == TABLE
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("1234.csv", "5678.csv"):
            archive.writestr(name, b"a,b\n1,2\n")
    # as Windows writes names: in GBK, and without the mark of UTF-8
    content = path.read_bytes().replace(b"1234.csv", "费用.csv".encode("gbk"))
    path.write_bytes(content.replace(b"5678.csv", "药品.csv".encode("gbk")))
    assert "is a zip of 2 files (费用.csv, 药品.csv)" in refused(path)


def test_big5_is_read_where_it_is_certain_and_no_other_chinese_is_taken_for_it(tmp_path):
    rows = [["a", "b"], *[[TRADITIONAL, str(n)] for n in range(3)]]
    path = write_as("csv big5", rows, tmp_path)
    file = opened(path, ("utf-8", "gb18030", "big5"))
    assert (file.measured.encoding, strings(file)) == ("big5", rows)
    with pytest.raises(FileError, match=r"traditional Chinese in Big5; list big5 under delivery\.encodings"):
        opened(path)
    for text, encoding in ((SIMPLIFIED, "gbk"), (TRADITIONAL, "gbk"), (SIMPLIFIED, "gb18030")):
        written = [["a", "b"], [text, "1"]]
        file = opened(write_as(f"csv {encoding}", written, tmp_path), ("utf-8", "big5", "gb18030"))
        assert (file.measured.encoding, strings(file)) == ("gb18030", written)
    assert is_big5("床位".encode("big5")) is None


def test_a_lookups_keys_may_be_a_list_of_names_and_pairs_and_of_nothing_else():
    given = {"from": "visits", "columns": ["day"]}
    pairs = Lookup.model_validate({**given, "on": ["person", {"visit": "visit_no"}]})
    assert pairs.on == {"person": "person", "visit": "visit_no"}
    for wrong in ([["visit", "visit_no"]], [{"visit": "a"}, "visit"], [1]):
        with pytest.raises(ValueError, match=r"a list holds names|stands there twice"):
            Lookup.model_validate({**given, "on": wrong})


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("￥1,234.50", {"decimal(16,2)"}),
        ("30元", {"decimal(16,2)"}),
        ("2026年3月2日", {"date", "timestamp"}),
        ("2026-03-31T00:30:00+08:00", {"date", "timestamp"}),
        ("46082", {"decimal(16,2)"}),
        ("2026-03", set()),
        ("14:05", set()),
        ("1,23", set()),
    ],
)
def test_the_look_at_a_sample_takes_for_a_value_what_the_rows_will(text, kinds):
    assert {kind for kind in ("decimal(16,2)", "date", "timestamp") if fits(text, kind)} == kinds


@pytest.mark.parametrize(
    ("sign", "is_plain"), [("", True), ("'", False), ("\u3000", False), ("\x0b", False), ("Ａ", False)]
)
def test_a_file_without_any_odd_sign_is_known_as_plain(tmp_path, sign, is_plain):
    assert opened(write_as("csv", [["a", "b"], ["1 ", f"床位{sign}"]], tmp_path)).is_plain is is_plain


def test_lines_of_nothing_but_delimiters_are_no_rows_wherever_they_stand(tmp_path):
    content = 'line,name,amount\nL1,床位,1.10\n,,\n , ,\nL2,,\n"",,\n' + ",,\n" * 300
    file = opened(written(tmp_path, content.encode()))
    assert strings(file) == [["line", "name", "amount"], ["L1", "床位", "1.10"], ["L2", "", ""]]
    assert (file.measured.rows, file.foot, file.blank) == (2, 0, 303)
    assert [number for number, _ in file.sample] == [2, 5]
