"""A draft says whether it is a mapping, and what no night can do without."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from fundwatch.settings import Settings
from intake.files.delivery import open_delivery
from intake.source.checks import read_quality
from intake.source.load import parse_mapping
from jobs.onboard.draft_source import draft_source
from jobs.onboard.pages import print_draft
from jobs.onboard.trial import Trial
from privacy.keys.ring import PseudonymKey

NESTED = {"zz": "C1", "lines": [{"no": "1", "cpt": "99213"}, {"no": "2", "cpt": "80053"}]}


def said(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text, encoding="utf-8")
    pages: list[str] = []
    print_draft(draft_source(Settings(var=folder), [folder / name], name="mine"), pages.append)
    return "\n".join(pages)


def test_a_draft_that_knows_no_file_does_not_hold(tmp_path):
    text = said(tmp_path, "things.ndjson", json.dumps(NESTED) + "\n")
    assert "not a whole mapping yet" in text
    assert "no file feeds any table" in text
    assert "if the rows are the objects in a list of its objects (lines), say so by rows_of" in text
    assert "holds as a mapping" not in text


def test_a_draft_without_fee_lines_says_that_no_rule_runs(tmp_path):
    persons = "person_id,birth_date,sex\n" + "".join(f"P{n},198{n}-02-03,{n % 2 + 1}\n" for n in range(9))
    assert "no rule runs without them" in said(tmp_path, "person.csv", persons)


def test_the_head_names_what_every_rule_needs_and_nothing_fills(tmp_path):
    lines = "line_id,visit_id,patient_id,service_date,amount\n" + "".join(
        f"L{n},V{n},P1,2026-03-0{n},5\n" for n in (1, 2, 3)
    )
    text = said(tmp_path, "claim_lines.csv", lines)
    lacking = (
        "claim_line.settlement_id, claim_line.institution_id, claim_line.covered_amount, settlement.covered_amount"
    )
    assert f"# ? no rule runs without {lacking}, settlement.fund_amount, which nothing fills" in text


def test_the_draft_of_claims_with_lines_in_them_loses_no_line(spark, tmp_path):
    line = {"code": "A", "quantity": 1, "amount": 5, "service_date": "2026-03-01"}
    claims = [
        {"claim_id": f"C{n}", "person_id": f"P{n}", "hospital_id": "H1", "lines": [{**line, "no": k} for k in range(n)]}
        for n in (1, 2, 3)
    ]
    said(tmp_path, "claims.ndjson", "".join(json.dumps(claim) + "\n" for claim in claims))
    (tmp_path / "landing").mkdir()
    (tmp_path / "claims.ndjson").rename(tmp_path / "landing" / "claims.ndjson")
    draft = tmp_path / "mine.yaml"
    draft.write_text(draft_source(Settings(var=tmp_path), [*(tmp_path / "landing").iterdir()], name="mine").text)
    mapping, quality = parse_mapping(draft), read_quality("default")
    (tmp_path / "scratch").mkdir()
    delivery = open_delivery(mapping, tmp_path / "landing", date(2026, 3, 31), tmp_path / "scratch")
    trial = Trial(spark, mapping, quality, delivery, 100, PseudonymKey(bytes(32)))
    trial.map_all()
    (total,) = trial.totals()
    assert (total["delivered_lines"], total["accepted_lines"], total["accepted_amount"]) == (6, 6, 30)
    assert trial.clean["settlement"].count() == 3
