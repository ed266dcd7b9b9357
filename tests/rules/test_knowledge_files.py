"""Knowledge as files say it: problems are gathered, the narrowest region speaks, fingerprints ignore sources."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis.strategies import integers, lists, sampled_from, tuples

from fundwatch.errors import CatalogueError
from fundwatch.regions import Region
from rules.knowledge.points import knowledge_fingerprint, load_knowledge

HEADER = "code,value,unit,name,region,valid_from,valid_to,source\n"


def test_knowledge_that_holds_twice_on_a_day_is_refused_with_all_other_problems(tmp_path):
    file = tmp_path / "frequency.csv"
    file.write_text(
        HEADER
        + "X1,1,day,a,CN,2026-01-01,2026-03-31,s\n"
        + "X1,2,day,a,CN,2026-03-31,,s\n"
        + "X2,1,day,a,CN,gestern,,s\n",
        encoding="utf-8",
    )
    with pytest.raises(CatalogueError) as raised:
        load_knowledge([file])
    assert "X1 and X1 hold on the same days" in raised.value.what
    assert "frequency.csv line 4: valid_from" in raised.value.what


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEADER + 'X1,1,day,a,CN,2026-01-01,,"s\nX2,1,day,a,CN,2026-01-01,,s\n', "line 3: unexpected end of data"),
        (HEADER + 'X1,"1\n2",day,a,CN,2026-01-01,,s\n', "line 3: a cell goes over several lines"),
        (HEADER + "\n\nX1,1,day,a,CN,gestern,,s\n", "line 4: valid_from"),
        (HEADER.replace("source", "source,value") + "X1,1,day,a,CN,2026-01-01,,s,9\n", "names value twice"),
    ],
)
def test_a_file_that_would_be_read_otherwise_than_it_looks_is_refused(tmp_path, text, said):
    file = tmp_path / "frequency.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError) as raised:
        load_knowledge([file])
    assert said in raised.value.what


def held(knowledge, code):
    return [(p.cells["value"], str(p.valid_from), str(p.valid_to)) for p in knowledge if p.code == code]


def test_what_a_city_says_holds_there_on_its_days_and_the_nation_says_the_rest(tmp_path):
    file = tmp_path / "frequency.csv"
    rows = (
        "X1,1,day,a,CN,2026-01-01,,s",
        "X1,2,day,a,city,2026-04-01,2026-06-30,s",
        "X2,1,day,a,CN,2026-01-01,,s",
        "X2,3,day,a,province,2026-02-01,,s",
        "X3,9,day,a,town,2026-01-01,,s",
    )
    file.write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")
    city = load_knowledge([file], Region(("province", "city")))["frequency"]
    assert held(city, "X1") == [
        ("1", "2026-01-01", "2026-03-31"),
        ("2", "2026-04-01", "2026-06-30"),
        ("1", "2026-07-01", "None"),
    ]
    assert held(city, "X2") == [("1", "2026-01-01", "2026-01-31"), ("3", "2026-02-01", "None")]
    assert held(city, "X3") == []
    nation = load_knowledge([file])["frequency"]
    assert held(nation, "X1") == [("1", "2026-01-01", "None")]


def test_a_regions_prefix_takes_the_place_of_the_nations_longer_ones(tmp_path):
    file = tmp_path / "item_class.csv"
    rows = ("A01*,bed,,a,CN,2026-01-01,,s", "A1*,x,,a,CN,2026-01-01,,s", "A0*,nursing,,a,city,2026-05-01,,s")
    file.write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")
    city = load_knowledge([file], Region(("city",)))["item_class"]
    assert held(city, "A01*") == [("bed", "2026-01-01", "2026-04-30")]
    assert held(city, "A1*") == [("x", "2026-01-01", "None")]
    assert held(city, "A0*") == [("nursing", "2026-05-01", "None")]


@given(spans=lists(tuples(sampled_from(["CN", "p", "c"]), integers(0, 20), integers(0, 20)), max_size=8))
def test_on_every_day_one_word_holds_the_narrowest_that_is_said(tmp_path_factory, spans):
    """The law of the chain, over every day: nothing is lost, nothing holds twice."""
    start = date(2026, 1, 1)
    stated: dict[tuple[str, int], str] = {}
    rows = []
    for region, first, length in spans:
        days = range(first, first + length + 1)
        if any((region, day) in stated for day in days):
            continue  # one region says one thing a day: the loader refuses more
        value = f"{region}{first}"
        stated |= {(region, day): value for day in days}
        begun, ended = start + timedelta(days[0]), start + timedelta(days[-1])
        rows.append(f"X,{value},,a,{region},{begun},{ended},s")
    file = tmp_path_factory.getbasetemp() / "item_class.csv"
    file.write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")
    points = load_knowledge([file], Region(("p", "c")))["item_class"]
    for day in range(45):
        at = start + timedelta(day)
        holding = [p.cells["value"] for p in points if p.valid_from <= at and (p.valid_to is None or at <= p.valid_to)]
        wanted = next((stated[r, day] for r in ("c", "p", "CN") if (r, day) in stated), None)
        assert holding == ([] if wanted is None else [wanted])


def test_the_fingerprint_of_the_knowledge_ignores_its_sources():
    knowledge = load_knowledge()
    point = knowledge["frequency"][0]
    renamed = {**knowledge, "frequency": (point.model_copy(update={"source": "?"}), *knowledge["frequency"][1:])}
    changed = {
        **knowledge,
        "frequency": (point.model_copy(update={"cells": {"value": "9"}}), *knowledge["frequency"][1:]),
    }
    assert knowledge_fingerprint(knowledge) == knowledge_fingerprint(renamed) != knowledge_fingerprint(changed)


def test_a_point_of_a_regions_file_that_names_another_region_is_refused(tmp_path):
    folder = tmp_path / "city" / "knowledge"
    folder.mkdir(parents=True)
    (folder / "frequency.csv").write_bytes((HEADER + "X1,1,day,a,ctiy,2026-01-01,,s\n").encode("utf-8-sig"))
    (folder / "item_class.csv").write_bytes((HEADER + "A*,床,,床,city,2026-01-01,,s\n").encode("gbk"))
    with pytest.raises(CatalogueError) as raised:
        load_knowledge(region=Region(("city",), ((tmp_path / "city",),)))
    assert "X1: region 'ctiy' is none of CN, city" in raised.value.what
    assert "item_class.csv: is not UTF-8" in raised.value.what


def test_a_regions_knowledge_file_of_another_shape_is_refused_by_file_and_line(tmp_path):
    good = "X1,1,day,a,city,2026-01-01,"
    contents = {
        "empty": b"", "yaml": b"rules: 5\n", "short": HEADER.encode() + b"X1\n",
        "long": f"{HEADER}{good},s,more\n".encode(), "wide": f'{HEADER}X1,"{"a" * 200_000}"\n'.encode(),
        "early": f"{HEADER}{good}2025-12-31,s\n".encode(), "late": f"{HEADER}{good}9999-12-31,s\n".encode(),
    }  # fmt: skip
    for name, content in contents.items():
        folder = tmp_path / name / "knowledge"
        folder.mkdir(parents=True)
        (folder / "frequency.csv").write_bytes(content)
    (tmp_path / "late" / "knowledge" / "item_class.csv").mkdir()
    here = Region(("city",), (tuple(tmp_path / name for name in contents),))
    with pytest.raises(CatalogueError) as raised:
        load_knowledge(region=here)
    for reported in (
        "empty/knowledge/frequency.csv: its first line names no column code",
        "yaml/knowledge/frequency.csv: its first line names no column code",
        "short/knowledge/frequency.csv line 2: valid_from: Field required",
        "long/knowledge/frequency.csv line 2: has more cells than the first line has names",
        "wide/knowledge/frequency.csv line 2: field larger than field limit",
        "early/knowledge/frequency.csv line 2: valid_to: Value error, the point ends before it begins",
    ):
        assert f"{tmp_path}/{reported}" in raised.value.what
    assert "late/" not in raised.value.what


def test_a_city_may_say_a_point_to_the_last_day_there_is(tmp_path):
    file = tmp_path / "frequency.csv"
    rows = ("X1,1,day,a,CN,2026-01-01,,s", "X1,2,day,a,city,2026-04-01,9999-12-31,s")
    file.write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")
    city = load_knowledge([file], Region(("city",)))["frequency"]
    assert held(city, "X1") == [("1", "2026-01-01", "2026-03-31"), ("2", "2026-04-01", "9999-12-31")]
