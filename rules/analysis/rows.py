"""Rows of analysis rules, and the ordinary entries that they stand for.

    class: staff
    law: [条例 15, 条例 38(2)]
    ask_for: {zh: …, en: …}        # of all rows that say nothing of their own
    clears: {zh: …, en: …}
    rules:
      - {id: AS-01, indicator: doctor.exam_share, window: 90, shape: above_peers, money: ordered_amount}

Name, reason, facts, money and examples follow from the indicator's declaration and the shape; what a row says itself
holds in their place. `params` are those of the shape that are otherwise. `money` is an indicator in yuan of the same
entity and window, of which the part above expectation is the estimate (A9); without it a rule has no money (A11).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from importlib.resources.abc import Traversable
from typing import Any, Literal

from pydantic import Field, ValidationError

from fundwatch.contracts.entities import PARTED_BY, answering
from fundwatch.declared import Declared, model_problems
from fundwatch.errors import FundwatchError
from fundwatch.resources import read_yaml
from rules.analysis.indicators import JUDGED, IndicatorColumn, grain_of, indicator_columns, unit_said
from rules.analysis.shapes import SHAPES, AnalysisShape
from rules.analysis.shown import Entity
from rules.wording.units import UNITS

Text = Mapping[Literal["zh", "en"], str]
_VALID_FROM = date(2021, 5, 1)  # since when the Regulation (条例) is in force
_OF_UNIT = frozenset({"value_said", "median_said", "limit_said"})


class AnalysisRow(Declared):
    """One analysis rule as it is written."""

    id: str
    indicator: str = Field(pattern=r"^\w+\.\w+$")
    window: int
    shape: str
    params: Mapping[str, float | int] = Field(default_factory=dict)
    beside: Mapping[str, str] = Field(default_factory=dict)
    money: str | None = None
    state: str = "shadow"
    tier: str = "线索"
    name: Text | None = None
    law: tuple[str, ...] = ()
    ask_for: Text | None = None
    clears: Text | None = None
    classes: tuple[int, ...] = ()


class AnalysisFile(Declared):
    """The rows of one class of indicators, and what they say alike."""

    class_: str = Field(alias="class")
    law: tuple[str, ...] = Field(min_length=1)
    ask_for: Text
    clears: Text
    rules: tuple[AnalysisRow, ...]


def entries_of(file: Traversable, wrong: list[str]) -> list[dict[str, Any]]:
    """The rules' entries of a file of rows; what is wrong is added to `wrong`, by file, rule and key."""
    try:
        said = AnalysisFile.model_validate(read_yaml(file))
    except ValidationError as error:
        wrong += [f"{file.name}: {text}" for text in model_problems(error)]
        return []
    except FundwatchError as error:
        wrong.append(f"{file.name}: {error.what}")
        return []
    found = []
    for row in said.rules:
        problems = list(problems_of(row))
        wrong += [f"{file.name}: rule {row.id}: {problem}" for problem in problems]
        if not problems:
            found.append(_entry(row, said))
    return found


def problems_of(row: AnalysisRow) -> Iterator[str]:
    """What is wrong with a row beside the keys that any rule has."""
    judged, shape = _column(row, row.indicator), SHAPES.get(row.shape)
    if shape is None:
        yield f"shape: there is no '{row.shape}'; there are {', '.join(SHAPES)}"
    if judged is None:
        yield f"indicator: there is no '{row.indicator}' over {row.window} days"
    if shape is not None and judged is not None:
        yield from _misjudged(row, shape, judged)
        yield from _misplaced(row, shape, judged)


def _misjudged(row: AnalysisRow, shape: AnalysisShape, judged: IndicatorColumn) -> Iterator[str]:
    """That the shape judges no such indicator, or not its side, or has not the row's parameters."""
    if judged.kind not in shape.judges:
        yield f"shape: {row.shape} judges a {' or '.join(sorted(shape.judges))}, and {row.indicator} is a {judged.kind}"
    if judged.direction not in (shape.side, "both"):
        yield f"shape: {row.shape} is strange when {shape.side}, {row.indicator} when {judged.direction}"
    yield from (f"params: {row.shape} has no '{name}'" for name in sorted(row.params.keys() - shape.params.keys()))


def _misplaced(row: AnalysisRow, shape: AnalysisShape, judged: IndicatorColumn) -> Iterator[str]:
    """What is wrong with the indicators beside the judged one."""
    if {*row.beside} != {*shape.beside}:
        yield f"beside: {row.shape} needs {', '.join(shape.beside) or 'nothing'}"
    for key, name in {**row.beside, **({"money": row.money} if row.money else {})}.items():
        beside = _column(row, f"{judged.entity}.{name}")
        if beside is None:
            yield f"{key}: there is no '{judged.entity}.{name}' over {row.window} days"
        elif key == "money" and beside.unit != "yuan":
            yield f"money: {name} is in {beside.unit}, and not in yuan"
    if row.money and shape.estimate is None:
        yield f"money: {row.shape} says nothing of money"


