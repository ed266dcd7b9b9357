"""A new entity is one declaration and its catalogue of indicators: tables, stages, models, rules and lists follow."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from features.catalogue import Source
from features.catalogue.loader import catalogue_files, read_catalogues
from features.catalogue.sources import columns_of
from fundwatch.contracts import TABLES
from fundwatch.contracts.entities import ENTITIES, MEASURED, Entity, EntityColumns, Register
from fundwatch.contracts.features import indicator_of, rollup_of
from fundwatch.expressions.declared import ROW, problems_in

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

ROOT = Path(__file__).parent.parent.parent
NIGHT = date(2026, 3, 31)
PERFORMER = Entity(
    name="performer",
    zh="执行医师",
    domain="doctor",
    line_id="performing_doctor_id",
    days={"claim_line": EntityColumns("performing_doctor_id")},
    register=Register("doctor", "doctor_id", {"title": "title"}, begun="started_on", within="institution"),
    peers=("institution_level", "title"),
)
CATALOGUE = {
    "entity": "performer",
    "windows": [30],
    "measures": {"line_count": {"of": "lines", "value": "count(*)", "unit": "count", "description": "Lines."}},
    "indicators": {
        "lines": {
            "name": {"zh": "执行明细数", "en": "Lines performed"},
            "unit": "count",
            "direction": "high",
            "formula": "line_count",
            "description": "All.",
        }
    },
}


@pytest.fixture
def declared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The entity is declared; the file of its catalogue."""
    monkeypatch.setitem(ENTITIES, PERFORMER.name, PERFORMER)
    monkeypatch.setitem(MEASURED, PERFORMER.name, PERFORMER)
    monkeypatch.setitem(TABLES, PERFORMER.rollup_table, rollup_of(PERFORMER))
    monkeypatch.setitem(TABLES, PERFORMER.indicator_table, indicator_of(PERFORMER))
    file = tmp_path / "performer.yaml"
    file.write_text(yaml.safe_dump(CATALOGUE, allow_unicode=True), "utf-8")
    return file


def test_a_new_entity_has_days_indicators_and_peers(
    spark: SparkSession, table: Callable[..., DataFrame], declared: Path, tmp_path: Path
) -> None:
    from pyspark.sql import functions as F

    from features.attributes import registers_of, with_attributes
    from features.indicators import to_indicators
    from features.peer_statistics import to_peer_statistics
    from features.peers import read_peer_groups, with_peer_groups
    from features.rollup import as_known, changed, recent, to_days
    from fundwatch.contracts.versions import known_on

    plan = read_catalogues([*catalogue_files(), declared])[PERFORMER.name]
    work = [("D1", n) for n in range(3)] + [("D2", 3), ("D3", 4), (None, 5)]
    claims = table(
        "claim_line",
        [
            {"line_id": f"L{n}", "performing_doctor_id": who, "charged_at": "2026-03-30T09:00:00", "known_from": NIGHT}
            for who, n in work
        ],
    )
    versions = {Source.LINES: recent([plan], Source.LINES, claims, NIGHT)}
    known = {Source.LINES: versions[Source.LINES].filter(known_on(NIGHT))}
    days = to_days(plan, known, changed(plan, versions, None, NIGHT)).withColumn("business_date", F.lit(NIGHT))
    rollup = rollup_of(PERFORMER).conform(days)

    assert registers_of(PERFORMER) == ("doctor", "institution")
    doctors = [
        {"doctor_id": f"D{n}", "institution_id": "H1", "title": "主治" if n < 3 else None, "started_on": NIGHT}
        for n in (1, 2, 3)
    ]
    registers = {
        "doctor": table("doctor", doctors),
        "institution": table("institution", [{"institution_id": "H1", "institution_level": "1"}]),
    }
    members = with_attributes(plan, to_indicators(plan, as_known(plan, rollup, NIGHT), {}, NIGHT), registers, NIGHT)
    peers_file = tmp_path / "peers.yaml"
    peers_file.write_text("{minimum_members: 2, entities: {}}", encoding="utf-8")
    peered = with_peer_groups(read_peer_groups(peers_file), PERFORMER.name, members)
    indicators = peered.select("performer_id", "peer_group", "performer_lines_30d")
    indicator_of(PERFORMER).conform(indicators.withColumn("business_date", F.lit(NIGHT)))
    assert {tuple(row) for row in indicators.collect()} == {
        ("D1", "performer|1|主治", 3.0),
        ("D2", "performer|1|主治", 1.0),
        ("D3", "performer|1", 1.0),
    }
    statistics = {row.peer_group: row for row in to_peer_statistics(PERFORMER.name, indicators).collect()}
    assert statistics["performer|1|主治"].median == 2.0
    assert (statistics["performer|1"].peer_count, statistics["performer|1"].entity_type) == (3, "performer")


@pytest.mark.parametrize("entity", MEASURED.values(), ids=lambda entity: entity.name)
def test_an_entity_is_found_by_columns_that_are_there(entity: Entity) -> None:
    for source in (source for source in Source if source.table in entity.days):
        key = entity.days[source.table]
        texts = [*key.parts, *([key.only] if key.only else [])]
        assert [wrong for text in texts for wrong in problems_in(text, ROW, columns_of(source))] == []
    register = entity.register
    assert register is None or register.id in TABLES[register.table].column_names
    assert not entity.is_watched or entity.line_id in TABLES["claim_line"].column_names


def test_what_is_only_measured_is_the_subject_of_nothing() -> None:
    measured = MEASURED.keys() - ENTITIES.keys()
    assert {"drug", "region", "trace_code", "doctor_item"} <= measured
    assert not {f"rollup_{name}_day" for name in measured} & TABLES.keys()
    assert {f"indicator_{name}" for name in MEASURED} <= TABLES.keys()


def test_whatever_lists_entities_follows_the_declaration() -> None:
    """In a process of its own, declared before anything else is imported, as an entry in the file would be."""
    script = f"""
import importlib.util, sys
spec = importlib.util.spec_from_file_location("fundwatch.contracts.entities", "fundwatch/contracts/entities.py")
sys.modules[spec.name] = entities = importlib.util.module_from_spec(spec)
spec.loader.exec_module(entities)
Entity, EntityColumns, Register = entities.Entity, entities.EntityColumns, entities.Register
entities.ENTITIES["performer"] = entities.MEASURED["performer"] = {PERFORMER!r}
from evaluation.labels import OPTIONAL
from features.catalogue.sources import columns_of
from fundwatch.contracts import TABLES
from jobs.stages import job_named
from leads.words import SUBJECT_WORDS
from models.registry.champions import kinds
from rules.catalogue.load import load_rules
from rules.catalogue.rule import Rule
made = {{"rollup_performer_day", "indicator_performer"}}
assert made <= TABLES.keys()
assert made <= {{*job_named("features").writes}}
assert "indicator_performer" in job_named("train").reads
assert "indicator_performer" in job_named("score").reads
assert "performer_id" in OPTIONAL
assert "performer" in {{entity for entity, _ in kinds()}}
rollup = TABLES["rollup_performer_day"]
assert (rollup.dated, rollup.token_columns) == ("day", ("performer_id",))
assert SUBJECT_WORDS["performer"] == "执行医师 performer"
a_rule = load_rules().rules[0].model_dump(by_alias=True)
assert Rule.model_validate(a_rule | {{"subject": "performer"}}).subject == "performer"
print("all follow")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.stdout == "all follow\n", done.stderr
