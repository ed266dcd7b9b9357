"""Two nights with what people do between: every command in a process of its own, on a lake that is made by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from fundwatch.settings import load_settings
from jobs.job import run_job
from jobs.protect.manage_keys import make_missing_keys
from jobs.publish_leads import JOB
from jobs.workplace import Workplace
from leads.outcomes.sheet import CASES
from tests.jobs.commands import run
from tests.lakes import put

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.long
FIRST, SECOND = date(2026, 3, 24), date(2026, 3, 31)
AFTER = date(2026, 3, 28)
# by hospital: the rule, and by hit its lines, on the first night and on the second
GROWN, SAME, IN_HAND, QUIET = "H1", "H2", "H3", "H4"
RULES = {GROWN: "DC-03", SAME: "DC-03", IN_HAND: "DC-03", QUIET: "FQ-01"}
HITS: Mapping[date, Mapping[str, Mapping[str, str]]] = {
    FIRST: {GROWN: {"h1": "L1"}, SAME: {"h2": "L2"}, IN_HAND: {"h3": "L3", "h4": "L4"}, QUIET: {"h5": "L5"}},
    SECOND: {GROWN: {"h1": "L1", "h6": "L6"}, SAME: {"h2": "L2"}, IN_HAND: {"h4": "L4"}, QUIET: {"h5": "L5"}},
}
COST = Decimal("60.00")


def _lay_out(place: Workplace, night: date) -> None:
    """The tables of the earlier stages, as the night has them."""
    of_night = {"business_date": night}
    tiers = {"DC-03": "明确违规", "FQ-01": "可疑"}
    hits = [
        {**of_night, "hit_id": hit, "rule_id": RULES[where], "rule_version": "v1", "tier": tiers[RULES[where]],
         "subject_type": "institution", "subject_id": where, "institution_id": where, "amount_at_risk": COST,
         "is_estimate": False, "reason_zh": "同一明细两次", "reason_en": "twice", "period_start": date(2026, 3, 4),
         "period_end": date(2026, 3, 4)}
        for where, of_place in HITS[night].items() for hit in of_place
    ]  # fmt: skip
    proofs = [
        {**of_night, "hit_id": hit, "line_id": line, "settlement_id": f"S-{line}", "amount_at_risk": COST,
         "role": "counted"}
        for of_place in HITS[night].values() for hit, line in of_place.items()
    ]  # fmt: skip
    ran = [
        {**of_night, "rule_id": rule, "institution_id": where, "state": "run", "judged_count": 9, "hit_count": 1,
         "period_start": date(2026, 1, 1), "period_end": night}
        for where, rule in RULES.items()
    ]  # fmt: skip
    silent = {**of_night, "entity_type": "doctor", "entity_id": "", "model": "isolation_forest", "state": "not_run"}
    rows = {"rule_hit": hits, "hit_line": proofs, "rule_coverage": ran, "score": [silent], "score_reason": []}
    for table, of_table in rows.items():
        put(place.lake, table, of_table, night)
    put(place.lake, "delivery", [{**of_night, "file_name": "fee_list.csv", "sha256": "e" * 64}], night)
    for stage in ("intake", "features", "rules", "score"):
        place.ledger.commit(place.ledger.start(stage, night, "p"), stage, night, "p", {})


def _clean_tables(place: Workplace) -> None:
    """Lines of sixty yuan that the fund paid whole; by the second night L3 was reversed, and L6 is new."""
    wheres = {line: where for of_night in HITS.values() for where, hits in of_night.items() for line in hits.values()}
    known = {"L3": {"known_to": SECOND}, "L6": {"known_from": SECOND}}
    lines = [
        {"line_id": line, "patient_id": "ab" * 16, "institution_id": where, "encounter_id": f"E-{line}",
         "settlement_id": f"S-{line}", "charged_at": datetime(2026, 3, 4, 9), "item_name": "诊查费", "amount": COST,
         "covered_amount": COST, "known_from": FIRST, **known.get(line, {})}
        for line, where in sorted(wheres.items())
    ]  # fmt: skip
    paid = {"fund_amount": COST, "covered_amount": COST, "account_amount": Decimal(0), "known_from": FIRST}
    put(place.lake, "claim_line", lines, FIRST)
    put(place.lake, "settlement", [{"settlement_id": f"S-{line}", **paid} for line in sorted(wheres)], FIRST)
    names = zip(RULES, ("第一医院", "第二医院", "第三医院", "第四医院"), strict=True)
    register = [{"institution_id": one, "institution_name": name, "known_from": FIRST} for one, name in names]
    put(place.lake, "institution", register, FIRST)


@dataclass
class TypedCommands:
    """Commands as people type them, each in a process of its own."""

    var: Path
    folder: Path

    def typed(self, words: str) -> Any:
        """What the command answers as JSON; it must succeed."""
        done = run(f"leads {words} --json --set reidentify_same_account=true", self.var, self.folder)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def refused(self, words: str) -> str:
        """What the command says where it must fail."""
        done = run(f"leads {words}", self.var, self.folder)
        assert done.returncode == 2, done.stdout
        return done.stderr

    def leads(self, night: date) -> dict[str, dict[str, Any]]:
        """The night's leads by subject, each with its cases."""
        listed = self.typed(f"list --date {night}")
        return {
            lead["subject_id"]: lead | {"cases": [c for c in listed["cases"] if c["subject_id"] == lead["subject_id"]]}
            for lead in listed["leads"]
        }