def _column(row: AnalysisRow, indicator: str) -> IndicatorColumn | None:
    return indicator_columns().get(f"{indicator.replace('.', '_', 1)}_{row.window}d")


def _entry(row: AnalysisRow, said: AnalysisFile) -> dict[str, Any]:
    """The ordinary entry that a sound row stands for."""
    shape, judged = SHAPES[row.shape], indicator_columns()[f"{row.indicator.replace('.', '_', 1)}_{row.window}d"]
    whose = answering(judged.of)
    params = {**shape.params, **row.params}
    named = {**row.beside, **({"money": row.money} if row.money else {})}
    money = {"method": "A9", "estimate": shape.estimate} if row.money else {"method": "A11"}
    reason = _reason(judged, shape, row.window)
    facts = {name: sql for name, sql in _facts(judged, shape).items() if f"{{{name}}}" in reason["zh"]}
    return {
        "id": row.id,
        "name": row.name or _name(judged, shape),
        "grain": grain_of(judged.entity),
        "tier": row.tier,
        "state": row.state,
        "subject": judged.entity if whose is None else whose.name,
        "law": [*(row.law or said.law)],
        "classes": [*row.classes],
        "valid": {"from": _VALID_FROM},
        "indicators": {JUDGED: judged.column} | {n: f"{judged.entity}_{one}_{row.window}d" for n, one in named.items()},
        "params": params,
        "ranges": dict(shape.ranges),
        "where": shape.where,
        "when": shape.when,
        "money": money,
        "facts": facts,
        "reason": reason,
        "ask_for": row.ask_for or said.ask_for,
        "clears": row.clears or said.clears,
        "examples": [*_examples(shape, params)],
    }


def _name(judged: IndicatorColumn, shape: AnalysisShape) -> dict[str, str]:
    zh = judged.name_zh.removeprefix(judged.of.zh)  # some names begin with whose they are
    return {"zh": f"{judged.of.zh}{zh}{shape.zh}", "en": f"{_noun(judged)}: {judged.name_en}, {shape.en}"}


def _noun(judged: IndicatorColumn) -> str:
    return judged.entity.replace("_", " ").capitalize()


def _reason(judged: IndicatorColumn, shape: AnalysisShape, window: int) -> dict[str, str]:
    """The texts, with the unit behind each figure that has the indicator's; what it is of, where the subject does not
    say so."""
    is_said = answering(judged.of) is not None and not judged.of.parts
    zh, en = ("", "") if is_said else (f"{judged.of.zh} {{which}} ", f"{_noun(judged)} {{which}}: ")
    texts = {
        "zh": f"{zh}近 {window} 天{judged.name_zh} {{value_said}},{shape.reason_zh}",
        "en": f"{en}{judged.name_en} over {window} days {{value_said}}; {shape.reason_en}",
    }
    for language, unit in zip(texts, UNITS.get(unit_said(judged), ("", "")), strict=True):
        for fact in _OF_UNIT:
            texts[language] = texts[language].replace(f"{{{fact}}}", f"{{{fact}}}{unit}")
    return texts


def _facts(judged: IndicatorColumn, shape: AnalysisShape) -> dict[str, str]:
    """The figures that reasons name, as a person reads them."""
    limit = next((name for name in ("least_value", "most_value", "least_z") if name in shape.params), "")
    figures = {"value_said": JUDGED, "median_said": "median", "limit_said": f":{limit}"}
    said = {name: _said(figure, unit_said(judged)) for name, figure in figures.items() if figure != ":"}
    return said | {
        "which": f"split_part(entity_id, '{PARTED_BY}', -1)" if answering(judged.of) else "entity_id",
        "times_said": "coalesce(try_cast(try_cast(times AS decimal(18,1)) AS string), '–')",
        "z_said": "coalesce(try_cast(try_cast(z AS decimal(18,1)) AS string), '–')",
        "place_said": "try_cast(place * 100 AS decimal(18,0))",
        "growth_said": "try_cast(growth * 100 AS decimal(18,1))",
    }


def _said(figure: str, unit: str) -> str:
    if unit == "share":
        return f"try_cast({figure} * 100 AS decimal(18,1))"
    return f"try_cast({figure} AS decimal(18,2))"


def _examples(shape: AnalysisShape, params: Mapping[str, float]) -> Iterator[dict[str, Any]]:
    hits, misses = shape.shown(params)
    yield from (_example(entity, ["E1"]) for entity in hits)
    yield from (_example(entity, []) for entity in misses)


def _example(entity: Entity, hits: list[str]) -> dict[str, Any]:
    says = ", ".join(f"{name} {value:.6g}" for name, value in entity.items())
    return {"says": says, "indicators": [{"entity_id": "E1", **entity}], "hits": hits}
