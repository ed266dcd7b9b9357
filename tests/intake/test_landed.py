from __future__ import annotations

import csv
import datetime
import gzip
import hashlib
import random
import zipfile
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intake import landed
from intake.landed import Opened, open_file
from intake.lines import LINE_COLUMN
from intake.mapping import DeliveryForm
from intake.unpacking import FileFault
from tests.intake.forms import FORMS, csv_text, write_as, write_workbook, write_zip

HEADER = ("line", "name", "amount")
ROWS = [("L1", "普通病房床位费", "1.10"), ("L2", 'a "quoted", one', ""), ("000123", "床位", "-3.00")]
TEXT = csv_text([HEADER, *ROWS]).encode()


def opened(path: Path, encodings: tuple[str, ...] = ("utf-8", "gb18030")) -> Opened:
    scratch = path.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    return open_file(path, DeliveryForm.model_validate({"encodings": encodings}), scratch)


def strings(file: Opened) -> list[list[str]]:
    """The rows as Spark is to read them, without the line's number."""
    content = file.path.read_bytes()
    content = gzip.decompress(content) if file.path.suffix == ".gz" else content
    rows = csv.reader(content.decode("utf-8-sig").splitlines(), delimiter=file.delimiter)
    return [row[1:] if file.is_numbered else row for row in rows if row]


def refused(path: Path, encodings: tuple[str, ...] = ("utf-8", "gb18030")) -> str:
    with pytest.raises(FileFault) as caught:
        opened(path, encodings)
    return str(caught.value)


def opened_or_fault(path: Path) -> Opened | FileFault:
    try:
        return opened(path)
    except FileFault as fault:
        return fault


def written(folder: Path, content: bytes, name: str = "table.csv") -> Path:
    (folder / name).write_bytes(content)
    return folder / name


@pytest.mark.parametrize("form", FORMS)
def test_a_table_reads_as_the_same_strings_in_every_form(tmp_path, form):
    encodings = ("utf-8", "gbk") if form.endswith("gbk") else ("utf-8", "gb18030")
    file = opened(write_as(form, [HEADER, *ROWS], tmp_path), encodings)
    assert file.header == HEADER
    assert strings(file) == [list(HEADER), *map(list, ROWS)]
    assert file.measured.rows == 3


WORDS = st.text(st.characters(codec="gb18030", exclude_categories=["C", "Z"]), min_size=1, max_size=6)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=1, max_size=5), form=st.sampled_from(FORMS))
def test_any_table_reads_as_the_same_strings_in_any_form(tmp_path, rows, form):
    # what a spreadsheet takes for a formula, or shortens, is another matter
    table = [HEADER, *([f"x{value}" for value in row] for row in rows)]
    if form.endswith("gbk"):
        form = form.replace("gbk", "gb18030")
    file = opened(write_as(form, table, tmp_path), ("gb18030",) if form.endswith("gb18030") else ("utf-8",))
    assert strings(file) == [list(row) for row in table]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=200) | st.binary(max_size=60).map(lambda b: TEXT + b),
    name=st.sampled_from(["t.csv", "t.csv.gz", "t.zip", "t.tsv", "t.parquet", "t.xlsx", "t.doc"]),
    is_packed=st.booleans(),
)
def test_no_bytes_do_anything_but_read_or_be_refused_by_name(tmp_path, content, name, is_packed):
    if is_packed and name.endswith(".gz"):
        content = gzip.compress(content)
    path = written(tmp_path, content, name)
    if is_packed and name.endswith(".zip"):
        write_zip(path, t__csv=content)
    found = opened_or_fault(path)
    assert str(found) if isinstance(found, FileFault) else found.measured.byte_count == len(path.read_bytes())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(form=st.sampled_from(["csv.gz", "csv.zip"]), seed=st.integers(0, 10_000), cut=st.booleans())
