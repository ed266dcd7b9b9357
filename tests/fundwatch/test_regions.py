"""A region's overlays: one chain from the nation to the place, the narrowest word holding."""

from __future__ import annotations

from pathlib import Path

import pytest

from fundwatch.errors import CatalogueError, FundwatchError
from fundwatch.regions import Region, read_region, region_names


def declare(conf: Path, name: str, within: str | None = None, **files: str) -> Path:
    folder = conf / "regions" / name
    folder.mkdir(parents=True)
    parent = f"within: {within}\n" if within else ""
    (folder / "region.yaml").write_text(f"zh: {name}\nen: {name}\n{parent}", encoding="utf-8")
    for file, content in files.items():
        (folder / f"{file}.yaml").write_text(content, encoding="utf-8")
    return folder


def test_without_a_region_the_nation_holds_alone():
    assert read_region("default") == Region()
    assert read_region("default").chain == ("CN",)
    assert read_region("default").files("rules.yaml") == []


def test_a_city_has_its_provinces_overlays_first_and_its_own_last(tmp_path):
    declare(tmp_path, "province", rules="a: 1")
    declare(tmp_path, "city", within="province", rules="a: 2")
    city = read_region("city", tmp_path)
    assert city.chain == ("CN", "province", "city")
    assert [file.read_text() for file in city.files("rules.yaml")] == ["a: 1", "a: 2"]
    assert city.files("peers.yaml") == []


def test_files_of_a_folder_come_in_the_same_order(tmp_path):
    for name, within in (("province", None), ("city", "province")):
        folder = declare(tmp_path, name, within) / "knowledge"
        folder.mkdir()
        (folder / "frequency.csv").write_text(name)
        (folder / "notes.txt").write_text("no knowledge")
    found = read_region("city", tmp_path).files_in("knowledge", ".csv")
    assert [file.read_text() for file in found] == ["province", "city"]


def test_a_region_that_nobody_declared_is_refused_with_the_choices(tmp_path):
    declare(tmp_path, "city")
    with pytest.raises(FundwatchError, match="no region named 'town'") as problem:
        read_region("town", tmp_path)
    assert "default, 320000, 990000, US, city" in problem.value.do
    assert region_names(tmp_path) == ["320000", "990000", "US", "city"]


@pytest.mark.parametrize("name", ["../city", "", ".", "a/b"])
def test_a_name_that_leads_elsewhere_is_no_region(tmp_path, name):
    declare(tmp_path, "city")
    with pytest.raises(FundwatchError, match="no region named"):
        read_region(name, tmp_path)


def test_a_circle_of_regions_is_named(tmp_path):
    declare(tmp_path, "east", within="west")
    declare(tmp_path, "west", within="east")
    with pytest.raises(CatalogueError, match="'east' lies within itself"):
        read_region("east", tmp_path)


def test_a_head_that_does_not_hold_is_named_with_its_file(tmp_path):
    folder = declare(tmp_path, "city")
    (folder / "region.yaml").write_text("zh: 市\nunder: province\n", encoding="utf-8")
    with pytest.raises(CatalogueError, match="under") as problem:
        read_region("city", tmp_path)
    assert str(folder) in problem.value.where


def test_a_region_counts_in_the_currency_of_the_narrowest_that_names_one_and_else_in_yuan(tmp_path):
    province, _ = declare(tmp_path, "province"), declare(tmp_path, "city", within="province")
    assert read_region("default").currency == read_region("city", tmp_path).currency == "CNY"
    (province / "region.yaml").write_text("zh: 省\nen: Province\ncurrency: MOP\n", encoding="utf-8")
    assert read_region("city", tmp_path).currency == "MOP"
    (province / "region.yaml").write_text("zh: 省\nen: Province\ncurrency: yuan\n", encoding="utf-8")
    with pytest.raises(CatalogueError, match="currency"):
        read_region("city", tmp_path)


@pytest.mark.parametrize("name", ["rule.yaml", "rules.yml", "frequency.csv", "knowlege/"])
def test_what_nothing_would_read_is_refused_by_name(tmp_path, name):
    folder = declare(tmp_path, "city")
    (folder / "README.md").write_text("for people")
    read_region("city", tmp_path)
    (folder / name).mkdir() if name.endswith("/") else (folder / name).write_text("")
    with pytest.raises(CatalogueError, match=f"nothing reads {name.strip('/')}") as problem:
        read_region("city", tmp_path)
    assert problem.value.where == str(folder)
