"""A new grain is one declaration: rules over it are admitted, scanned and proved by their examples."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
import yaml
from pyspark.sql import functions as F

from fundwatch.errors import CatalogueError
from rules.catalogue.examples import example_worlds
from rules.catalogue.load import load_rules
from rules.engine.needs import why_not
from rules.frames.declaration import Grain, RowFrame, each_of, from_table
from rules.frames.registry import GRAINS, tables_read
from tests.rules.world import ALL_SUPPLIED, scanned

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import DataFrame, SparkSession

    from rules.catalogue.rule import RuleSet
    from rules.frames.inputs import ScanInputs


def _rows(inputs: ScanInputs, _wanted: frozenset[str], first: date) -> DataFrame:
    """One row per referral that began in the window; the visit that led to it proves it."""
    referrals = inputs.table("referral").filter(F.col("started_on").between(first, inputs.window.end))
    return referrals.select(
        *("patient_id", "target_region_code", "started_on", "ended_on", "from_encounter_id"),
        F.col("from_institution_id").alias("institution_id"),
        F.col("started_on").alias("service_date"),
        F.concat_ws("|", "patient_id", "started_on").alias("row_id"),
        F.array("from_encounter_id").alias("proof_encounters"),
        F.lit(None).cast("date").alias("proof_day"),
    )


REFERRALS = RowFrame(
    "referrals",
    _rows,
    {
        **from_table("referral", "patient_id", "target_region_code", "started_on", "ended_on", "from_encounter_id"),
        **from_table("referral", institution_id="from_institution_id", service_date="started_on"),
    },
)
REFERRAL = Grain(
    "referral",
    REFERRALS,
    ("patient_id", "started_on"),
    ("patient_id", "institution_id"),
    needs=each_of("referral.patient_id", "referral.started_on", "referral.from_encounter_id"),
)


def _example(says: str, hits: list[int], *referrals: dict[str, object]) -> dict[str, object]:
    lines = [{"line_id": n, "encounter_id": f"E{n}", "amount": 100} for n in range(1, len(referrals) + 1)]
    return {"says": says, "lines": lines, "tables": {"referral": [*referrals]}, "hits": hits}


def _referral(n: int, start: str, end: str | None, region: str | None = "4401") -> dict[str, object]:
    """The referral that visit `E<n>` led to."""
    who: dict[str, object] = {"patient_id": "P1", "from_institution_id": "H1", "from_encounter_id": f"E{n}"}
    days = {"started_on": date.fromisoformat(start), "ended_on": end and date.fromisoformat(end)}
    return who | days | {"target_region_code": region}


RULE = {
    "id": "RF-01",
    "name": {"zh": "转诊备案重叠", "en": "Referred twice at the same time"},
    "grain": "referral",
    "tier": "线索",
    "subject": "patient",
    "law": ["条例 17"],
    "valid": {"from": date(2021, 5, 1)},
    "measures": {
        "earlier_end": {
            "compute": "lag(ended_on)",
            "by": ["patient_id"],
            "order": ["started_on"],
        }
    },
    "when": "earlier_end >= started_on",
    "money": {"method": "A9"},
    "reason": {"zh": "前次备案至 {earlier_end}", "en": "the earlier one lasted to {earlier_end}"},
    "ask_for": {"zh": "备案表", "en": "The filing"},
    "clears": {"zh": "前次已撤销", "en": "The earlier one was taken back"},
    "examples": [
        _example("the second", [2], _referral(1, "2026-03-01", "2026-03-20"), _referral(2, "2026-03-10", None)),
        _example("on its last day", [2], _referral(1, "2026-03-01", "2026-03-10"), _referral(2, "2026-03-10", None)),
        _example("of another region", [2], _referral(1, "2026-03-01", "2026-03-20"),
                 _referral(2, "2026-03-10", None, region=None)),
        _example("one alone", [], _referral(1, "2026-03-01", "2026-03-20")),
        _example("one after the other", [], _referral(1, "2026-03-01", "2026-03-09"), _referral(2, "2026-03-10", None)),
        _example("an end that nobody knows", [], _referral(1, "2026-03-01", None), _referral(2, "2026-03-10", None)),
    ],
}  # fmt: skip


def _sources(grain: Grain) -> frozenset[str]:
    return frozenset(source for groups in grain.columns.values() for group in groups for source in group)


def _loaded(folder: Path) -> RuleSet:
    file = folder / "referrals.yaml"
    file.write_text(yaml.safe_dump({"rules": [RULE]}, allow_unicode=True), "utf-8")
    return load_rules([file])


def test_a_grain_that_nobody_declared_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="rule RF-01: grain: there is no 'referral'; there are line, patient_item"):
        _loaded(tmp_path)


def test_a_grain_that_is_declared_is_judged_like_any_other(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(GRAINS, REFERRAL.name, REFERRAL)
    rule_set = _loaded(tmp_path)
    examples = example_worlds(rule_set).expected
    found = scanned(spark, rule_set)
    hits = found.found.collect()
    assert {line.line_id for hit in hits for line in hit.lines} == {
        f"{n}:{i}" for n, e in examples.items() for i in e.hits
    }
    assert {(hit.grain, hit.subject_type, hit.amount_at_risk) for hit in hits} == {("referral", "patient", 80)}
    assert {hit.reason_zh for hit in hits} == {"前次备案至 2026-03-20", "前次备案至 2026-03-10"}


def test_the_scan_reads_what_the_grain_rests_on_and_says_where_it_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = {name: grain for name, grain in GRAINS.items() if "referral.started_on" not in _sources(grain)}
    monkeypatch.setattr("rules.frames.registry.GRAINS", shipped)
    assert "referral" not in tables_read()
    monkeypatch.setitem(shipped, REFERRAL.name, REFERRAL)
    assert "referral" in tables_read()
    monkeypatch.setitem(GRAINS, REFERRAL.name, REFERRAL)
    rule_set = _loaded(tmp_path)
    (rule,) = rule_set.rules
    assert why_not(rule_set, rule, ALL_SUPPLIED.keys(), ALL_SUPPLIED, {}) == ""
    assert (
        why_not(rule_set, rule, ALL_SUPPLIED.keys() - {"referral"}, ALL_SUPPLIED, {}) == "the table referral is missing"
    )