def test_a_packed_file_that_was_cut_or_changed_reads_the_same_or_is_refused(tmp_path, form, seed, cut):
    path = write_as(form, [HEADER, *ROWS], tmp_path)
    before = strings(opened(path))
    content, hand = bytearray(path.read_bytes()), random.Random(seed)
    at = hand.randrange(len(content))
    if cut:
        del content[at:]
    else:
        content[at] ^= 1 << hand.randrange(8)
    path.write_bytes(content)
    now = opened_or_fault(path)
    assert isinstance(now, FileFault) or strings(now) == before


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty: no header"),
        (b"\n\n", "is empty: no header"),
        (b"\xef\xbb\xbf", "is empty: no header"),
        (b"\na,b\n1,2\n", "line 1 is blank: no header"),
        (b"a,b\n1,\x00\n", "a NUL byte at offset 6 (line 2)"),
        ("a,b\n1,2\n".encode("utf-16"), "is written in UTF-16"),
        ("a,b\n1,2\n".encode("utf-16-le"), "a NUL byte at offset 1 (line 1): no text, or text in UTF-16"),
        (b"a,b\r1,2\r", "a lone carriage return at offset 3 (line 1)"),
        (b"a,b\n1,2\r3\n", "a lone carriage return at offset 7 (line 2)"),
        (b'a,b\n1,2\n1,"2\n3,4\n', "line 3: a quoted value is not closed on its line"),
        (b'a,b\n1,"two\nlines"\n', "line 2: a quoted value is not closed on its line"),
        (b"a,b\n1,2\na,b\n3,4\n", "line 3 is the header again"),
        (b"\xef\xbb\xbfa,b\r\n1,2\r\n\xef\xbb\xbfa,b\r\n3,4\r\n", "line 3 is the header again"),
        (b"a,b\n1,2\n1,\xff\n", "not utf-8: byte 0xff at offset 10 (line 3) cannot be decoded; not gb18030: byte 0xff"),
    ],
)
def test_what_no_text_may_hold_is_refused_with_its_place(tmp_path, content, told):
    assert told in refused(written(tmp_path, content))


def test_a_quote_within_a_value_is_just_a_character(tmp_path):
    file = opened(written(tmp_path, b'a,b\nneedle 5",x\n"say ""so""",y\n'))
    assert file.measured.rows == 2


def test_a_line_without_end_is_refused(tmp_path):
    assert "holds a line of more than 16 MiB" in refused(written(tmp_path, b"a,b\n" + b"x" * (17 << 20)))


UTF8_LINE, GBK_LINE = "1,普通病房床位费\n".encode(), "2,普通病房床位费甲\n".encode("gb18030")


def test_a_file_half_in_utf8_and_half_in_gb18030_is_refused_where_it_changes(tmp_path):
    head = b"a,b\n" + 3 * UTF8_LINE
    told = refused(written(tmp_path, head + GBK_LINE))
    assert f"not utf-8: byte 0xc6 at offset {len(head) + 2} (line 5)" in told


def test_a_file_that_turns_to_utf8_after_gb18030_is_refused_too(tmp_path):
    told = refused(written(tmp_path, b"a,b\n" + 3 * GBK_LINE + "3,普通病房床位费费\n".encode() * 2))
    assert "not gb18030:" in told
    assert "(line 5)" in told


def test_gbk_is_strict_about_what_gb18030_has_besides(tmp_path):
    assert "not gbk: byte 0x" in refused(written(tmp_path, "a,b\n1,𠮷\n".encode("gb18030")), ("gbk",))


def test_the_content_hash_is_the_same_however_the_text_is_packed_or_written(tmp_path):
    forms = ("csv", "csv utf-8-sig", "csv gb18030", "csv.gz", "csv.zip", "txt")
    found = {opened(write_as(form, [HEADER, *ROWS], tmp_path)).measured.content_sha256 for form in forms}
    assert found == {hashlib.sha256(TEXT).hexdigest()}


