"""Columns that stand side by side and are rows: what a mapping may say of them, without a row being read."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from fundwatch.errors import MappingError
from intake.files.drift import find_drift
from intake.files.landed import Opened
from intake.files.manifest import Manifest, manifest_problems
from intake.source.checks import read_quality
from intake.source.load import parse_mapping
from intake.source.mapping import SourceMapping
from intake.source.mapping_problems import identifying_columns

GOOD = """
source: wide
delivery: {folder: "."}
files:
  care: {name: care.csv, columns: [visit, fee_1, fee_2, kind_1, kind_2], identifying: [nurse_1, nurse_2], drop: [x]}
tables:
  claim_line:
    rows:
      - from: care
        unpivot:
          label: month
          rows: {1: {fee: fee_1, nurse: nurse_1, kind: kind_1}, 2: {fee: fee_2, nurse: nurse_2, kind: kind_2}}
        columns:
          line_id: {expr: "visit || '-' || month"}
          encounter_id: visit
          amount: fee
          coverage_class: {codes: {A: "1"}, of: kind}
          performing_doctor_id: {token: doctor, of: nurse}
"""


def parsed(folder: Path, text: str = GOOD) -> SourceMapping:
    (folder / "wide.yaml").write_text(text, encoding="utf-8")
    return parse_mapping(folder / "wide.yaml")


@pytest.mark.parametrize(
    ("before", "after", "reported"),
    [
        ("label: month", "label: visit", "unpivot: 'visit' is the name of another column"),
        ("label: month", "label: fee", "unpivot: 'fee' is the name of another column"),
        ("label: month", "label: the month", "unpivot: 'the month' is no name in SQL"),
        ("{fee: fee_2,", "{fee: fee_9,", "unpivot: rows.2: the file has no column 'fee_9'"),
        ("{fee: fee_2,", "{fee: fee_1,", "unpivot: the column 'fee_1' stands there twice"),
        (", kind: kind_2}", "}", "unpivot: rows.2: kind is lacking, which other rows have"),
        ("amount: fee", "amount: fee_1", "amount: the file care has no column 'fee_1' to read"),
        ("amount: fee", "amount: fee\n          note: nurse", "'nurse' identifies a person"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_key(tmp_path, before, after, reported):
    assert before in GOOD
    with pytest.raises(MappingError, match=reported):
        parsed(tmp_path, GOOD.replace(before, after))


def test_columns_that_identify_do_so_under_their_name_as_rows_and_a_token_makes_those_behind_it_identify(tmp_path):
    for text in (GOOD, GOOD.replace("identifying: [nurse_1, nurse_2]", "optional: [nurse_1, nurse_2]")):
        mapping = parsed(tmp_path, text)
        found = identifying_columns(mapping, mapping.tables["claim_line"].rows[0])
        assert found == {"nurse", "nurse_1", "nurse_2"}


def test_a_total_in_the_manifest_is_of_all_the_columns_that_become_one(tmp_path):
    mapping = parsed(tmp_path)

    def said(column: str) -> list[str]:
        entry: dict[str, Any] = {"name": "care.csv", "table": "care", "rows": 1, "sha256": "", "bytes": 1}
        entry |= {"amount_column": column, "amount_total": "1.00"}
        whole = {"format": 1, "source": "wide", "business_date": date(2026, 3, 1), "batch_id": "b", "files": [entry]}
        return list(manifest_problems(Manifest.model_validate(whole), mapping, {"care.csv"}))

    assert said("fee") == []
    assert said("fee_1") == ["care.csv: its total is of 'fee_1' alone; state that of all that become 'fee', as 'fee'"]
    assert said("kind_1") == [
        "care.csv: its total is of 'kind_1' alone; state that of all that become 'kind', as 'kind'"
    ]
    assert said("x") == ["care.csv: its total is of 'x', which the mapping does not read"]


def test_drift_is_seen_in_each_of_the_columns(tmp_path):
    header = ("visit", "fee_1", "fee_2", "kind_1", "kind_2", "nurse_1", "nurse_2")
    sample = tuple((n, f"V{n},1.00,yes,A,{'A' if n < 9 else 'Q'},N1,N2") for n in range(2, 14))
    opened = Opened(tmp_path, None, header, ",", False, sample, True, 0)  # type: ignore[arg-type]
    found = find_drift(parsed(tmp_path), "care", "care.csv", opened, read_quality("default"))
    assert found.problems == (
        "column 'fee_2', line 2: most of its values are no decimal(16,2): the form has changed, or the mapping does "
        "not say yet how they are written",
        "column 'kind', line 9: a code that the mapping or the checks do not list: Q, in 5 of 24 rows looked at; "
        "list it, or let drift.new_codes park it",
    )
