"""An evaluation on a terminal: one table a question, headings in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from leads.evaluation_report import STATES, UNKNOWN, WAYS, Evaluation

if TYPE_CHECKING:
    from rich.table import Table

_NARROWEST = 160
_MONEY_SAID = (
    "行的基金额 = 范围内金额 × 结算基金支付比例,为上限\n"
    "A line's fund money is its covered amount × the settlement's fund ratio: an upper bound, "
    "for of an excessive price only the excess is harm"
)


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
    ways = [way for way in WAYS if is_of_things or not way.startswith("things_")]
    told = rows.assign(rule=rows["rule_id"].replace("", UNKNOWN)) if "rule_id" in rows else rows.copy()
    for way in WAYS:
        told[way] = [_of(*cells) for cells in zip(*(told[f"{way}{part}"] for part in _PARTS), strict=True)]
    if "state" in told:
        is_out = told["state"] != "run"
        for way in ("own_rule", "things_own_rule"):
            told.loc[is_out, way] = told.loc[is_out, "state"].map(STATES)
    keys = [*keys, "rule"] if "rule" in told else keys
    columns = [*keys, "instances_counted", "instances_left_out", "things_counted", *ways]
    return _plain_table(title, told, columns)


_PARTS = ("", "_of", "_recall", "_recall_low", "_recall_high")


def _of(part: Any, whole: Any, share: Any, low: Any, high: Any) -> str:
    """Found of all and the share; its interval below."""
    if pd.isna(part) or not whole:
        return UNKNOWN
    told = _interval(share, low, high, gap="\n")
    return f"{int(part)}/{int(whole)} {told}"


def _interval(share: Any, low: Any, high: Any, gap: str = " ") -> str:
    if pd.isna(share):
        return UNKNOWN
    return f"{share:.0%}" if pd.isna(low) else f"{share:.0%}{gap}[{low:.0%}, {high:.0%}]"


def _with_interval(rows: pd.DataFrame, *names: str) -> pd.DataFrame:
    if rows.empty:
        return rows
    ends = {name: zip(rows[name], rows[f"{name}_low"], rows[f"{name}_high"], strict=True) for name in names}
    return rows.assign(**{name: [_interval(*cells) for cells in cells_of] for name, cells_of in ends.items()})


def _rule_table(rules: pd.DataFrame) -> Table:
    told = _with_interval(rules, "precision")
    told = told.assign(state=told["state"].map(STATES) + told["why_not"].map(lambda why: f": {why}" if why else ""))
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
    "disguise": "伪装\nDisguise", "category": "分类\nCategory", **WAYS,
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
        return UNKNOWN
    if isinstance(value, float) and not float(value).is_integer():
        return f"{value:,.2f}"
    return value if isinstance(value, str) else f"{int(value):,}"