def test_blank_lines_do_not_shift_the_numbers_of_those_after_them(tmp_path):
    file = opened(written(tmp_path, b"a,b\n1,2\n\n  \n3,4\n\n"))
    assert file.measured.rows == 2
    assert file.path.read_bytes() == f"{LINE_COLUMN},a,b\n2,1,2\n5,3,4\n".encode()


def test_blank_lines_at_the_end_need_no_copy(tmp_path):
    path = written(tmp_path, b"a,b\n1,2\n\n\n")
    assert (opened(path).path, opened(path).measured.rows) == (path, 1)


def test_lines_are_numbered_over_many_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(landed, "_PLAIN_LIMIT", 1)
    rows = [f"{n},{'床' * (n % 700)}" for n in range(2, 6002)]
    file = opened(written(tmp_path, ("a,b\n" + "\n".join(rows)).encode()))
    assert file.path.read_text(encoding="utf-8").splitlines()[1:] == [f"{row.split(',')[0]},{row}" for row in rows]
    assert [line.startswith(f"{n},") for n, line in file.sample] == [True] * len(file.sample)
    assert len(file.sample) >= 1000


def test_a_name_that_spark_would_hide_or_take_for_a_pattern_is_read_from_a_copy(tmp_path):
    for name in ("_table.csv", "table[1].csv"):
        file = opened(written(tmp_path, TEXT, name))
        assert file.path.parent.name == "scratch"
        assert not set("[]") & set(file.path.name)
        assert not file.path.name.startswith("_")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [(lambda c: c[:-9], "it ends too early"), (lambda c: c[:20] + b"\xff\xff" + c[22:], "does not unpack"),
     (lambda c: c + b"rubbish", "does not unpack")],
)  # fmt: skip
def test_a_damaged_gzip_file_is_refused(tmp_path, spoil, told):
    path = written(tmp_path, spoil(gzip.compress(TEXT)), "table.csv.gz")
    assert f"is a damaged or truncated gzip file ({told}" in refused(path).replace("its content ", "")


def test_zeros_behind_a_gzip_file_are_padding(tmp_path):
    assert opened(written(tmp_path, gzip.compress(TEXT) + bytes(512), "table.csv.gz")).measured.rows == 3


def test_a_zip_holds_exactly_one_text_and_nothing_packed_again(tmp_path):
    two = write_zip(tmp_path / "two.zip", a__csv=TEXT, b__csv=TEXT)
    assert "is a zip of 2 files (a.csv, b.csv): pack each file by itself" in refused(two)
    assert "is a zip of 0 files" in refused(write_zip(tmp_path / "none.zip"))
    assert "is a zip of 'inner.zip'" in refused(write_zip(tmp_path / "nested.zip", inner__zip=two.read_bytes()))


def test_an_encrypted_zip_is_refused_as_such(tmp_path):
    path = write_zip(tmp_path / "t.zip", t__csv=TEXT)
    content = bytearray(path.read_bytes())
    content[content.find(b"PK\x03\x04") + 6] |= 1  # the flag in the member's own header, and in the directory
    content[content.find(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    assert "is an encrypted zip file" in refused(path)


@pytest.mark.parametrize("ending", ["csv.gz", "zip"])
def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path, ending):
    content = b"id\n" + b"a\n" * (20 << 20)
    path = tmp_path / f"t.{ending}"
    if ending == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
            archive.writestr("t.csv", content)
    else:
        path.write_bytes(gzip.compress(content, 9))
    assert "1,000 times its size: refused unread" in refused(path)


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path, monkeypatch):
    path = written(tmp_path, TEXT)
    blocks = landed.unpacked

    def growing(read: Path):
        yield from blocks(read)
        with path.open("ab") as more:
            more.write(b"late,row,1\n")

    monkeypatch.setattr(landed, "unpacked", growing)
    assert "changed while it was being read" in refused(path)


