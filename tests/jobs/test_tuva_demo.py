from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from fundwatch.lake.check import CheckOutcome
from fundwatch.settings import Settings
from jobs.job import run_job
from jobs.load_delivery import JOB
from jobs.operate.accounts import Accounts
from jobs.protect.manage_keys import make_missing_keys
from jobs.workplace import Workplace

EXTRACT = Path(__file__).parents[2].parent / "shared" / "data" / "tuva_demo"
NIGHT = date(2018, 12, 31)


def delivered(name: str) -> list[dict[str, str]]:
    with (EXTRACT / name).open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.skipif(not EXTRACT.is_dir(), reason="the Tuva demo extract is not on this machine")
def test_the_tuva_demo_runs_through_the_same_job(spark, tmp_path):
    place = Workplace(Settings(var=tmp_path, source="tuva_demo", region="US", landing=EXTRACT))
    place._spark = spark
    make_missing_keys(place.settings)
    report = run_job(JOB, place, NIGHT)

    lines = {name: delivered(f"{name}.csv") for name in ("medical_claim", "pharmacy_claim", "eligibility")}
    totals = {t.file_name.removesuffix(".csv"): t for t in place.lake.read(spark, "control_total").collect()}
    for name, rows in lines.items():
        total = totals[name]
        parts = total.accepted_lines + total.quarantined_lines + total.duplicate_lines
        assert (total.delivered_lines, parts) == (len(rows), len(rows)), name
    for name in ("medical_claim", "pharmacy_claim"):
        total = totals[name]
        cents = sum(Decimal(row["paid_amount"]).quantize(Decimal("0.01")) for row in lines[name])
        assert total.delivered_amount == cents, name
        assert total.accepted_amount + total.quarantined_amount + total.duplicate_amount == cents, name

    # the five negative lines of the extract have no counterpart in it: they wait, and their claim is no settlement
    known = place.lake.known(spark, "claim_line", NIGHT)
    negative = sum(row["paid_amount"].startswith("-") for row in lines["medical_claim"])
    assert report["reversals_waiting"] == negative + 1
    accounts = Accounts(place.lake, None, frozenset({"claim_line"})).findings()
    found = {f.check: f.outcome for f in accounts if "netted" in f.check or f.check.startswith("delivered = in")}
    law = "delivered = in settlement + reversed + waiting + quarantined + duplicates"
    assert found == {"claim_line = claim_line_entry netted": CheckOutcome.OK, law: CheckOutcome.OK}
    figures = known.selectExpr(
        "count(*) AS lines", "min(amount) AS least", "count(distinct patient_id) AS persons"
    ).first()
    accepted = totals["medical_claim"].accepted_lines + totals["pharmacy_claim"].accepted_lines
    persons = {row["patient_id"] for name in ("medical_claim", "pharmacy_claim") for row in lines[name]}
    assert (figures.lines, figures.least, figures.persons) == (accepted - negative, Decimal("0.00"), len(persons))

    supplied = {(r.table_name, r.column_name) for r in place.lake.read(spark, "supplied_column").collect()}
    assert {("claim_line", "quantity"), ("encounter", "is_inpatient"), ("patient", "sex")} <= supplied
    assert (
        not {("claim_line", "unit_price"), ("claim_line", "ordering_doctor_id"), ("institution", "bed_count")}
        & supplied
    )
    stays = place.lake.known(spark, "encounter", NIGHT).filter("is_inpatient").count()
    assert stays == len({r["claim_id"] for r in lines["medical_claim"] if r["bill_type_code"].startswith("11")})
