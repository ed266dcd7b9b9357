"""What Spark makes of landed files."""

from __future__ import annotations

from intake.files.delivery import LandedFile
from intake.files.landed import open_file
from intake.rows.reading import FILE_NAME, LINE_NUMBER, UNREADABLE, as_strings, read_options, read_schema
from intake.source.load import read_mapping
from intake.source.mapping import DeliveryForm

NATIONAL = read_mapping("national")


def test_rows_of_a_numbered_file_have_the_lines_they_were_delivered_on(spark, tmp_path):
    (tmp_path / "t.tsv").write_bytes("b\ta\n1\t床位\n\nonly one\n1\t2\t3\n NULL \tb,c\n".encode("gb18030"))
    opened = open_file(tmp_path / "t.tsv", DeliveryForm(), tmp_path)
    file = LandedFile(
        "t", "t.tsv", opened.path, opened.header, opened.measured, 4, None, opened.delimiter, opened.is_numbered
    )
    raw = spark.read.options(**read_options(NATIONAL, file)).schema(read_schema(file)).csv(str(file.path))
    rows = as_strings(raw, file, ["a", "b"], NATIONAL.delivery.null_texts).orderBy(LINE_NUMBER).collect()
    assert {r[FILE_NAME] for r in rows} == {"t.tsv"}
    assert [(r[LINE_NUMBER], r[UNREADABLE]) for r in rows] == [(2, False), (4, True), (5, True), (6, False)]
    assert [(r.a, r.b) for r in rows if not r[UNREADABLE]] == [("床位", "1"), ("b,c", None)]
