"""What an evaluation tells: tables on a terminal, a table by scheme and a record as files. No name, no token."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from leads.evaluation_chart import draw

if TYPE_CHECKING:
    from rich.table import Table

_NARROWEST = 160
_STATES = {
    "run": "已运行 run",
    "not_run": "未运行 not run",
    "no_rule": "无规则 no rule",
    "unknown_rule": "未收录 not in fundwatch",
}
_WAYS = {
    "own_rule": "本规则\nOwn rule",
    "any_rule": "任一规则\nAny rule",
    "score": "评分\nScore",
    "listed_lead": "清单线索\nListed lead",
    "things_own_rule": "对象:本规则\nThings: own",
    "things_any_rule": "对象:任一规则\nThings: any",
}
_UNKNOWN = "–"
_MONEY_SAID = (
    "行的基金额 = 范围内金额 × 结算基金支付比例,为上限\n"
    "A line's fund money is its covered amount × the settlement's fund ratio: an upper bound, "
    "for of an excessive price only the excess is harm"
)


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
    record = json.dumps(as_records(evaluation), ensure_ascii=False, indent=2) + "\n"
    table = scheme_rows(evaluation.schemes).to_csv(index=False, lineterminator="\n")
    _put(folder / "evaluation.json", lambda path: path.write_text(record, encoding="utf-8"))
    _put(folder / "evaluation.csv", lambda path: path.write_text(table, encoding="utf-8-sig"))  # Excel asks for a mark
    _put(
        folder / "evaluation.png",
        lambda path: draw(path, evaluation.night, evaluation.schemes, evaluation.list_precision, evaluation.scores),
    )


def _put(path: Path, write: Callable[[Path], object]) -> None:
    draft = path.with_name(f".{path.name}")
    write(draft)
    os.replace(draft, path)


def scheme_rows(schemes: pd.DataFrame) -> pd.DataFrame:
    """Grain: scheme or look-alike. Headings in both languages; what did not run is said, not counted as nought."""
    schemes = schemes.sort_values("kind", ascending=False, kind="stable")
    rows = {
        "类别 Kind": schemes["kind"].map({"scheme": "欺诈手法 scheme", "lookalike": "合理相似 look-alike"}),
        "手法 Scheme": schemes["scheme"],
        "规则 Rule": schemes["rule_id"].replace("", _UNKNOWN),
        "规则状态 Rule state": schemes["state"].map(_STATES),
        "未运行原因 Why not": schemes["why_not"],
        "实例 Instances": schemes["instances_counted"],
        "未计入 Left out": schemes["instances_left_out"],
        "对象 Things": schemes["things_counted"],
    }
    for way, heading in _WAYS.items():
        heading = heading.replace("\n", " ")
        rows[f"{heading} 发现 found"] = schemes[way]
        for end, word in (("", "占比 share"), ("_low", "下限 low"), ("_high", "上限 high")):
            rows[f"{heading} {word}"] = schemes[f"{way}_recall{end}"].round(4)
    return pd.DataFrame(rows)


def print_evaluation(evaluation: Evaluation) -> None:
    """Print every table."""
    from rich.console import Console

    console = Console()
    console.width = max(console.width, _NARROWEST)
    start, end = evaluation.period
    console.print(f"评估 Evaluation {evaluation.night} (服务日期 service dates {start} – {end}; 95 % Wilson)")
    for table in tables(evaluation):
        console.print(table)
    for what, why_not in evaluation.not_run.items():
        console.print(f"未运行 not run: {what}: {why_not}")


def tables(evaluation: Evaluation) -> list[Table]:
    """All tables with something to say."""
    schemes = evaluation.schemes
    is_scheme = schemes["kind"] == "scheme"
    shown = [
        _recall_table("手法召回率 Recall by scheme", schemes[is_scheme], ["scheme"]),
        _recall_table("合理相似被误报 Look-alikes flagged (fewer is better)", schemes[~is_scheme], ["scheme"]),
        *(_recall_table(f"按 {name} By {name}", rows, [name]) for name, rows in evaluation.breakdowns.items()),
        _plain_table("未计入 Left out", evaluation.left_out, ["kind", "scheme", "reason", "things", "instances"]),
        _rule_table(evaluation.rules),
        _plain_table("清单前 k 名 First k of the list", _with_interval(evaluation.list_precision, "precision"),
                     ["k", "staged", "precision"]),
        _plain_table("清单构成 The list's leads", evaluation.list_classes,
                     ["made_by", "lead_class", "leads", "amount_at_risk"]),
        _plain_table("基金金额(元) Fund money of staged lines (CNY)", evaluation.money,
                     ["scheme", "staged_fund", "found_fund", "listed_fund", "at_risk"], caption=_MONEY_SAID),
        _plain_table("评分 Scores", _with_interval(evaluation.scores, "precision", "auc", "average_precision"),
                     ["entity_type", "model", "scored", "staged_in_truth", "staged", "published", "staged_published",
                      "lookalike_published", "precision", "auc", "average_precision"]),
        _plain_table("按同组规模 By size of peer group", _with_interval(evaluation.scores_by_peers, "precision"),
                     ["entity_type", "model", "peers", "scored", "staged", "published", "staged_published",
                      "precision"]),
    ]  # fmt: skip
    return [table for table in shown if table.row_count]


def _recall_table(title: str, rows: pd.DataFrame, keys: list[str]) -> Table:
    is_of_things = bool((rows["things_counted"] != rows["instances_counted"]).any())
    ways = [way for way in _WAYS if is_of_things or not way.startswith("things_")]
    told = rows.assign(rule=rows["rule_id"].replace("", _UNKNOWN)) if "rule_id" in rows else rows.copy()
    for way in _WAYS:
        told[way] = [_of(*cells) for cells in zip(*(told[f"{way}{part}"] for part in _PARTS), strict=True)]
    if "state" in told:
        is_out = told["state"] != "run"
        for way in ("own_rule", "things_own_rule"):
            told.loc[is_out, way] = told.loc[is_out, "state"].map(_STATES)
    keys = [*keys, "rule"] if "rule" in told else keys
    columns = [*keys, "instances_counted", "instances_left_out", "things_counted", *ways]
    return _plain_table(title, told, columns)


_PARTS = ("", "_of", "_recall", "_recall_low", "_recall_high")


def _of(part: Any, whole: Any, share: Any, low: Any, high: Any) -> str:
    """Found of all and the share; its interval below."""
    if pd.isna(part) or not whole:
        return _UNKNOWN
    told = _interval(share, low, high, gap="\n")
    return f"{int(part)}/{int(whole)} {told}"


def _interval(share: Any, low: Any, high: Any, gap: str = " ") -> str:
    if pd.isna(share):
        return _UNKNOWN
    return f"{share:.0%}" if pd.isna(low) else f"{share:.0%}{gap}[{low:.0%}, {high:.0%}]"


def _with_interval(rows: pd.DataFrame, *names: str) -> pd.DataFrame:
    if rows.empty:
        return rows
    ends = {name: zip(rows[name], rows[f"{name}_low"], rows[f"{name}_high"], strict=True) for name in names}
    return rows.assign(**{name: [_interval(*cells) for cells in cells_of] for name, cells_of in ends.items()})


def _rule_table(rules: pd.DataFrame) -> Table:
    told = _with_interval(rules, "precision")
    told = told.assign(state=told["state"].map(_STATES) + told["why_not"].map(lambda why: f": {why}" if why else ""))
    columns = ["rule_id", "state", "hits", "true", "other_scheme", "lookalike", "honest", "precision"]
    return _plain_table(
        "规则精确率 Precision by rule", told, [*columns, "amount_at_risk", "true_amount", "estimated_amount"]
    )


_HEADINGS = {
    "kind": "类别\nKind", "scheme": "手法\nScheme", "reason": "原因\nReason", "things": "对象\nThings",
    "instances": "实例\nInstances", "rule": "规则\nRule", "rule_id": "规则\nRule", "state": "状态\nState",
    "instances_counted": "实例\nInstances", "instances_left_out": "未计入\nLeft out", "things_counted": "对象\nThings",
    "hits": "命中\nHits", "true": "本手法\nTrue", "other_scheme": "其他手法\nOther scheme",
    "lookalike": "合理相似\nLook-alike", "honest": "诚实\nHonest", "precision": "精确率\nPrecision",
    "amount_at_risk": "涉及基金(元)\nFund at risk", "true_amount": "其中真实(元)\nOf it true", "k": "k",
    "estimated_amount": "估算(元)\nEstimate",
    "staged": "欺诈\nStaged", "made_by": "来源\nMade by", "lead_class": "实情\nTruth", "leads": "线索\nLeads",
    "staged_fund": "涉案行基金\nStaged lines", "found_fund": "规则发现\nFound by rules",
    "listed_fund": "清单之内\nOn the list", "at_risk": "规则认定\nAt risk by rules", "entity_type": "主体\nEntity",
    "model": "模型\nModel", "scored": "已评分\nScored", "published": "入选\nPublished", "peers": "同组人数\nPeers",
    "staged_in_truth": "应有\nIn truth", "staged_published": "入选欺诈\nStaged in share",
    "lookalike_published": "入选相似\nLook-alike in share", "auc": "AUC", "average_precision": "AP",
    "disguise": "伪装\nDisguise", "category": "分类\nCategory", **_WAYS,
}  # fmt: skip


_WHOLE = ("scheme", "entity_type", "model")
_TEXTS = (*_WHOLE, "kind", "reason", "rule", "rule_id", "state", "made_by", "lead_class", "peers")


def _plain_table(title: str, rows: pd.DataFrame, columns: list[str], caption: str | None = None) -> Table:
    from rich.table import Table

    table = Table(title=title, caption=caption, header_style="bold")
    for name in columns:
        justify: Literal["left", "right"] = "left" if name in _TEXTS else "right"
        table.add_column(_HEADINGS.get(name, name), justify=justify, overflow="fold", no_wrap=name in _WHOLE)
    for row in rows.reindex(columns=columns).itertuples(index=False):
        table.add_row(*map(_cell, row))
    return table


def _cell(value: Any) -> str:
    if not isinstance(value, str) and pd.isna(value):
        return _UNKNOWN
    if isinstance(value, float) and not float(value).is_integer():
        return f"{value:,.2f}"
    return value if isinstance(value, str) else f"{int(value):,}"
