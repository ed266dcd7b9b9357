"""What one row of a file is where claims and their lines stand in one: lists of objects, paths, ids that rows share."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from intake.drafting.draft import draft_files
from intake.drafting.sampling import look_at
from intake.drafting.vocabulary import read_vocabulary
from intake.drafting.yaml_text import draft_text
from intake.source.columns import Expression
from intake.source.load import parse_mapping
from intake.source.mapping import SourceMapping

LINE: dict[str, Any] = {"no": 1, "code": "A", "quantity": 1, "amount": "15.00"}
TWO = [LINE, {**LINE, "no": 2}]
CLAIMS: list[dict[str, Any]] = [
    {"claim_id": f"C{n}", "person_id": f"P{n}", "total_amount": "30", "plan_paid": str(n), "lines": TWO}
    for n in (1, 2, 3)
]


def drafted(folder: Path, objects: Iterable[Mapping[str, Any]]) -> tuple[str, SourceMapping]:
    path = folder / "claims.ndjson"
    path.write_text("".join(json.dumps(one) + "\n" for one in objects), encoding="utf-8")
    text = draft_text("mine", draft_files([look_at(path)], read_vocabulary()))
    (folder / "mine.yaml").write_text(text, encoding="utf-8")
    return text, parse_mapping(folder / "mine.yaml")


def test_a_list_of_lines_within_a_claim_is_drafted_as_fee_lines_and_said_by_its_name(tmp_path):
    text, mapping = drafted(tmp_path, CLAIMS)
    assert "# ? claims.ndjson: the list lines holds 6 objects: each is one row" in text
    assert mapping.files["claims"].rows_of == "lines"
    columns = mapping.tables["claim_line"].rows[0].columns
    assert columns["line_id"] == Expression(expr="claim_id || '-' || lines_no")
    assert (columns["settlement_id"], columns["amount"]) == ("claim_id", "lines_amount")


def test_what_a_claim_says_once_is_no_amount_of_its_lines_and_is_summed_once(tmp_path):
    text, mapping = drafted(tmp_path, CLAIMS)
    assert "total_amount" in mapping.files["claims"].drop
    assert "# ? may be settlement.total_amount, of another table: carry it" in text
    assert mapping.tables["settlement"].grouped[0].columns["fund_amount"] == "max(paid_amount)"


def test_lines_without_a_number_have_their_place_in_the_list(tmp_path):
    lines = [{"code": "A", "quantity": 1, "amount": 5}, {"code": "A", "quantity": 1, "amount": 5}]
    _, mapping = drafted(tmp_path, [{**claim, "lines": lines} for claim in CLAIMS])
    columns = mapping.tables["claim_line"].rows[0].columns
    assert columns["line_id"] == Expression(expr="claim_id || '-' || lines_place")


def test_a_list_that_holds_no_fee_lines_is_said_by_its_name_and_dropped_whole(tmp_path):
    others = [{"kind": "A", "sure": "1"}, {"kind": "B", "sure": "0"}]
    text, mapping = drafted(tmp_path, [{**claim, "diagnoses": others} for claim in CLAIMS])
    assert mapping.files["claims"].rows_of == "lines"
    assert "diagnoses" in mapping.files["claims"].drop
    assert "# ? claims.ndjson: the list diagnoses holds 6 objects that are not read: if they are the rows, say" in text


def test_fields_of_a_line_are_known_by_the_end_of_their_path_and_asked_about(tmp_path):
    rows = [
        {"claim": {"id": one["claim_id"]}, "person_id": one["person_id"], "line": {**line, "no": n}}
        for one in CLAIMS
        for n, line in enumerate(one["lines"])
    ]
    text, mapping = drafted(tmp_path, rows)
    columns = mapping.tables["claim_line"].rows[0].columns
    assert columns["quantity"] == "line_quantity"
    assert "# ? known as quantity, at the end of its path" in text
    assert (columns["settlement_id"], columns["item_code"]) == ("claim_id", "line_code")


def flat(folder: Path, paid: Iterable[int]) -> tuple[str, SourceMapping]:
    """Two claims of two lines each, whose numbers stand under a name that nothing knows."""
    keys = [("C1", 1), ("C1", 2), ("C2", 1), ("C2", 2)]
    rows = [
        {"claim_id": claim, "zz": n, "person_id": "P1", "charge_amount": 10 * n, "service_code": "A", "plan_paid": part}
        for (claim, n), part in zip(keys, paid, strict=True)
    ]
    return drafted(folder, rows)


def test_an_id_that_repeats_is_no_settlements_key_and_the_line_is_what_is_unique_beside_it(tmp_path):
    text, mapping = flat(tmp_path, (1, 2, 3, 4))
    assert mapping.tables["settlement"].rows == ()
    assert mapping.tables["claim_line"].rows[0].columns["line_id"] == Expression(expr="claim_id || '-' || zz")
    assert "which repeats" in text
    assert mapping.tables["settlement"].grouped[0].columns["fund_amount"] == "sum(paid_amount)"


def test_what_all_lines_of_a_claim_say_alike_was_paid_once(tmp_path):
    text, mapping = flat(tmp_path, (7, 7, 9, 9))
    assert mapping.tables["settlement"].grouped[0].columns["fund_amount"] == "max(paid_amount)"
    assert "# ? the same in all lines of a claim: taken once for it" in text


def test_the_bill_around_the_lines_and_the_time_of_a_line_are_asked_about(tmp_path):
    bills = [
        {"visitNo": f"V{n}", "bill": {"no": f"B{n}"}, "charges": [{**LINE, "time": "2026-03-01T08:00:00"}]}
        for n in (1, 2)
    ]
    text, mapping = drafted(tmp_path, bills)
    columns = mapping.tables["claim_line"].rows[0].columns
    assert (columns["settlement_id"], columns["charged_at"]) == ("bill_no", "charges_time")
    assert all(
        "# ?" in line for line in text.splitlines() if line.strip().startswith(("settlement_id:", "charged_at:"))
    )
