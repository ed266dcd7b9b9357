"""What is delivered to fill memory or time: each is refused in one line that says what to do, within bounds."""

from __future__ import annotations

import gzip
import io
import json
import multiprocessing
import resource
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fundwatch.errors import DeliveryError, FundwatchError, problems, some
from fundwatch.resources import read_yaml
from intake.files.landed import open_file
from intake.files.manifest import read_manifest
from intake.files.unpacking import FileError
from intake.source.load import read_mapping
from intake.source.mapping import DeliveryForm
from tests.intake.deliveries import NIGHT
from tests.intake.forms import refused, written

MIB = 1 << 20


def lzma_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive, archive.open("t.csv", "w") as target:
        for _ in range(64):
            target.write(bytes(MIB))


def crumbs(path: Path) -> None:
    path.write_bytes(gzip.compress(b"a,b\n") + gzip.compress(b"1,2\n") * 100_000)


def many_members(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for n in range(3_000):
            archive.writestr(f"{n}.csv", b"")


def wide_header(path: Path) -> None:
    path.write_text(",".join(f"unknown_{n}" for n in range(10_000)) + "\n" + "1," * 9_999 + "1\n")


def long_line(path: Path) -> None:
    with gzip.open(path, "wb", 1) as target:
        target.write(b"a,b\n")
        for _ in range(1024):
            target.write(b"x" * MIB)


def one_value(path: Path) -> None:
    """A value of a MiB, once in a dictionary and in 65,536 rows."""
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 65_536, pa.int32()), pa.array(["x" * MIB]))
    pq.write_table(pa.table({"a": column}), path, compression="zstd", store_schema=False)


def one_row(path: Path) -> None:
    pq.write_table(pa.table({"a": ["x" * (65 * MIB)]}), path, compression="none", write_statistics=False)


def no_values(path: Path) -> None:
    """Three million rows of nothing in a kilobyte."""
    rows = pa.table({f"c{n}": pa.nulls(3_000_000, pa.string()) for n in range(8)})
    pq.write_table(rows, path, row_group_size=3_000_000, compression="zstd", max_rows_per_page=3_000_000)


def wide_parquet(path: Path) -> None:
    pq.write_table(pa.table({f"c{n}": ["1"] for n in range(5_000)}), path)


def workbook(path: Path, **members: bytes) -> None:
    """A workbook of openpyxl's with members of ours in place of its own."""
    from openpyxl import Workbook

    whole = io.BytesIO()
    book = Workbook()
    book.active.append(["a", "b"])
    book.save(whole)
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            if name not in members:
                target.writestr(name, source.read(name))
        for name, content in members.items():
            target.writestr(name, content)


def shared_strings(path: Path) -> None:
    workbook(path, **{"xl/sharedStrings.xml": bytes(128 * MIB)})


def sheet(cells: bytes, reference: bytes = b"A1:B1") -> dict[str, bytes]:
    space = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    return {
        "xl/worksheets/sheet1.xml": b'<worksheet %s><dimension ref="%s"/><sheetData>%s</sheetData></worksheet>'
        % (space, reference, cells)
    }


def wide_sheet(path: Path) -> None:
    workbook(path, **sheet(b'<row r="1"><c r="A1"><v>1</v></c></row>', b"A1:XFD1048576"))


def laughing_sheet(path: Path) -> None:
    """Entities of entities: a kilobyte of XML that stands for a gigabyte of text."""
    entities = b"".join(b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10) for n in range(1, 10))
    content = sheet(b'<row r="1"><c r="A1" t="inlineStr"><is><t>&e9;</t></is></c></row>')
    (name,) = content
    workbook(path, **{name: b'<!DOCTYPE x [<!ENTITY e0 "ha ha ha ha">%s]>%s' % (entities, content[name])})


BOMBS: list[tuple[str, Callable[[Path], None], str]] = [
    ("t.zip", lzma_zip, "pack it with deflate"),
    ("t.zip", many_members, "more than 1,000 entries"),
    ("t.csv.gz", crumbs, "pack it in one"),
    ("t.csv", wide_header, "its header has 10,000 columns, more than 1,000"),
    ("t.csv.gz", long_line, "more than 16 MiB"),
    ("t.parquet", one_value, "1,000 times its size"),
    ("t.parquet", one_row, "holds a row of 68,157,440 bytes"),
    ("t.parquet", no_values, "1,000 times its size"),
    ("t.parquet", wide_parquet, "its header has 5,000 columns"),
    ("t.xlsx", shared_strings, "deliver it as CSV or parquet"),
    ("t.xlsx", wide_sheet, "16,384 columns wide"),
    ("t.xlsx", laughing_sheet, "is a damaged Excel workbook"),
]


def open_within(path: Path, bytes_more: int, seconds: float) -> str:
    """What a process that may take so many bytes more than it has says of the file, within so many seconds."""
    asking, telling = multiprocessing.get_context("fork").Pipe(duplex=False)

    def run() -> None:
        with open("/proc/self/statm") as file:
            have = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (have + bytes_more, have + bytes_more))
        (path.parent / "scratch").mkdir()
        begun = time.process_time()
        try:
            open_file(path, DeliveryForm(), path.parent / "scratch")
        except FileError as error:
            text = str(error)
        except MemoryError:
            text = "out of memory"
        else:
            text = "opened"
        telling.send((text, time.process_time() - begun))

    child = multiprocessing.get_context("fork").Process(target=run)
    child.start()
    text, took = asking.recv() if asking.poll(600) else ("nothing", 600.0)
    child.join()
    assert took < seconds, f"it took {took:.1f} s"
    return str(text)


