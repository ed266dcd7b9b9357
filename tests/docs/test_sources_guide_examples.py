"""Each example of docs/sources.md, as it stands there, over a few rows: what it says comes out."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from fundwatch.regions import read_region
from fundwatch.settings import Settings
from intake.files.delivery import open_delivery
from intake.source.checks import read_quality
from intake.source.code_lists import CodeLists
from intake.source.load import parse_mapping
from jobs.command_line import main
from jobs.onboard.reference import GUIDE
from jobs.onboard.trial import Trial
from jobs.protect.manage_keys import make_missing_keys
from jobs.run_nights import run_night
from jobs.workplace import Workplace
from privacy.keys.ring import PseudonymKey
from tests.intake.source.test_code_lists import region
from tests.lake_content import rows_in

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

NIGHT = date(2026, 3, 31)
TEXT = GUIDE.read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
# those of whole sources and of links are tried by tests of their own: here, in tests/jobs/test_no_register.py and in
# tests/jobs/test_ids_that_change.py; a matching of reversals needs several nights: tests/intake/rows/test_netting.py
TRIED_ELSEWHERE = {"source", "files", "reversal"}
PIECES = """
source: pieces
delivery: {folder: ".", manifest: measured}
files:
  bills: {name: bills.csv*, columns: [bill, visit, person, day]}
  payments: {name: payments.csv*, columns: [bill, kind, part]}
  monthly: {name: monthly.csv*, columns: [visit, person, jan_fee, jan_days, feb_fee, feb_days]}
  lines:
    name: lines.csv*
    columns: [mdtrt_id, feedetl_sn, init_feedetl_sn, person, op, bill, fee]
tables:
  settlement:
    rows:
      - from: bills
        columns:
          settlement_id: bill
          encounter_id: visit
          patient_id: {token: person, of: person}
          settled_at: day
          fund_amount: fund
          cash_amount: cash
  claim_line:
    rows:
      - from: monthly
        columns:
          line_id: {expr: "visit || '-' || month"}
          encounter_id: visit
          patient_id: {token: person, of: person}
          amount: fee
          quantity: days
      - from: lines
        columns:
          encounter_id: mdtrt_id
          settlement_id: bill
          patient_id: {token: person, of: person}
          amount: fee
          quantity: {expr: "if(startswith(fee, '-'), '-1', '1')"}
