"""Code lists: what codes mean, by whole codes and by what they begin with, in the nation and in a region."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import functions as F

from fundwatch.errors import CatalogueError, MappingError
from fundwatch.regions import read_region
from fundwatch.resources import conf_names
from intake.rows.values import _translated
from intake.source.code_lists import KIND, CodeLists
from intake.source.columns import Codes
from intake.source.load import parse_mapping

MAPPING = """
source: small
delivery: {folder: "."}
files:
  visits: {name: visits.csv, columns: [id, person, kind]}
tables:
  encounter:
    rows:
      - from: visits
        columns: {encounter_id: id, patient_id: {token: person, of: person}, is_inpatient: {codes: is_stay, of: kind}}
"""


def region(tmp_path: Path, text: str) -> Path:
    """A conf folder with a province whose own list of stays says `text`."""
    folder = tmp_path / "regions" / "330000"
    (folder / KIND).mkdir(parents=True)
    (folder / "region.yaml").write_text("zh: 某省\nen: Some Province\n", encoding="utf-8")
    (folder / KIND / "is_stay.yaml").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("name", conf_names(KIND))
def test_every_shipped_list_holds(name):
    assert CodeLists().read(name)


def test_the_longest_beginning_holds_and_a_whole_code_before_it(spark):
    codes = Codes(codes={"9*": "a", "99*": "b", "9929": "c"}, of="kind", otherwise=None)
    rows = spark.createDataFrame([("9",), ("990",), ("9929",), ("99290",), ("8",), (None,)], "kind string")
    found = [row[0] for row in rows.select(_translated(F.col("kind"), codes)).collect()]
    assert found == ["a", "b", "c", "b", None, None]
    assert [codes.lists(code) for code in ("9", "990", "9929", "8", "")] == [True, True, True, False, False]


def test_a_kind_of_visit_that_no_list_knows_is_no_outpatient_visit(spark):
    codes = Codes(codes=CodeLists().read("is_stay"), of="kind")
    met = ["11", "140201", "210104", "2105", "52", "41", "9929", "9902", "71", "3101"]
    rows = spark.createDataFrame([(code,) for code in met], "kind string")
    found = dict(zip(met, [row[0] for row in rows.select(_translated(F.col("kind"), codes)).collect()], strict=True))
    assert [code for code in met if found[code] == "true"] == ["210104", "2105", "52"]
    assert [code for code in met if found[code] is None] == ["9902", "71", "3101"]


def test_a_province_adds_codes_of_its_own_and_takes_others_away(tmp_path):
    conf = region(tmp_path, 'codes: {"9902": "true", "81*": null}\n')
    found = CodeLists(read_region("330000", conf), conf).read("is_stay")
    assert found["9902"] == "true"
    assert "81*" not in found
    assert found["2*"] == "true"


def test_a_mapping_names_a_list_and_reads_the_regions(tmp_path):
    conf = region(tmp_path, 'codes: {"9902": "true"}\n')
    file = tmp_path / "small.yaml"
    file.write_text(MAPPING, encoding="utf-8")
    here = parse_mapping(file, CodeLists(read_region("330000", conf), conf))
    of_stay = here.tables["encounter"].rows[0].columns["is_inpatient"]
    assert isinstance(of_stay, Codes)
    assert of_stay.lists("9902")
    assert parse_mapping(file).fingerprint != here.fingerprint


def test_a_list_that_nobody_declared_is_refused_with_the_choices(tmp_path):
    file = tmp_path / "small.yaml"
    file.write_text(MAPPING.replace("is_stay", "is_day"), encoding="utf-8")
    with pytest.raises(MappingError, match=r"is_inpatient.*there is no code list 'is_day'; choose one of .*is_stay"):
        parse_mapping(file)


def test_a_list_that_does_not_hold_is_refused_with_its_file(tmp_path):
    conf = region(tmp_path, "code: {}\n")
    with pytest.raises(CatalogueError, match="codes: Field required") as caught:
        CodeLists(read_region("330000", conf), conf).read("is_stay")
    assert "is_stay.yaml" in str(caught.value)
