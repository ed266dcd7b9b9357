"""The catalogue: names derived, problems gathered, memory bounded, nothing unknown made a zero."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from features.catalogue import Catalogue, load_catalogues, runnable
from features.catalogue.checking import problems_of
from features.catalogue.loader import read_catalogues
from features.catalogue.running import narrowed
from fundwatch.contracts import TABLES
from fundwatch.contracts.entities import ENTITIES, MEASURED
from fundwatch.errors import CatalogueError
from tests.shapes import SHAPES

ALL_SUPPLIED = {name: frozenset(table.column_names) for name, table in TABLES.items()}


def declared(**changes: object) -> dict[str, object]:
    base: dict[str, object] = {
        "entity": "patient",
        "windows": [30],
        "measures": {"amount": {"of": "lines", "value": "sum(amount)", "unit": "yuan", "description": "All."}},
        "indicators": {
            "amount": {
                "name": {"zh": "费用", "en": "Charges"},
                "unit": "yuan",
                "direction": "high",
                "formula": "amount",
                "description": "All.",
            }
        },
    }
    return base | changes


def message_of(tmp_path: Path, *contents: dict[str, object]) -> str:
    files = []
    for number, content in enumerate(contents):
        file = tmp_path / f"{number}.yaml"
        file.write_text(yaml.safe_dump(content), encoding="utf-8")
        files.append(file)
    with pytest.raises(CatalogueError) as caught:
        read_catalogues(list(files))
    return str(caught.value)


def test_names_say_entity_measure_and_window_and_each_stands_once():
    columns = [named.column for catalogue in load_catalogues().values() for named in catalogue.named]
    assert {"patient_drug_share_30d", "doctor_visits_per_day_90d", "institution_mean_stay_days_90d"} <= set(columns)
    assert len(columns) == len(set(columns))
    assert all(column.startswith(tuple(MEASURED)) and column.endswith("d") for column in columns)


def test_the_fingerprint_ignores_names_and_descriptions_and_follows_formulas():
    base = Catalogue.model_validate(declared())
    content = declared()
    content["indicators"]["amount"] |= {"description": "Other words.", "name": {"zh": "金额", "en": "Money"}}  # type: ignore[index]
    assert Catalogue.model_validate(content).fingerprint == base.fingerprint
    content["indicators"]["amount"] |= {"formula": "amount * 2"}  # type: ignore[index]
    assert Catalogue.model_validate(content).fingerprint != base.fingerprint


def test_all_problems_of_all_files_come_in_one_error(tmp_path: Path):
    bad_measures = {
        "amount": {"of": "lines", "value": "sum(ammount)", "unit": "yuan", "description": "Misspelt."},
        "all_items": {
            "of": "lines",
            "value": "size(collect_list(item_code))",
            "unit": "count",
            "description": "Unbounded.",
        },
        "stays": {"of": "settlements", "value": "count(*)", "unit": "count", "description": "No key."},
    }
    text = message_of(tmp_path, declared(entity="doctor", measures=bad_measures), declared(colour="red"))
    assert "measures.amount: names 'ammount', and there is no such column" in text
    assert "measures.all_items: calls collect_list(), which is not among the functions whose memory is bounded" in text
    assert "settlements: no row of it finds its doctor" in text
    assert "all_items: no indicator reads it" in text
    assert "1.yaml: colour" in text


def test_a_formula_divides_only_where_no_base_gives_null(tmp_path: Path):
    content = declared()
    content["indicators"]["amount"] |= {"formula": "amount / days"}  # type: ignore[index]
    text = message_of(tmp_path, content)
    assert "write try_divide(a, b)" in text
    assert "there is no measure or set 'days'" in text


def test_two_distinct_counts_over_one_scan_are_refused(tmp_path: Path):
    measures = {
        name: {
            "of": "lines",
            "value": f"count(DISTINCT {column})",
            "unit": "count",
            "description": "Distinct.",
        }
        for name, column in (("amount", "item_code"), ("orders", "order_id"))
    }
    assert "distinct item_code and distinct order_id; one is allowed" in message_of(
        tmp_path, declared(measures=measures)
    )


def test_a_file_short_of_an_entity_is_refused(tmp_path: Path):
    assert "no file declares the entity doctor" in message_of(tmp_path, declared())


def test_an_indicator_whose_column_is_not_supplied_is_left_out_and_says_why():
    without = ALL_SUPPLIED | {"claim_line": ALL_SUPPLIED["claim_line"] - {"days_supplied"}}
    catalogue, why_not = runnable(load_catalogues()["patient"], without)
    reason = "the source does not supply claim_line.days_supplied"
    assert reason == why_not["patient_drug_days_supplied_30d"] == why_not["patient_drug_days_supplied_90d"]
    assert all("claim_line.days_supplied" in why for why in why_not.values())
    assert "drug_days" not in catalogue.measures
    assert not why_not.keys() & catalogue.directions.keys()


def test_a_source_without_doctors_leaves_no_doctor_indicator_to_run():
    without = ALL_SUPPLIED | {"claim_line": ALL_SUPPLIED["claim_line"] - {"ordering_doctor_id"}}
    full = load_catalogues()["doctor"]
    catalogue, why_not = runnable(full, without)
    of_lines = [taken for taken in catalogue.taken.values() if catalogue.source_of(taken.of).value == "lines"]
    assert not of_lines
    assert {n.column for n in full.named if full.measured(n.definition) & {"visits", "line_count"}} <= set(why_not)


def test_everything_runs_when_everything_is_supplied():
    for catalogue in load_catalogues().values():
        assert runnable(catalogue, ALL_SUPPLIED) == (catalogue, {})


@pytest.mark.parametrize(
    "hostile",
    [
        "sum(amount) + reflect('java.lang.Math', 'random')",
        "sum((select max(value) from text.`/etc/passwd`))",
        "count_if(exists(array(amount), x -> x > 1))",
        "sum(amount) + rand()",
        "count(*) FILTER (WHERE raise_error(patient_id))",
        "max(input_file_name())",
        "sum(amount) -- all",
    ],
)
def test_no_measure_and_no_formula_takes_what_is_no_plain_expression(tmp_path: Path, hostile: str):
    content = declared(measures={"amount": {"of": "lines", "value": hostile, "unit": "yuan", "description": "All."}})
    content["indicators"]["amount"] |= {"when": hostile}  # type: ignore[index]
    reported = message_of(tmp_path, content)
    assert "0.yaml: measures.amount: " in reported
    assert "0.yaml: indicators.amount.when: " in reported


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_regions_indicators_of_any_shape_hold_or_are_refused_by_both_files(tmp_path: Path, shape: object):
    shipped, region = tmp_path / "patient.yaml", tmp_path / "indicators.yaml"
    shipped.write_text(yaml.safe_dump(declared()), encoding="utf-8")
    parts = ("windows", "keys", "sets", "measures", "indicators", "colour")
    contents = [shape, {"patient": shape}, *({"patient": {part: shape}} for part in parts)]
    contents += [{"patient": {part: {"amount": shape}}} for part in parts if part != "windows"]
    for content in contents:
        region.write_text(yaml.safe_dump(content), encoding="utf-8")
        with pytest.raises(CatalogueError) as refused:  # where the file holds, no file declares the doctor
            read_catalogues([shipped], [region])
        assert {"no file declares the entity doctor" in refused.value.what} ^ {str(region) in refused.value.what}


def test_a_regions_file_that_cannot_be_read_is_reported_with_the_problems_of_the_others(tmp_path: Path):
    wrong, other = tmp_path / "gbk.yaml", tmp_path / "indicators.yaml"
    wrong.write_bytes("patient: {windows: [30]} # 患者".encode("gbk"))
    other.write_text("nurse: {}", encoding="utf-8")
    with pytest.raises(CatalogueError) as refused:
        read_catalogues([], [wrong, other])
    assert f"{wrong}: not readable as YAML: byte " in refused.value.what
    assert f"{other}: holds what differs by entity" in refused.value.what


def test_a_ratio_of_two_sources_is_refused_for_they_are_not_the_same_care(tmp_path: Path):
    content = declared()
    content["measures"]["visits"] = {"of": "encounters", "value": "count(*)", "unit": "count", "description": "All."}  # type: ignore[index]
    ratio = content["indicators"]["amount"] | {"formula": "try_divide(amount, visits)"}  # type: ignore[index]
    text = message_of(tmp_path, content | {"indicators": {"amount_per_visit": ratio}})
    assert "indicators.amount_per_visit.formula: divides encounters by lines, which are not the same care" in text


def test_the_hour_of_a_source_that_has_dates_only_is_unknown_and_its_weekday_is_not():
    dates_only = frozenset({"claim_line.charged_at", "encounter.started_at", "encounter.ended_at"})
    not_run: dict[str, str] = {}
    for entity in ENTITIES:
        narrowed, why = runnable(load_catalogues()[entity], ALL_SUPPLIED, dates_only)
        assert "night_lines" not in narrowed.measures
        assert f"{entity}_weekend_stay_share_90d" not in why
        not_run |= why
    assert {f"{entity}_night_share_30d" for entity in ENTITIES} <= not_run.keys()
    assert all(why.startswith("the source has dates only: ") for why in not_run.values())
    assert runnable(load_catalogues()["doctor"], ALL_SUPPLIED)[1] == {}


def test_a_narrowed_catalogue_makes_only_what_is_read_of_its_sequences_and_groups() -> None:
    whole = load_catalogues()["institution"]
    narrow = narrowed(whole, ["same_disease_return_share"])
    made = {name: {*sequence.made} for name, sequence in narrow.sequences.items()}
    assert "way_before" in whole.sequences["stay_chain"].made
    assert made == {"stay_chain": {"ended_before", "institution_before", "category_before"}}


def test_a_past_that_looks_back_years_is_refused_for_its_rows_would_be_read_every_night() -> None:
    said = {"name": {"zh": "量", "en": "It"}, "unit": "z", "direction": "high", "description": "It."}
    catalogue = Catalogue.model_validate(
        {
            "entity": "drug",
            "windows": [90, 365],
            "measures": {"amount": {"of": "lines", "value": "sum(amount)", "unit": "yuan", "description": "It."}},
            "indicators": {"amount_past": said | {"past": {"of": "amount"}}},
        }
    )
    (problem,) = problems_of(catalogue)
    assert problem == "indicators.amount_past: over 365 days it looks back more than 800 days: say shorter windows"