def _fill(path: Path, decisions: Sequence[tuple[str, str, str]]) -> None:
    """Type a decision, its date and a reason into the rows of these leads."""
    book = openpyxl.load_workbook(path)
    page = book[CASES]
    for row in range(5, page.max_row + 1):
        for lead_id, decision, reason in decisions:
            if page[f"B{row}"].value == lead_id:
                page[f"L{row}"], page[f"M{row}"], page[f"T{row}"] = decision, AFTER, reason or None
    book.save(path)


@pytest.fixture(scope="module")
def desk(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> TypedCommands:
    """The first night is published; Li confirms one case and clears another by a sheet, has a third in check, and a
    rule is quiet for the fourth hospital. Then the second night is published."""
    root = tmp_path_factory.mktemp("nights")
    settings = load_settings({"var": root / "var"}, environment={}).settings
    make_missing_keys(settings)
    place = Workplace(settings)
    place._spark = spark
    _clean_tables(place)
    _lay_out(place, FIRST)
    run_job(JOB, place, FIRST)
    made = TypedCommands(root / "var", root / "here")
    ids = {subject: lead["lead_id"] for subject, lead in made.leads(FIRST).items()}
    for where in (GROWN, SAME, IN_HAND):
        made.typed(f"assign {ids[where]} --team 一组 --to Li --as Wang")
        made.typed(f"note {ids[where]} --step in_check --as Li")
    made.typed(f"sheet {ids[GROWN]} {ids[SAME]} --out check.xlsx")
    _fill(made.folder / "check.xlsx", [(ids[GROWN], "属实", ""), (ids[SAME], "已排除", "lawful")])
    made.typed("import check.xlsx --as Li")
    for where in (GROWN, SAME):
        made.typed(f"confirm {ids[where]} --as Zhao")
    made.typed(f"snooze {ids[QUIET]} --kind FQ-01 --until 2026-06-01 --reason 康复专科已核实待规则更新 --as Wang")
    _lay_out(place, SECOND)
    run_job(JOB, place, SECOND)
    return made


def test_a_decided_case_comes_back_only_where_it_grew_and_says_by_what(desk: TypedCommands) -> None:
    leads = desk.leads(SECOND)
    assert leads.keys() == {GROWN, IN_HAND}
    (case,) = leads[GROWN]["cases"]
    standing = case["standing"]
    assert (standing["status"], standing["new_hit_count"], standing["new_amount"]) == ("confirmed", 1, "60.00")
    assert desk.refused(f"close {leads[GROWN]['lead_id']} --decision cleared --reason lawful --on 2026-04-02 --as Li")


def test_a_withdrawn_line_counts_as_recovered_for_whoever_has_the_case(desk: TypedCommands) -> None:
    (case,) = desk.leads(SECOND)[IN_HAND]["cases"]
    standing = case["standing"]
    assert (standing["held_by"], standing["recovered_line_count"], standing["recovered_amount"]) == (
        "一组 Li",
        1,
        "60.00",
    )


def test_a_quiet_rule_makes_no_lead_and_is_counted_and_listed(desk: TypedCommands) -> None:
    listed = desk.typed(f"list --date {SECOND}")
    quiet = {case["subject_id"]: case["standing"] for case in listed["unlisted"]}
    assert quiet[QUIET]["snoozed_until"] == "2026-06-01"
    assert quiet[SAME]["status"] == "cleared"
    (snooze,) = desk.typed(f"snoozes --date {SECOND}")["snoozes"]
    assert (snooze["rule_id"], snooze["subject_id"]) == ("FQ-01", QUIET)
    book = openpyxl.load_workbook(desk.var / "lists" / str(SECOND) / "leads.xlsx", read_only=True)
    states = [(row[0], row[3]) for row in book["规则 Rules"].iter_rows(min_row=5, values_only=True)]
    assert any(what == "FQ-01" and "暂停" in str(state) for what, state in states)


def test_what_changed_says_who_left_and_why(desk: TypedCommands) -> None:
    changes = {one["subject"].split()[-1]: one["change"] for one in desk.typed(f"diff --date {SECOND}")["changes"]}
    assert len(changes) == 4


def test_lines_the_check_list_and_files_are_typed_commands(desk: TypedCommands) -> None:
    lead = desk.leads(SECOND)[GROWN]["lead_id"]
    written = desk.typed(f"lines {lead} --date {SECOND} --out lines.csv")
    assert written["lines"] == len((desk.folder / "lines.csv").read_text("utf-8-sig").splitlines()) - 1 == 2
    checklist = desk.typed("checklist --out lists")
    assert checklist["problems"] > 100
    assert {path.suffix for path in (desk.folder / checklist["folder"]).iterdir()} == {".html", ".pdf", ".xlsx"}
    page = next((desk.var / "lists" / str(SECOND) / "evidence").glob("*.html"))
    assert desk.typed(f"verify {page}")["lead_id"]
    changed = desk.folder / page.name
    changed.write_bytes(page.read_bytes() + b" ")
    assert desk.refused(f"verify {changed}")
    assert desk.typed("late --on 2026-06-01")["late"]