@pytest.mark.parametrize(("name", "make", "reported"), BOMBS, ids=[make.__name__ for _, make, _ in BOMBS])
def test_a_bomb_is_refused_in_one_line_within_half_a_gigabyte_and_some_seconds(tmp_path, name, make, reported):
    make(tmp_path / name)
    stated = open_within(tmp_path / name, 768 * MIB, 20)
    assert reported in stated
    assert len(stated) < 300
    assert "\n" not in stated


def test_a_dictionary_of_ordinary_size_is_read_as_before(tmp_path):
    words = [f"word {n % 7}" for n in range(100_000)]
    pq.write_table(pa.table({"a": words, "b": range(100_000)}), tmp_path / "t.parquet")
    (tmp_path / "scratch").mkdir()
    file = open_file(tmp_path / "t.parquet", DeliveryForm(), tmp_path / "scratch")
    lines = file.path.read_text(encoding="utf-8").splitlines()
    assert (file.measured.rows, lines[1], lines[-1]) == (100_000, '1,"word 0","0"', '100000,"word 4","99999"')


def test_a_zip_member_with_a_path_that_leads_out_is_read_and_goes_nowhere(tmp_path):
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr("/../../tmp/out.csv", "a,b\n1,2\n")
    (tmp_path / "scratch").mkdir()
    assert open_file(tmp_path / "t.zip", DeliveryForm(), tmp_path / "scratch").measured.rows == 1
    with zipfile.ZipFile(tmp_path / "u.zip", "w") as archive:
        archive.writestr("t.csv", "a\n1\n")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("t.csv", "a\n2\n")
    assert "is a zip of 2 files" in refused(tmp_path / "u.zip")


def test_small_members_of_a_gzip_file_are_read_as_one_text(tmp_path):
    content = b"a,b\n" + b"1,2\n" * 5_000
    path = written(tmp_path, b"".join(gzip.compress(content[n : n + 7]) for n in range(0, len(content), 7)), "t.csv.gz")
    (tmp_path / "scratch").mkdir()
    assert open_file(path, DeliveryForm(), tmp_path / "scratch").measured.rows == 5_000


@pytest.mark.parametrize(
    ("content", "reported"),
    [
        (b"[" * 100_000, "the manifest does not hold"),
        (b'{"files": [' + b"{}," * 10_000 + b"{}]}", "more"),
        (b"\xff" * 10, "the manifest does not hold"),
        (b" " * (17 * MIB), "more than 16 MiB"),
    ],
    ids=["deep", "many problems", "not UTF-8", "long"],
)
def test_a_manifest_that_is_no_manifest_is_reported_in_few_lines(tmp_path, content, reported):
    (tmp_path / "manifest.json").write_bytes(content)
    with pytest.raises(DeliveryError) as refusal:
        read_manifest(tmp_path, read_mapping("national"), NIGHT)
    assert reported in str(refusal.value)
    assert str(tmp_path / "manifest.json") in str(refusal.value)
    assert len(str(refusal.value)) < 20_000


LAUGHS = "\n".join(["a0: &a0 [ha, ha]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30))])


@pytest.mark.parametrize(
    ("content", "reported"),
    [
        ("- " * 10_000, "more than 50 levels deep"),
        ("{" * 10_000, "more than 50 levels deep"),
        ("? [a, b]\n: 1\n", "a key is a list or a mapping"),
        ("a: 1\na: 2\n", "the key a occurs twice"),
        ("a: 2026-13-45\n", "not readable as YAML"),
        (LAUGHS, "values, aliases included"),
        ("a: &a\n  b: *a\n", "an alias of what it stands in"),
        (b"a: \xff\xfe\n", "byte 0xff at offset 3 is not UTF-8"),
        (b"a: 1\n" * (10 * MIB), "it has more than 1 MiB"),
        ("a: !!bool maybe\n", "a tag (!)"),
        ("a: !!timestamp soon\n", "a tag (!)"),
        ("a: !!int ''\n", "a tag (!)"),
    ],
)
def test_a_file_that_is_no_yaml_of_ours_is_reported_at_once_with_its_name(tmp_path, content, reported):
    file = tmp_path / "rules.yaml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    begun = time.process_time()
    with pytest.raises(FundwatchError) as refusal:
        read_yaml(file)
    assert reported in str(refusal.value)
    assert (str(file) in str(refusal.value), len(str(refusal.value)) < 1_000) == (True, True)
    assert time.process_time() - begun < 5


def test_yaml_with_anchors_reads_as_before(tmp_path):
    (tmp_path / "x.yaml").write_text("a: &one {b: 1}\nc: *one\nd: [*one, *one]\n")
    assert read_yaml(tmp_path / "x.yaml") == json.loads('{"a": {"b": 1}, "c": {"b": 1}, "d": [{"b": 1}, {"b": 1}]}')


def test_long_lists_are_cut_and_say_by_how_much():
    reported = problems("it does not hold", [f"problem {n}" for n in range(1_000)] + ["x" * 10_000])
    assert reported.endswith("  - and 951 more")
    assert "(1,001 problems)" in reported
    assert some(["a", "b", "c"], 2) == "a, b and 1 more"
    assert some(["a", "b"], 2) == "a, b"
    assert len(problems("it does not hold", ["x" * 100_000])) < 3_000
