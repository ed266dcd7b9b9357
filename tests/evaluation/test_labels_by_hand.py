"""Labels written by hand, as inspections would give them: no simulator, no lake, one frame."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from evaluation.findings import NightFindings, score_by_subject, to_hit_classes, with_findings, without_right_hits
from evaluation.labels import (
    JudgedPeriod,
    Seen,
    refuse_foreign,
    to_labels,
    to_matches,
    to_own_subjects,
    with_compared,
    with_state,
)
from evaluation.population import Population
from evaluation.tally import precision_by_rule, recall_by, recall_of_rules, with_units
from fundwatch.errors import FundwatchError

WINDOW = JudgedPeriod(pd.Timestamp("2026-01-01"), pd.Timestamp("2026-03-31"))
DAY = pd.Timestamp("2026-03-04")
RULES = pd.DataFrame({"rule_id": ["DC-03", "OP-02"], "state": "run", "why_not": ""})
# what an inspection wrote down: a person's pretended visits, a line charged twice by a hospital, a lawful repetition
INSPECTED = pd.DataFrame(
    [
        {"scheme": "pretended visits", "instance": "case 7", "kind": "scheme", "entity_type": "patient",
         "patient_id": "anna", "starts_on": "2026-03-01", "ends_on": "2026-03-31",
         "actor_type": "institution", "actor_id": "H1"},
        {"scheme": "charged twice", "instance": "case 8", "kind": "scheme", "entity_type": "line", "line_id": "l2",
         "service_date": "2026-03-04", "actor_type": "institution", "actor_id": "H1"},
        {"scheme": "cleared", "instance": "case 9", "kind": "lookalike", "entity_type": "line", "line_id": "l3",
         "service_date": "2026-03-04"},
    ]
)  # fmt: skip


def _seen() -> Seen:
    lines = pd.DataFrame(
        {
            "line_id": ["l1", "l2", "l3"],
            "encounter_id": ["e1", "e2", "e3"],
            "patient_id": ["anna", "bert", "carl"],
            "doctor_id": ["d1", "d1", "d1"],
            "institution_id": "H1",
            "day": DAY,
            "is_settled": True,
            "fund": 60.0,
        }
    )
    nothing = pd.Series(dtype=object)
    return Seen(lines, pd.DataFrame(columns=["encounter_id", "ended_on"]), nothing, nothing, {"patient": ["anna"]})


def _hits(*rows: tuple[str, str]) -> pd.DataFrame:
    """Hits about the hospital: rule and line."""
    return pd.DataFrame(
        [
            {"hit_id": f"h{n}", "rule_id": rule, "subject_type": "institution", "subject_id": "H1", "patient_id": None,
             "institution_id": "H1", "encounter_id": None, "is_estimate": False, "period_start": DAY,
             "period_end": DAY, "amount_at_risk": 30.0, "line_id": line}
            for n, (rule, line) in enumerate(rows)
        ]
    )  # fmt: skip


def _found(labels: pd.DataFrame, hits: pd.DataFrame, outliers: list[tuple[str, str]]) -> NightFindings:
    """A night that scored ten patients and ten hospitals."""
    seen = _seen()
    proofs = hits[["hit_id", "line_id"]].merge(
        seen.lines[["line_id", "encounter_id", "patient_id", "doctor_id", "institution_id", "day"]], on="line_id"
    )
    ids = [("patient", name) for name in ["anna", *(f"p{n}" for n in range(9))]]
    ids += [("institution", f"H{n}") for n in range(1, 11)]
    subject = ["subject_type", "subject_id"]
    things = {"line": 100, "encounter": 50, "patient": 10, "institution": 10}
    return NightFindings(
        hits=hits.drop(columns="line_id"),
        proofs=proofs,
        matches=to_matches(labels, hits.drop(columns="line_id"), proofs),
        subjects=to_own_subjects(labels),
        scored=pd.DataFrame(ids, columns=subject),
        outliers=pd.DataFrame(outliers, columns=subject),
        listed=None,
        population=Population(pd.DataFrame(), things, 100, 6_000.0),
    )


def _labels() -> pd.DataFrame:
    return with_state(to_labels(INSPECTED), _seen(), [], WINDOW)


def _recall(found: NightFindings, labels: pd.DataFrame) -> pd.DataFrame:
    judged = without_right_hits(found.matches, to_hit_classes(found.hits, found.matches, labels), labels)
    findings = with_findings(labels, replace(found, matches=judged), RULES)
    return recall_by(with_units(findings, found.subjects), ["scheme"]).set_index("scheme")


def test_a_hospital_that_stands_out_finds_what_it_did_and_none_of_its_patients() -> None:
    labels = _labels()
    rows = _recall(_found(labels, _hits(("OP-02", "l1")), [("institution", "H1")]), labels)
    assert rows["score"][["pretended visits", "charged twice"]].tolist() == [0, 1]
    assert pd.isna(rows["score"]["cleared"])  # nobody acted: no score can find it
    assert rows["score_itself_of"].to_dict() == {"charged twice": 0, "cleared": 0, "pretended visits": 1}


def test_the_person_who_is_labelled_is_found_by_standing_out_and_chance_is_one_of_ten() -> None:
    labels = _labels()
    rows = _recall(_found(labels, _hits(("OP-02", "l1")), [("patient", "anna")]), labels)
    assert (rows["score"]["pretended visits"], rows["score_itself"]["pretended visits"]) == (1, 1)
    assert rows["score_by_chance"]["pretended visits"] == pytest.approx(0.1)
    assert rows["score_by_chance"]["charged twice"] == 0  # no hospital stands out


def test_it_is_said_by_whose_score_instances_are_found() -> None:
    labels = _labels()
    found = _found(labels, _hits(("OP-02", "l1")), [("institution", "H1"), ("institution", "H2")])
    rows = score_by_subject(with_findings(labels, found, RULES), found).set_index("subject_type")
    assert rows["score"].to_dict() == {"institution": 1, "patient": 0}
    assert rows["score_by_chance"].to_dict() == pytest.approx({"institution": 0.2, "patient": 0.0})


def test_a_lookalike_that_any_rule_hits_is_a_false_hit_and_chance_is_stated() -> None:
    labels = _labels()
    found = _found(labels, _hits(("DC-03", "l2"), ("OP-02", "l3")), [])
    rules = precision_by_rule(found, to_hit_classes(found.hits, found.matches, labels), labels, RULES, is_whole=True)
    assert rules.set_index("rule_id")["false"].to_dict() == {"DC-03": 0, "OP-02": 1}
    rows = _recall(found, labels)
    assert rows["any_rule"].to_dict() == {"charged twice": 1, "cleared": 1, "pretended visits": 0}
    assert rows["any_rule_by_chance"]["cleared"] == pytest.approx(2 / 100)


def test_where_labels_are_not_whole_an_unlabelled_hit_is_not_called_false() -> None:
    labels = _labels()
    found = _found(labels, _hits(("OP-02", "l1"), ("OP-02", "l3")), [])
    classes = to_hit_classes(found.hits, found.matches, labels)
    false = {
        is_whole: precision_by_rule(found, classes, labels, RULES, is_whole=is_whole).set_index("rule_id")["false"]
        for is_whole in (True, False)
    }
    assert (false[True]["OP-02"], false[False]["OP-02"]) == (2, 1)


def test_labels_need_no_rule_and_a_kind_that_does_not_exist_is_refused_with_the_missing_columns() -> None:
    assert to_labels(INSPECTED)["rule_id"].tolist() == ["", "", ""]
    with pytest.raises(FundwatchError) as problem:
        to_labels(pd.DataFrame({"kind": ["fraud"], "scheme": ["a"], "entity_type": ["line"]}))
    assert "no column instance" in str(problem.value)
    assert "kind 'fraud'" in str(problem.value)


def test_without_any_label_nothing_is_judged() -> None:
    with pytest.raises(FundwatchError, match="there is no label at all"):
        to_labels(INSPECTED.iloc[:0])


def test_labels_of_another_time_or_of_another_lake_are_refused() -> None:
    late = INSPECTED.assign(service_date="2026-05-04", starts_on="2026-05-01", ends_on="2026-05-31")
    with pytest.raises(FundwatchError, match="another night: they tell of 2026-05-01 to 2026-05-31"):
        refuse_foreign(with_state(to_labels(late), _seen(), [], WINDOW), WINDOW)
    foreign = INSPECTED.assign(patient_id="zoe", line_id="x")
    with pytest.raises(FundwatchError, match="another lake: none of the 3 things"):
        refuse_foreign(with_state(to_labels(foreign), _seen(), [], WINDOW), WINDOW)
    refuse_foreign(_labels(), WINDOW)


def test_what_a_hit_of_the_own_rule_is_compared_with_is_found_and_no_look_alike_is_wronged_by_it() -> None:
    labels = _labels().assign(rule_id=lambda rows: rows["scheme"].map({"charged twice": "DC-03", "cleared": "DC-03"}))
    labels["rule_id"] = labels["rule_id"].fillna("")
    hits = _hits(("DC-03", "l1"), ("OP-02", "l1"), ("DC-03", "l1"))
    compared = pd.DataFrame({"hit_id": ["h0", "h1", "h2"], "line_id": ["l2", "l2", "l3"]})
    ids = ["line_id", "encounter_id", "patient_id", "doctor_id", "institution_id", "day"]
    found = _found(labels, hits, [])
    beside = compared.merge(_seen().lines[ids], on="line_id")
    matches = with_compared(found.matches, labels, found.hits, beside)
    scheme_of = labels.set_index("label")["scheme"]
    assert found.matches["label"].map(scheme_of).tolist().count("charged twice") == 0
    own = matches[matches["is_own"]]
    assert [*zip(own["label"].map(scheme_of), own["hit_id"], strict=True)] == [("charged twice", "h0")]
    assert to_hit_classes(found.hits, matches, labels)["h0"] == "true"
    judged = with_findings(labels, replace(found, matches=matches), RULES)
    of_rules = recall_of_rules(with_units(judged, found.subjects))
    assert of_rules[["rule_id", "kind", "scheme", "instances", "found"]].values.tolist() == [
        ["DC-03", "lookalike", "cleared", 1, 0],
        ["DC-03", "scheme", "charged twice", 1, 1],
    ]