def test_a_link_is_refused_wherever_it_leads(tmp_path):
    path = written(tmp_path, TEXT)
    (tmp_path / "link.csv").symlink_to(path)
    assert "is a link: deliver the file itself" in refused(tmp_path / "link.csv")


def test_a_form_that_nobody_knows_is_refused_with_those_that_are(tmp_path):
    assert "deliver .csv, .txt, .tsv (plain, .gz, .zip), .parquet or .xlsx" in refused(written(tmp_path, TEXT, "t.rar"))


def test_values_of_parquet_are_written_as_a_csv_would_have_them(tmp_path):
    day, moment = datetime.date(2026, 3, 2), datetime.datetime(2026, 3, 2, 9, 0, 0)
    instant = datetime.datetime(2026, 3, 2, 1, 0, 0, tzinfo=datetime.UTC)
    table = pa.table(
        {
            "money": pa.array([Decimal("90.10"), None], pa.decimal128(16, 2)),
            "day": pa.array([day, None]),
            "moment": pa.array([moment, moment.replace(microsecond=250_000)]),
            "instant": pa.array([instant, None]),
            "count": pa.array([3, None]),
            "word": pa.array(["甲", "乙"]).dictionary_encode(),
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    assert strings(opened(tmp_path / "t.parquet"))[1:] == [
        ["90.10", "2026-03-02", "2026-03-02 09:00:00", "2026-03-02 09:00:00", "3", "甲"],
        ["", "", "2026-03-02 09:00:00.25", "", "", "乙"],
    ]


def test_a_parquet_file_without_its_footer_or_with_lists_is_refused(tmp_path):
    path = write_as("parquet", [HEADER, *ROWS], tmp_path)
    path.write_bytes(path.read_bytes()[:-12])
    assert "is a damaged parquet file, or none" in refused(path)
    pq.write_table(pa.table({"a": [1], "many": [[1, 2]]}), tmp_path / "lists.parquet")
    assert "column 2 ('many') is list<" in refused(tmp_path / "lists.parquet")


def test_a_line_break_within_a_value_of_parquet_is_refused_by_its_line(tmp_path):
    pq.write_table(pa.table({"a": ["1", "2"], "b": ["x", "y\nz"]}), tmp_path / "t.parquet")
    assert "line 3: a quoted value is not closed on its line" in refused(tmp_path / "t.parquet")


def test_cells_of_a_workbook_are_written_as_a_person_sees_them(tmp_path):
    moment = datetime.datetime(2026, 3, 2, 9, 30)
    rows = [
        ("a", "b", "c"),
        (0.1 + 0.2, 20, "1.10"),
        (datetime.date(2026, 3, 2), moment, True),
        (),
        (1e-7, "0012", None),
    ]
    file = opened(write_workbook(tmp_path / "t.xlsx", rows))
    assert strings(file)[1:] == [
        ["0.3", "20", "1.10"], ["2026-03-02", "2026-03-02 09:30:00", "true"], ["0.0000001", "0012", ""],
    ]  # fmt: skip
    assert [n for n, _ in file.sample] == [2, 3, 5], "line n is row n"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (123456789012345678, "cell B2: a long number of which Excel kept only the beginning"),
        ("1.23457E+17", "cell B2: a long number of which Excel kept only the beginning"),
        ("=1+1", "cell B2: a formula without its value"),
        ("#N/A", "cell B2: an error of Excel"),
    ],
)
def test_what_excel_has_destroyed_is_refused_by_its_cell(tmp_path, value, told):
    assert told in refused(write_workbook(tmp_path / "t.xlsx", [("a", "b"), ("1", value)]))


def test_a_broken_workbook_and_one_of_several_sheets_are_refused(tmp_path):
    assert "is a damaged Excel workbook, or none" in refused(written(tmp_path, b"PK\x03\x04rubbish", "t.xlsx"))
    assert "has 2 sheets (Sheet, Sheet1)" in refused(write_workbook(tmp_path / "t.xlsx", [("a",), ("1",)], sheets=2))
