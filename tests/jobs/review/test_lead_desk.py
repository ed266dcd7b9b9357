"""A lead through the desk: given, checked, heard, decided by one or two persons, taken back; and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from fundwatch.errors import FundwatchError
from jobs.review.outcomes.lead_desk import LeadStepError
from jobs.review.outcomes.people_said import journal_in
from leads.outcomes.entries import Status
from leads.outcomes.journals import JOURNALS
from leads.outcomes.standing import latest_outcome, lines_in_force
from privacy.access.people import AccessRefusedError
from tests.jobs.review.inspection import AFTER, DOCTOR, SUSPICION, VIOLATION, Inspection, closing
from tests.jobs.truth_world import NIGHT


@pytest.fixture
def inspection(tmp_path: Path) -> Inspection:
    return Inspection(tmp_path)


def _refused(call: Callable[[], object], *says: str, error: type[FundwatchError] = LeadStepError) -> None:
    """The call is refused, and says so."""
    with pytest.raises(error) as caught:
        call()
    for text in says:
        assert text in str(caught.value)


def test_a_lead_goes_from_hand_to_hand_and_is_closed(inspection: Inspection) -> None:
    inspection.in_check()
    assert {inspection.status(case) for case in ("c1", "c2")} == {Status.IN_CHECK}
    done = inspection.desk("Li").close(
        inspection.asked("Li", kind=SUSPICION),
        closing(found_amount="40", recovered_amount="30", hours=6.0, note="与院方核对,联系 13800138000"),
    )
    (outcome,) = latest_outcome(inspection.said.outcomes).values()
    assert (done.steps[0].status, inspection.status("c2")) == (Status.CONFIRMED, Status.CONFIRMED)
    assert (outcome.found_amount, outcome.recovered_amount, outcome.fined_amount) == (
        Decimal(40),
        Decimal(30),
        Decimal(0),
    )
    assert (outcome.rule_version, outcome.tier, outcome.chosen_by, outcome.account) == ("v2", "可疑", "list", "li")
    assert "13800138000" not in outcome.note
    lines = lines_in_force(inspection.said.lines, inspection.said.outcomes)
    assert [(line.line_id, line.is_accepted, line.amount) for line in lines] == [("L3", True, Decimal(40))]
    assert [e.action for e in inspection.log()] == ["leads assign"] * 2 + ["leads note"] * 2 + ["leads close"]
    assert inspection.log()[-1].detail["case_id"] == "c2"


def test_two_persons_from_two_accounts_close_a_violation(inspection: Inspection) -> None:
    inspection.in_check()
    done = inspection.desk("Li").close(inspection.asked("Li", kind=VIOLATION), closing(found_amount="160"))
    assert done.steps[0].waits
    assert (inspection.status("c1"), inspection.said.outcomes) == (Status.IN_CHECK, [])
    li = inspection.desk("Li")
    _refused(lambda: li.confirm(inspection.asked("Li")), "of their own", error=AccessRefusedError)
    _refused(lambda: li.confirm(inspection.asked("Zhao")), "same operating-system account", error=AccessRefusedError)
    inspection.desk("Zhao").confirm(inspection.asked("Zhao"))
    (outcome,) = inspection.said.outcomes
    assert (outcome.by, outcome.second_by, inspection.status("c1")) == ("Li", "Zhao", Status.CONFIRMED)
    assert {hit.hit_id[0] for hit in inspection.said.decided_hits} == {"a", "b"}
    _refused(lambda: inspection.desk("Zhao").confirm(inspection.asked("Zhao")), "nothing of this lead waits")


def test_no_fine_is_entered_before_statement_and_defence_were_heard(inspection: Inspection) -> None:
    inspection.in_check()
    fine = closing(found_amount="160", fined_amount="320", article="条例 38(3)")
    asked = inspection.asked("Li", kind=VIOLATION)
    _refused(lambda: inspection.desk("Li").close(asked, fine), "fined_amount: 未经陈述申辩")
    inspection.desk("Li").note(inspection.asked("Li"), Status.HEARD, "院方书面陈述")
    assert inspection.desk("Li").close(asked, fine).steps[0].waits


def test_amounts_are_what_the_lines_and_the_law_allow(inspection: Inspection) -> None:
    inspection.heard()
    wrong = closing(
        found_amount="160.005", recovered_amount="500", prevented_amount="-1", fined_amount="321", article="条例 38(3)"
    )
    _refused(
        lambda: inspection.desk("Li").close(inspection.asked("Li", kind=VIOLATION), wrong),
        "found_amount: 160.005 高于已支付 is more than the 160", "超过两位小数", "recovered_amount: 500 高于查实",
        "prevented_amount: -1 为负数", "fined_amount: 321 高于法定上限 is more than 2 times",
    )  # fmt: skip
    assert inspection.said.outcomes == inspection.said.proposed == []


@pytest.mark.long
def test_a_decision_of_lines_that_are_not_the_cases_or_of_before_the_service_is_refused(inspection: Inspection) -> None:
    inspection.in_check()
    asked = inspection.asked("Li", kind=SUSPICION)
    wrong = closing(Status.PARTLY, date(2026, 3, 1), accepted=("L3", "X9"), cleared=("L3",))
    _refused(
        lambda: inspection.desk("Li").close(asked, wrong),
        "no line 'X9' is in this case", "the line L3 is there twice",
        "2026-03-01 早于服务日期 is before the service of 2026-03-04",
    )  # fmt: skip


@pytest.mark.long
def test_a_decision_needs_its_code(inspection: Inspection) -> None:
    inspection.in_check()
    li, asked = inspection.desk("Li"), inspection.asked("Li", kind=SUSPICION)
    _refused(lambda: li.close(asked, closing(Status.CLEARED)), "reason_code: '' 不是原因代码", "lawful")
    _refused(lambda: li.close(asked, closing(Status.REFERRED)), "referred_to: '' 不是移送部门", "police")
    li.close(asked, closing(Status.REFERRED, referred_to="police"))
    assert inspection.status("c2") == Status.REFERRED


def test_two_people_cannot_hold_one_lead(inspection: Inspection) -> None:
    inspection.assigned("Li")
    wang = inspection.desk("Wang")
    _refused(lambda: wang.assign(inspection.asked("Wang"), "城区一组", "Zhao"), "it is with Li since 2026-03-31")
    _refused(
        lambda: inspection.desk("Zhao").note(inspection.asked("Zhao"), note="我看过"),
        "is Li's since 2026-03-31", error=AccessRefusedError,
    )  # fmt: skip
    wang.assign(inspection.asked("Wang"), "城区一组", "Zhao", instead_of="Li")
    inspection.desk("Zhao").note(inspection.asked("Zhao"), Status.IN_CHECK)
    assert inspection.status("c1") == Status.IN_CHECK


def test_a_decision_on_a_lead_that_changed_meanwhile_is_refused(inspection: Inspection) -> None:
    inspection.in_check()
    saw = inspection.said.steps["c2"][-1].entry_id
    inspection.desk("Li").note(inspection.asked("Li", kind=SUSPICION), note="已约院方")
    asked = inspection.asked("Li", kind=SUSPICION, seen=saw)
    _refused(lambda: inspection.desk("Li").close(asked, closing()), "线索已变更 it changed meanwhile", "by Li")
    assert inspection.said.outcomes == []


def test_an_outcome_that_was_withdrawn_counts_no_more_and_the_case_is_open_again(inspection: Inspection) -> None:
    inspection.in_check()
    inspection.desk("Li").close(inspection.asked("Li", kind=SUSPICION), closing(found_amount="40"))
    wang, asked = inspection.desk("Wang"), inspection.asked("Wang", kind=SUSPICION, on_date=AFTER)
    _refused(lambda: wang.withdraw(asked, "lost"), "--reason takes one of mistake, appeal_won")
    wang.withdraw(asked, "mistake", "金额录错")
    assert latest_outcome(inspection.said.outcomes) == {}
    assert lines_in_force(inspection.said.lines, inspection.said.outcomes) == []
    assert inspection.status("c2") == Status.IN_CHECK
    assert sum(outcome.found_amount for outcome in inspection.said.outcomes if outcome.withdraws) == 0
    inspection.desk("Li").close(inspection.asked("Li", kind=SUSPICION), closing(found_amount="4"))
    assert latest_outcome(inspection.said.outcomes)["c2"].found_amount == 4


@pytest.mark.long
def test_an_appeal_that_was_won_takes_the_fine_back_and_clears_the_case(inspection: Inspection) -> None:
    inspection.heard()
    fine = closing(found_amount="160", fined_amount="200", article="条例 38(3)")
    asked = inspection.asked("Li", kind=VIOLATION)
    inspection.desk("Li").close(asked, fine)
    inspection.desk("Zhao").confirm(inspection.asked("Zhao"))
    appeal = inspection.asked("Wang", kind=VIOLATION, on_date=date(2026, 6, 1))
    inspection.desk("Wang").withdraw(appeal, "appeal_won")
    assert (latest_outcome(inspection.said.outcomes), inspection.status("c1")) == ({}, Status.HEARD)
    _refused(
        lambda: inspection.desk("Li").close(asked, closing(Status.CLEARED, fined_amount="1", reason_code="lawful")),
        "未认定而有金额",
    )
    cleared = closing(Status.CLEARED, date(2026, 6, 2), reason_code="lawful")
    inspection.desk("Li").close(asked, cleared)
    inspection.desk("Zhao").confirm(inspection.asked("Zhao", kind=VIOLATION))
    assert latest_outcome(inspection.said.outcomes)["c1"].decision == Status.CLEARED


@pytest.mark.long
def test_what_waits_for_a_second_person_can_be_taken_back(inspection: Inspection) -> None:
    inspection.in_check()
    inspection.desk("Li").close(inspection.asked("Li", kind=VIOLATION), closing(found_amount="160"))
    asked = inspection.asked("Li", kind=VIOLATION)
    _refused(lambda: inspection.desk("Li").close(asked, closing(found_amount="10")), "waits for a second person")
    inspection.desk("Wang").withdraw(inspection.asked("Wang", kind=VIOLATION), "mistake")
    _refused(lambda: inspection.desk("Zhao").confirm(inspection.asked("Zhao")), "nothing of this lead waits")
    assert inspection.status("c1") == Status.IN_CHECK


@pytest.mark.long
def test_a_closed_case_is_no_new_work_until_it_grew(inspection: Inspection) -> None:
    inspection.in_check("Li", DOCTOR)
    inspection.desk("Li").close(inspection.asked("Li", DOCTOR), closing(Status.CLEARED, reason_code="lawful"))
    _refused(lambda: inspection.assigned("Li", DOCTOR), "已结案且无新增")
    _refused(lambda: inspection.desk("Li").note(inspection.asked("Li", DOCTOR), Status.HEARD), "withdraw that first")


@pytest.mark.long
def test_a_step_nobody_may_skip_is_named(inspection: Inspection) -> None:
    li, asked = inspection.desk("Li"), inspection.asked("Li", kind=SUSPICION)
    _refused(lambda: li.close(asked, closing()), "不能从 新线索 new 到 属实 confirmed: after it comes 已分派 assigned")
    _refused(lambda: li.note(asked, note="看过"), "nobody has been given it yet")
    _refused(lambda: inspection.desk("Wang").assign(asked, " "), "--team or --to is missing")


def test_a_role_is_kept_and_what_is_refused_is_logged(inspection: Inspection) -> None:
    conf = inspection.root / "conf" / "access"
    conf.mkdir(parents=True)
    (conf / "default.yaml").write_text(
        "requesters: '*'\napprovers: '*'\nlead_managers: [Wang]\naccounts: {Wang: wang}\n", encoding="utf-8"
    )
    inspection.world.settings = inspection.settings.model_copy(update={"conf": inspection.root / "conf"})
    zhao, asked = inspection.desk("Zhao"), inspection.asked("Zhao")
    _refused(lambda: zhao.assign(asked, "一组"), "not one of the lead_managers", error=AccessRefusedError)
    _refused(lambda: zhao.assign(inspection.asked("Wang"), "一组"), "another account", error=AccessRefusedError)
    assert [(e.action, e.outcome) for e in inspection.log()] == [("leads assign", "refused")] * 2
    inspection.assigned()


@pytest.mark.long
def test_a_subject_of_the_sample_is_worked_on_by_its_name_and_its_outcome_says_so(inspection: Inspection) -> None:
    drawn = {"business_date": NIGHT, "subject_type": "doctor", "subject_id": inspection.doctor, "place": 1}
    inspection.world.put("inspection_sample", [drawn | {"seed": "s", "population_count": 9}])
    name = "sample:doctor:1"
    inspection.in_check("Li", name)
    inspection.desk("Li").close(inspection.asked("Li", name), closing(Status.CLEARED, reason_code="lawful"))
    (outcome,) = inspection.said.outcomes
    assert (outcome.chosen_by, outcome.kind, outcome.subject_id) == ("sample", "sample", inspection.doctor)
    _refused(lambda: inspection.assigned("Li", "sample:patient:9"), "nobody was drawn", error=FundwatchError)


def test_a_decision_whose_last_commit_was_lost_stands_all_the_same(inspection: Inspection) -> None:
    """Killed between the outcome and its step: the outcome closes the case."""
    inspection.in_check()
    said = inspection.said
    inspection.desk("Li").close(inspection.asked("Li", kind=SUSPICION), closing(found_amount="40"))
    declared = next(journal for journal in JOURNALS if journal.name == "lead_status")
    before = [entry for entry in journal_in(said.lake, declared).rows() if not entry["outcome_id"]]
    import shutil

    from tests.places import folder_of

    shutil.rmtree(folder_of(inspection.settings, "lead_status"))
    journal_in(said.lake, declared).append(before)
    assert inspection.status("c2") == Status.CONFIRMED
