from __future__ import annotations

import gzip
import hashlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intake.files import landed
from intake.files.lines import LINE_COLUMN
from intake.files.unpacking import FileError
from tests.intake.forms import (
    FORMS,
    HEADER,
    ROWS,
    TEXT,
    opened,
    opened_or_error,
    refused,
    strings,
    write_as,
    write_zip,
    written,
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_a_table_reads_as_the_same_strings_in_every_form(tmp_path, form):
    encodings = ("utf-8", "gbk") if form.endswith("gbk") else ("utf-8", "gb18030")
    file = opened(write_as(form, [HEADER, *ROWS], tmp_path), encodings)
    assert file.header == HEADER
    assert strings(file) == [list(HEADER), *map(list, ROWS)]
    assert file.measured.rows == 3


WORDS = st.text(st.characters(codec="gb18030", exclude_categories=["C", "Z"]), min_size=1, max_size=6)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=1, max_size=5), form=st.sampled_from(FORMS))
def test_any_table_reads_as_the_same_strings_in_any_form(tmp_path, rows, form):
    # what a spreadsheet takes for a formula, or shortens, is another matter
    table = [HEADER, *([f"x{value}" for value in row] for row in rows)]
    if form.endswith("gbk"):
        form = form.replace("gbk", "gb18030")
    file = opened(write_as(form, table, tmp_path), ("gb18030",) if form.endswith("gb18030") else ("utf-8",))
    assert strings(file) == [list(row) for row in table]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
    found = opened_or_error(path)
    assert str(found) if isinstance(found, FileError) else found.measured.byte_count == len(path.read_bytes())


@pytest.mark.parametrize(
    ("content", "reported"),
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
def test_what_no_text_may_hold_is_refused_with_its_place(tmp_path, content, reported):
    assert reported in refused(written(tmp_path, content))


def test_a_quote_within_a_value_is_just_a_character(tmp_path):
    file = opened(written(tmp_path, b'a,b\nneedle 5",x\n"say ""so""",y\n'))
    assert file.measured.rows == 2


def test_a_line_without_end_is_refused(tmp_path):
    assert "holds a line of more than 16 MiB" in refused(written(tmp_path, b"a,b\n" + b"x" * (17 << 20)))


UTF8_LINE, GBK_LINE = "1,普通病房床位费\n".encode(), "2,普通病房床位费甲\n".encode("gb18030")


def test_a_file_half_in_utf8_and_half_in_gb18030_is_refused_where_it_changes(tmp_path):
    head = b"a,b\n" + 3 * UTF8_LINE
    reported = refused(written(tmp_path, head + GBK_LINE))
    assert f"not utf-8: byte 0xc6 at offset {len(head) + 2} (line 5)" in reported


def test_a_file_that_turns_to_utf8_after_gb18030_is_refused_too(tmp_path):
    reported = refused(written(tmp_path, b"a,b\n" + 3 * GBK_LINE + "3,普通病房床位费费\n".encode() * 2))
    assert "not gb18030:" in reported
    assert "(line 5)" in reported


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


def test_blank_lines_at_the_end_need_no_numbers(tmp_path):
    file = opened(written(tmp_path, b"a,b\n1,2\n\n\n"))
    assert (file.is_numbered, file.measured.rows) == (False, 1)


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


def test_a_link_is_refused_wherever_it_leads(tmp_path):
    path = written(tmp_path, TEXT)
    (tmp_path / "link.csv").symlink_to(path)
    assert "is a link: deliver the file itself" in refused(tmp_path / "link.csv")


def test_a_form_that_nobody_knows_is_refused_with_those_that_are(tmp_path):
    words = "deliver .csv, .txt, .tsv (plain, .gz, .zip), .json, .ndjson (plain, .gz), .parquet or .xlsx"
    assert words in refused(written(tmp_path, TEXT, "t.rar"))