"""
ROWS = {
    "bills.csv": "bill,visit,person,day\nB1,V1,P1,2026-03-02\nB2,V2,P1,2026-03-03\nB3,V3,P1,2026-03-03\n",
    "payments.csv": "bill,kind,part\nB1,FUND,30.00\nB1,FUND,12.50\nB1,CASH,7\nB2,FUND,\nB2,CASH,1\n",
    "monthly.csv": "visit,person,jan_fee,jan_days,feb_fee,feb_days\nV7,P2,90.00,3,-,\nV8,P2,,,60.00,2\nV9,P2,,,无,-\n",
    "lines.csv": "mdtrt_id,feedetl_sn,init_feedetl_sn,person,op,bill,fee\n"
    "V1,1,,P1,I,,5\nV1,1,,P1,U,B1,6\nV2,1,,P1,I,,7\nV2,2,1,P1,I,,-7\nV3,1,,P1,D,,\n",
}


def _first_key(block: str) -> str:
    return str(next(iter(yaml.safe_load(block))))


def pieces() -> str:
    """A source in which each short example of the guide stands where the guide says that it belongs."""
    mapping: dict[str, Any] = yaml.safe_load(PIECES)
    examples = {key: yaml.safe_load(text) for text in BLOCKS if (key := _first_key(text)) not in TRIED_ELSEWHERE}
    places = {
        "lookup": mapping["tables"]["settlement"]["rows"][0],
        "unpivot": mapping["tables"]["claim_line"]["rows"][0],
        "line_id": mapping["tables"]["claim_line"]["rows"][1]["columns"],
        "later_replaces": mapping["tables"]["claim_line"],
        "action": mapping["tables"]["claim_line"]["rows"][1],
    }
    assert places.keys() == examples.keys(), "an example of the guide that nobody tries"
    for key, place in places.items():
        place.update(examples[key])
    return yaml.safe_dump(mapping, allow_unicode=True, sort_keys=False)


def written(root: Path, mapping: str, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / "landing" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "landing" / name).write_text(text, encoding="utf-8")
    (root / "scratch").mkdir()
    file = root / "mine.yaml"
    file.write_text(mapping, encoding="utf-8")
    return file


def test_each_short_example_of_the_guide_gives_what_the_guide_says(spark: SparkSession, tmp_path: Path) -> None:
    mapping = parse_mapping(written(tmp_path, pieces(), ROWS))
    delivery = open_delivery(mapping, tmp_path / "landing", NIGHT, tmp_path / "scratch")
    trial = Trial(spark, mapping, read_quality("default"), delivery, 100, PseudonymKey(bytes(32)))
    trial.map_all()
    lines = trial.judged["claim_line"].select("line_id", "amount", "_status", "_codes")
    bills = trial.judged["settlement"].selectExpr(
        "settlement_id", "fund_amount", "concat_ws(' ', cash_amount, _status)", "_codes"
    )
    found = {tuple(map(str, row)) for row in lines.unionAll(bills.toDF(*lines.columns)).collect()}
    assert found == {
        # a part that is blank makes its sum unknown; no row at all is what `none` says, or is missing
        ("B1", "42.50", "7.00 accepted", ""), ("B2", "None", "1.00 accepted", ""),
        ("B3", "None", "0.00 quarantined", "LOOKUP_MISSING"),
        # each month with a value is a row; a line without any is counted apart
        ("V7-2026-01", "90.00", "accepted", ""), ("V8-2026-02", "60.00", "accepted", ""),
        ("None", "None", "quarantined", "NO_VALUES"),
        # the settled line takes the unsettled one's place; the key is of visit and number; a flag removes
        ("V1|1", "5.00", "duplicate", ""), ("V1|1", "6.00", "accepted", ""), ("V2|1", "7.00", "accepted", ""),
        ("V2|2", "-7.00", "accepted", ""), ("V3|1", "None", "accepted", ""),
    }  # fmt: skip


def test_the_guides_codes_of_a_province_are_laid_over_the_national_ones(tmp_path: Path) -> None:
    (text,) = re.findall(r"```\n(codes: .*?)```", TEXT, re.DOTALL)
    conf = region(tmp_path, text)
    known = CodeLists(read_region("330000", conf), conf).read("is_stay")
    assert (known["9902"], known["71*"], known["2*"]) == ("true", "false", "true")


def of_costs() -> tuple[str, dict[str, str]]:
    (mapping,) = (text for text in BLOCKS if text.startswith("source: my_costs"))
    return mapping, {f"{name}.csv": text for name, text in re.findall(r"```csv (\w+)\n(.*?)```", TEXT, re.DOTALL)}


@pytest.mark.long
@pytest.mark.parametrize("example", [of_costs, lambda: (pieces(), ROWS)], ids=["costs", "pieces"])
def test_the_command_takes_the_guides_examples(example: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path, *example())
    given = ["--mapping", str(file), "--landing", str(tmp_path / "landing"), "--date", str(NIGHT)]
    assert main(["source", "check", *given, "--var", str(tmp_path / "var")]) == 0
    assert "## Rows: delivered = accepted + faulty" in capfd.readouterr().out


@pytest.mark.long
def test_the_guides_costs_go_through_a_night(spark: SparkSession, tmp_path: Path) -> None:
    mapping, files = of_costs()
    written(tmp_path, mapping, files)
    (tmp_path / "conf" / "sources").mkdir(parents=True)
    (tmp_path / "conf" / "sources" / "my_costs.yaml").write_text(mapping, encoding="utf-8")
    place = Workplace(Settings(var=tmp_path, conf=tmp_path / "conf", source="my_costs", train_if_missing=False))
    place._spark = spark
    make_missing_keys(place.settings)
    run_night(place, NIGHT)
    (settled,) = rows_in(place.lake, "settlement", "TRUE")
    assert (str(settled["total_amount"]), str(settled["fund_amount"])) == ("65.50", "30.00")
    assert place.ledger.committed("leads", NIGHT) is not None
