"""Declared data: every problem of a file in one error, by key; what is empty lacks its keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import Field, ValidationError

from fundwatch.declared import Declared, model_problems, read_declared
from fundwatch.errors import CatalogueError, MappingError


class _Band(Declared):
    low: int
    high: int


class _Bands(Declared):
    name: str
    bands: tuple[_Band, ...] = ()
    by_day: dict[str, float] = Field(default_factory=dict)


def _order(bands: _Bands) -> Iterator[str]:
    for place, band in enumerate(bands.bands):
        if band.low > band.high:
            yield f"bands.{place}: {band.low} is more than {band.high}"


def _read(folder: Path, content: str) -> _Bands:
    file = folder / "bands.yaml"
    file.write_text(content, encoding="utf-8")
    return read_declared(_Bands, file, "the bands do not hold", error=MappingError, also=_order)


def test_what_holds_is_read_and_never_changes(tmp_path: Path):
    bands = _read(tmp_path, "name: ages\nbands: [{low: 1, high: 2}]")
    assert bands.bands[0].high == 2
    with pytest.raises(ValidationError):
        bands.name = "other"  # type: ignore[misc]


def test_every_problem_is_named_with_its_key_and_the_file(tmp_path: Path):
    with pytest.raises(MappingError) as raised:
        _read(tmp_path, "bands: [{low: 1, high: many}]\nnmae: ages")
    reported = str(raised.value)
    assert reported.startswith("the bands do not hold (3 problems):")
    assert all(
        key in reported for key in ("name: Field required", "bands.0.high: ", "nmae: Extra inputs", "bands.yaml")
    )


def test_an_unknown_key_is_told_where_it_belongs_or_which_is_meant(tmp_path: Path):
    with pytest.raises(MappingError) as raised:
        _read(tmp_path, "name: ages\nhigh: 3\nbands: [{low: 1, high: 2, bnds: 3}]")
    reported = str(raised.value)
    assert "high: Extra inputs are not permitted: 'high' belongs at bands[n].high" in reported
    assert "bands.0.bnds: Extra inputs are not permitted; 'bands' may be meant, at bands" in reported


def test_what_does_not_hold_by_itself_hides_no_problem_between_the_parts_that_do(tmp_path: Path):
    with pytest.raises(MappingError) as raised:
        _read(tmp_path, "name: ages\nby_day: {monday: much}\nnmae: x\nbands: [{low: 1, high: 2}, {low: 3, high: 2}]")
    reported = str(raised.value)
    assert "(3 problems)" in reported
    assert all(key in reported for key in ("by_day.monday: ", "nmae: Extra", "bands.1: 3 is more than 2"))


def test_what_is_wrong_between_the_parts_is_named_in_the_same_way(tmp_path: Path):
    with pytest.raises(MappingError, match=r"bands\.1: 3 is more than 2"):
        _read(tmp_path, "name: ages\nbands: [{low: 1, high: 2}, {low: 3, high: 2}]")


@pytest.mark.parametrize(("content", "reported"), [("", "name: Field required"), ("[1]", "the file: Input should be")])
def test_a_file_without_keys_is_refused_by_what_it_lacks(tmp_path: Path, content: str, reported: str):
    with pytest.raises(MappingError, match=reported):
        _read(tmp_path, content)


def test_a_catalogue_error_is_raised_unless_another_is_named(tmp_path: Path):
    (tmp_path / "bands.yaml").write_text("{}", encoding="utf-8")
    with pytest.raises(CatalogueError):
        read_declared(_Bands, tmp_path / "bands.yaml", "the bands do not hold")


def test_a_problem_of_a_whole_entry_is_named_by_what_it_is():
    with pytest.raises(ValidationError) as raised:
        _Band.model_validate("2-3")
    (reported,) = model_problems(raised.value, "row")
    assert reported.startswith("row: ")
