"""What an evaluation tells, as files: a record, a table by scheme, a picture. No name, no token."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from evaluation.chart import draw
from fundwatch.cells import PeoplesTable, csv_for_people

STATES = {
    "run": "已运行 run",
    "not_run": "未运行 not run",
    "no_rule": "无规则 no rule",
    "unknown_rule": "未收录 not in fundwatch",
}
WAYS = {
    "own_rule": "本规则\nOwn rule",
    "any_rule": "任一规则\nAny rule",
    "score": "评分\nScore",
    "listed_lead": "清单线索\nListed lead",
    "things_own_rule": "对象:本规则\nThings: own",
    "things_any_rule": "对象:任一规则\nThings: any",
}
UNKNOWN = "–"


@dataclass(frozen=True)
class Evaluation:
    """Frames by question. An empty frame: its stage did not run, and `not_run` says why.

    `schemes`: kind × scheme × rule; `left_out`: scheme × reason; `breakdowns`: one frame per grade of the truth, and
    `scheme_breakdowns` the same × scheme;
    `rules`: rule; `list_precision`: k; `list_classes`: what made the lead × class; `money`: scheme, in yuan;
    `scores`: entity type × model; `scores_by_peers`: the same × size of peer group.
    """

    night: date
    period: tuple[date, date]
    schemes: pd.DataFrame
    left_out: pd.DataFrame
    breakdowns: Mapping[str, pd.DataFrame]
    scheme_breakdowns: Mapping[str, pd.DataFrame]
    rules: pd.DataFrame
    list_precision: pd.DataFrame
    list_classes: pd.DataFrame
    money: pd.DataFrame
    scores: pd.DataFrame
    scores_by_peers: pd.DataFrame
    not_run: Mapping[str, str]


def in_short(evaluation: Evaluation) -> list[str]:
    """Four lines for a person in a hurry: schemes found, look-alikes spared, the first of the list."""
    is_scheme = evaluation.schemes["kind"] == "scheme"
    staged, honest = evaluation.schemes[is_scheme], evaluation.schemes[~is_scheme]
    texts = [
        f"staged schemes {staged['instances_counted'].sum()}: found by rules {staged['any_rule'].sum()}, "
        f"on the list {staged['listed_lead'].sum()}",
        f"honest look-alikes {honest['instances_counted'].sum()}: hit by the rule they resemble "
        f"{honest['own_rule'].sum()}, on the list {honest['listed_lead'].sum()}",
    ]
    ks = [f"{row.staged} of the first {row.k}" for row in evaluation.list_precision.itertuples()]
    return [*texts, f"staged among the leads: {', '.join(ks)}"] if ks else texts


def verdict(evaluation: Evaluation) -> str:
    """One line: how many staged schemes the list holds, and how many honest look-alikes."""
    is_scheme = evaluation.schemes["kind"] == "scheme"
    staged, honest = evaluation.schemes[is_scheme], evaluation.schemes[~is_scheme]

    def of(rows: pd.DataFrame, way: str) -> str:
        return f"{rows[way].sum()}/{rows['instances_counted'].sum()}"

    return (
        f"清单 on the list: 欺诈 staged {of(staged, 'listed_lead')} (规则 by rules {of(staged, 'any_rule')}), "
        f"相似 look-alikes {of(honest, 'listed_lead')}"
    )


def as_records(evaluation: Evaluation) -> dict[str, Any]:
    """The evaluation as plain values; what is unknown is null."""
    return {field.name: _plain(getattr(evaluation, field.name)) for field in fields(Evaluation)}


def _plain(value: Any) -> Any:
    if isinstance(value, pd.DataFrame):
        return [{str(k): _plain(v) for k, v in row.items()} for row in value.to_dict("records")]
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if isinstance(value, date):
        return value.isoformat()
    if value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    return round(value, 6) if isinstance(value, float) else value


def write_evaluation(evaluation: Evaluation, folder: Path) -> None:
    """evaluation.json (everything), evaluation.csv (by scheme, both languages), evaluation.png; each whole or not."""
    folder.mkdir(parents=True, exist_ok=True)
    table = scheme_table(evaluation.schemes)
    reported = as_records(evaluation) | {"signed_cells": {"evaluation.csv": dict(table.signed)}}
    record = json.dumps(reported, ensure_ascii=False, indent=2) + "\n"
    _put(folder / "evaluation.json", lambda path: path.write_text(record, encoding="utf-8"))
    _put(folder / "evaluation.csv", lambda path: path.write_bytes(table.content))
    _put(
        folder / "evaluation.png",
        lambda path: draw(path, evaluation.night, evaluation.schemes, evaluation.list_precision, evaluation.scores),
    )


def _put(path: Path, write: Callable[[Path], object]) -> None:
    draft = path.with_name(f".{path.name}")
    write(draft)
    os.replace(draft, path)


def scheme_table(schemes: pd.DataFrame) -> PeoplesTable:
    """The schemes as CSV for people; what is unknown is empty."""
    rows = scheme_rows(schemes)
    cells = rows.astype(object).where(rows.notna(), None).to_numpy().tolist()
    return csv_for_people([str(name) for name in rows.columns], cells)


def scheme_rows(schemes: pd.DataFrame) -> pd.DataFrame:
    """Grain: scheme or look-alike. Headings in both languages; what did not run is reported as such, not counted as
    zero.
    """
    schemes = schemes.sort_values("kind", ascending=False, kind="stable")
    rows = {
        "类别 Kind": schemes["kind"].map({"scheme": "欺诈手法 scheme", "lookalike": "合理相似 look-alike"}),
        "手法 Scheme": schemes["scheme"],
        "规则 Rule": schemes["rule_id"].replace("", UNKNOWN),
        "规则状态 Rule state": schemes["state"].map(STATES),
        "未运行原因 Why not": schemes["why_not"],
        "实例 Instances": schemes["instances_counted"],
        "未计入 Left out": schemes["instances_left_out"],
        "对象 Things": schemes["things_counted"],
    }
    for way, heading in WAYS.items():
        heading = heading.replace("\n", " ")
        rows[f"{heading} 发现 found"] = schemes[way]
        for end, word in (("", "占比 share"), ("_low", "下限 low"), ("_high", "上限 high")):
            rows[f"{heading} {word}"] = schemes[f"{way}_recall{end}"].round(4)
    return pd.DataFrame(rows)
