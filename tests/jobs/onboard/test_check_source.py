"""Trying a mapping: the report says what maps, what does not and what runs, and gives nobody away."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fundwatch.resources import conf_names
from fundwatch.settings import load_settings
from intake.drafting.draft import draft_files
from intake.drafting.sampling import look_at
from intake.drafting.vocabulary import read_vocabulary
from intake.drafting.yaml_text import draft_text
from intake.files.delivery import Delivery, open_delivery
from intake.source.checks import read_quality
from intake.source.load import parse_mapping, read_mapping
from intake.source.mapping import DriftRules, SourceMapping
from jobs.command_line import main
from jobs.onboard.check_source import check, spark_for
from jobs.onboard.enables import enabled_by, everything
from jobs.onboard.report import as_markdown
from jobs.onboard.scan_sample import ScanSettings
from jobs.onboard.trial import Trial
from privacy.keys.ring import PseudonymKey
from tests.intake.deliveries import (
    CERTIFICATE,
    FLAT,
    NAME,
    NIGHT,
    PERSON,
    PHONE,
    change_manifest,
    columns_of,
    csv_bytes,
    deliver,
    line,
    whole,
)  # fmt: skip

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Tables = Mapping[str, Sequence[Mapping[str, str]]]
REGISTRATION = {
    "psn_no": "P1", "opsp_dise_code": "M03900", "begndate": "2026-01-01", "diag_dr_code": "D1", "diag_dr_name": NAME,
}  # fmt: skip
MOVEMENT = {
    "fixmedins_code": "H1", "hilist_code": "X1", "inv_chg_type": "101", "inv_chg_time": "2026-03-01", "cnt": "5",
}  # fmt: skip
NATIONAL = read_mapping("national")
HOW = ScanSettings(days=90)
PHARMACY = Path(__file__).parents[3].parent / "shared" / "data" / "tuva_demo" / "pharmacy_claim.csv"


@pytest.fixture(scope="module")
def report(spark, tmp_path_factory):
    folder = tmp_path_factory.mktemp("landing")
    lines = [
        line("good"),
        line("bad", cnt="abc"),
        line("elsewhere", mdtrt_id="E9"),
        line("grade", chrgitm_lv="7"),
        line("secret", chrgitm_lv=PHONE),
        line("grade"),
    ]
    odd = {"fixmedins_code": "H1", "fixmedins_name": "测试医院", "fixmedins_type": "1", "hosp_lv": "77"}
    deliver(folder, whole(fee_list=lines, medins=[odd], psn_info=[{**PERSON, "gend": NAME}]))
    mapping = read_mapping("national")
    delivery = open_delivery(mapping, folder, NIGHT, tmp_path_factory.mktemp("scratch"))
    return check(spark, mapping, read_quality("default"), delivery, 10_000, HOW)


@pytest.mark.parametrize("profile", conf_names("profiles"))
@pytest.mark.parametrize("sample", [10_000, 1_000_000])
def test_java_starts_with_the_options_of_every_profile(profile: str, sample: int, tmp_path: Path) -> None:
    settings = load_settings({"profile": profile, "var": tmp_path}, environment={}).settings
    options = shlex.split(spark_for(settings, sample)[0]["spark.driver.extraJavaOptions"])
    java = subprocess.run(["java", *options, "-version"], check=False, capture_output=True, text=True)
    assert java.returncode == 0, java.stderr


def test_rows_are_accounted_for_and_problems_have_their_places(report):
    lines = next(t for t in report.totals if t["table_name"] == "claim_line")
    assert (lines["delivered_lines"], lines["accepted_lines"], lines["quarantined_lines"]) == (6, 3, 3)
    places = {c["code"]: [tuple(p.values()) for p in c["places"]] for c in report.codes}
    assert places["MALFORMED:quantity"] == [("fee_list.csv.gz", 3)]
    assert report.too_faulty() == ["fee_list.csv.gz", "medins.csv.gz", "psn_info.csv.gz"]


def test_codes_that_nothing_lists_are_reported_unless_they_could_be_a_person(report):
    strange = {(s["table_name"], s["column_name"], s["code"]) for s in report.strange}
    assert {("institution", "institution_level", "77"), ("claim_line", "coverage_class", "7")} <= strange
    page = as_markdown(report) + json.dumps(report.as_json(), default=str)
    assert not any(secret in page for secret in (NAME, PHONE, CERTIFICATE))


def test_columns_references_and_dates_are_counted(report):
    facts = {(c["table_name"], c["column_name"]): c for c in report.columns}
    assert (facts["claim_line", "quantity"]["filled"], facts["claim_line", "quantity"]["row_count"]) == (5, 6)
    assert facts["encounter", "started_at"]["first"] == "2026-03-01"
    found = {r["of"]: (r["row_count"], r["found"]) for r in report.references}
    assert found["claim_line.encounter_id"] == (3, 2)


def test_what_runs_is_what_the_planners_say_and_what_lacks_says_why(report):
    rules = {one.id: one for one in report.enabled if one.kind == "rule"}
    assert not [one for one in enabled_by(everything(), everything()) if not one.runs]
    price = next(one for one in rules.values() if "price" in one.why_not)
    assert "not supplied" in price.why_not
    assert price.why_not_whole == ""
    copies, overlaps = rules["DC-03"], rules["FK-02"]
    assert (copies.why_not, copies.judged, copies.hits) == ("", 3, 1)
    assert overlaps.why_not == "nothing that it judges lies in 2026-01-01 to 2026-03-31 (of the sample)"


def test_the_report_ends_with_what_to_do_next_in_order_of_worth(report):
    steps = as_markdown(report).split("in order of worth\n\n")[1].splitlines()
    assert steps[0].startswith("1. fee_list.csv.gz would stop the night with its faulty rows: most often ")
    assert "say what the code 7 means" in "".join(steps)
    worth = re.search(
        r"Fill encounter\.main_diagnosis_code if the source has it: it would let (\d+) rules, ", "".join(steps)
    )
    assert worth
    assert int(worth[1]) > 1
    assert any("fundwatch nightly --source national --date 2026-03-31" in step for step in steps)


def test_a_file_that_nobody_reads_is_said_to_hold_the_night_and_to_come_first(report):
    page = as_markdown(replace(report, unclaimed=("fees.doc: no pattern of the mapping takes it; list it",)))
    assert "- a night would hold the delivery: fees.doc: no pattern of the mapping takes it" in page
    assert "1. A night would hold the delivery. fees.doc: no pattern" in page
    assert "the mapping bears it" not in page


def test_rows_excluded_by_the_source_are_no_faulty_rows_and_what_was_accepted_is_summed(report):
    page = as_markdown(report)
    row = next(text for text in page.splitlines() if text.startswith("| fee_list.csv") and " 50.00% " in text)
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[2:] == ["6", "3", "3", "0", "0", "50.00%", "540.00", "270.00"]


def test_a_delivery_that_would_be_refused_is_refused_with_its_headers_told(tmp_path, capsys):
    deliver(tmp_path, whole())
    file = tmp_path / "two.yaml"
    file.write_text(
        "source: two\ndelivery: {manifest: measured}\nfiles:\n  visits: {name: mdtrt.csv*, columns: [mdtrt_id, psn]}\n"
        "tables:\n  encounter: {rows: [{from: visits, columns: {encounter_id: mdtrt_id, visit_type: psn}}]}\n"
    )
    assert main(["source", "check", "--mapping", str(file), "--landing", str(tmp_path), "--date", str(NIGHT)]) == 2
    output = capsys.readouterr()
    assert "missing: psn" in output.out
    assert "psn_no" in output.out
    assert "column 'psn' is missing" in output.err


def test_a_changed_form_is_refused_with_its_columns_and_codes(tmp_path, capsys):
    lines = [line(f"L{n}", chrgitm_lv="7", extra="x") for n in range(4)]
    _deliver_with_a_new_column(tmp_path, lines)
    assert main(["source", "check", "--landing", str(tmp_path), "--date", str(NIGHT)]) == 2
    output = capsys.readouterr()
    assert "unknown: extra" in output.out
    assert "column 'extra': the mapping does not know it" in output.err
    assert "column 'chrgitm_lv', line 2: a code that the mapping or the checks do not list: 7" in output.err


def test_a_changed_form_that_is_parked_is_reported_and_is_no_problem(spark, tmp_path):
    lines = [*(line(f"L{n}", extra=NAME) for n in range(4)), *(line(f"M{n}", chrgitm_lv="7") for n in range(3))]
    _deliver_with_a_new_column(tmp_path / "landing", lines)
    drift = DriftRules(unknown_columns="park", new_codes="park")
    mapping, quality = NATIONAL.model_copy(update={"drift": drift}), read_quality("default")
    (tmp_path / "scratch").mkdir()
    delivery = open_delivery(mapping, tmp_path / "landing", NIGHT, tmp_path / "scratch", quality)
    report = check(spark, mapping, quality, delivery, 10_000, HOW)
    page = as_markdown(report)
    assert "fee_list.csv.gz: column 'extra' is new: parked, not read" in page
    assert "fee_list.csv.gz: column 'chrgitm_lv' has a new code 7: parked" in page
    assert NAME not in page + json.dumps(report.as_json(), default=str)
    total = next(t for t in report.totals if t["table_name"] == "claim_line")
    assert (total["accepted_lines"], total["quarantined_lines"]) == (4, 3)
    assert report.too_faulty() == []


def _deliver_with_a_new_column(landing, lines):
    known = [{column: value for column, value in row.items() if column != "extra"} for row in lines]
    folder = deliver(landing, whole(fee_list=known))
    content = gzip.compress(csv_bytes(lines, [*columns_of("fee_list"), "extra"]), mtime=0)
    (folder / "fee_list.csv.gz").write_bytes(content)
    change_manifest(folder, "fee_list", sha256=hashlib.sha256(content).hexdigest(), bytes=len(content))


FLAT_FILE = {"费用明细": [FLAT]}
FILES = whole(opsp_reg=[REGISTRATION], stock_movement=[MOVEMENT])


def _drafted(tables: Tables, folder: Path) -> tuple[SourceMapping, Delivery]:
    """The draft of a mapping for files of these rows, and the files as it delivers them."""
    paths = []
    for name, rows in tables.items():
        paths.append(folder / f"{name}.csv")
        paths[-1].write_bytes(csv_bytes(rows, [*rows[0]]))
    draft = folder / "mine.yaml"
    draft.write_text(draft_text("mine", draft_files([look_at(path) for path in paths], read_vocabulary())))
    (folder / "scratch").mkdir()
    return parse_mapping(draft), open_delivery(parse_mapping(draft), folder, NIGHT, folder / "scratch")


@pytest.mark.parametrize("tables", [FLAT_FILE, FILES])
def test_the_draft_of_files_maps_every_row_of_them(spark: SparkSession, tmp_path: Path, tables: Tables) -> None:
    mapping, delivery = _drafted(tables, tmp_path)
    trial = Trial(spark, mapping, read_quality("default"), delivery, 10_000, PseudonymKey(b"k" * 32))
    trial.map_all()
    totals = trial.totals()
    assert tuple(trial.codes()) == ()
    assert {(t["delivered_lines"], t["accepted_lines"]) for t in totals} == {(1, 1)}
    assert len(totals) == len(tables)


@pytest.mark.long  # the rules over a sample are those of the report above
@pytest.mark.parametrize("tables", [FLAT_FILE, FILES])
def test_the_draft_of_files_is_checked_with_the_rules(spark: SparkSession, tmp_path: Path, tables: Tables) -> None:
    mapping, delivery = _drafted(tables, tmp_path)
    report = check(spark, mapping, read_quality("default"), delivery, 10_000, HOW)
    assert report.codes == ()
    assert len(report.totals) == len(tables)
    assert [one for one in report.enabled if one.kind == "rule"]


@pytest.mark.skipif(not PHARMACY.is_file(), reason="the Tuva demo extract is not on this machine")
def test_the_draft_of_a_pharmacy_file_maps_every_line_of_it(spark, tmp_path):
    draft = tmp_path / "my_pharmacy.yaml"
    assert main(["source", "draft", str(PHARMACY), "--name", "my_pharmacy", "--out", str(draft), "--json"]) == 0
    mapping = parse_mapping(draft)
    delivery = open_delivery(mapping, PHARMACY.parent, date(2018, 12, 31), tmp_path)
    report = check(spark, mapping, read_quality("default"), delivery, 10_000, HOW)
    (total,) = report.totals
    assert (total["delivered_lines"], total["accepted_lines"]) == (648, 648)
    assert "institution_id" in report.unknown["claim_line"]  # it names none: no rule can run, and each says why
    assert {one.why_not for one in report.enabled if one.id == "ID-01"} != {""}
