"""An evaluation on a terminal: one table a question, headings in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from evaluation.findings import SHADOW
from evaluation.headline import ten_lines
from evaluation.report import STATES, UNKNOWN, WAYS, Evaluation, records
from evaluation.worlds import MAIN, figure_text
from fundwatch.errors import by_reason
from fundwatch.terminal import new_table, show

if TYPE_CHECKING:
    from rich.table import Table

_MONEY_SAID = (
    "行的基金额 = 范围内金额 × 结算基金支付比例,为上限\n"
    "A line's fund money is its covered amount × the settlement's fund ratio: an upper bound, "
    "for of an excessive price only the excess is harm"
)


def print_evaluation(evaluation: Evaluation) -> None:
    """Print every table."""
    print_in_ten_lines(evaluation)
    show("95 % Wilson; ≈ 随机期望 expected by chance; 少于 10 只列计数 of fewer than 10 counts alone")
    show(*tables(evaluation))


def print_in_ten_lines(evaluation: Evaluation) -> None:
    """Print the ten lines, what a reader must know of the labels, and what did not run."""
    show(*ten_lines(evaluation), *evaluation.notes)
    show(*(f"未运行 not run: {text}" for text in by_reason(evaluation.not_run)))


def print_figures(figures: pd.DataFrame, *, details: bool) -> None:
    """Print the spread of the headline figures of several worlds: the main ones, or all."""
    table = new_table("多世界 Worlds: 均值与离散 mean and spread")
    for name in ("项目 Figure", "数 n", "均值 Mean", "标准差 Spread", "最小 Least", "最大 Most"):
        table.add_column(name, justify="left" if name.endswith("Figure") else "right", overflow="fold")
    for row in records(figures):
        if row.worlds and (details or row.figure in MAIN):
            numbers = (row.mean, row.spread, row.least, row.most)
            table.add_row(MAIN.get(row.figure, row.figure), str(row.worlds), *map(figure_text, numbers))
    show(table)


def tables(evaluation: Evaluation) -> list[Table]:
    """All tables with something to say."""
    schemes = evaluation.schemes
    is_scheme = schemes["kind"] == "scheme"
    shown = [
        *_recall_tables("手法召回率 Recall by scheme", schemes[is_scheme], "scheme"),
        *_recall_tables("合理相似被误报 Look-alikes flagged by any rule", schemes[~is_scheme], "scheme"),
        *(
            table
            for name, rows in evaluation.breakdowns.items()
            for table in _recall_tables(f"按 {name} By {name}", rows, name)
        ),
        *_recall_tables("时间外 Out of time (models made " + str(evaluation.learned_until) + ")",
                        evaluation.out_of_time, "began"),
        _plain_table("未计入 Left out", evaluation.left_out, ["kind", "scheme", "reason", "things", "instances"]),
        *_rule_tables(evaluation.rules),
        _plain_table("规则与手法 Rules, their schemes and look-alikes", evaluation.rule_schemes,
                     ["rule_id", "kind", "scheme", "disguise", "instances", "found"]),
        *_subject_tables(evaluation),
        _plain_table("清单前 k 名 First k of the list", _with_interval(evaluation.list_precision, "precision"),
                     ["k", "staged", "precision"]),
        _plain_table("清单构成 The list's leads", evaluation.list_classes,
                     ["made_by", "lead_class", "leads", "amount_at_risk"]),
        _plain_table("基金金额(元) Fund money of staged lines (CNY)", evaluation.money,
                     ["scheme", *_FUNDS], caption=_MONEY_SAID),
        _plain_table("按伪装的基金金额(元) Fund money by disguise (CNY)", evaluation.money_by_disguise,
                     ["disguise", *_FUNDS]),
        _plain_table("评分 Scores", _of_models(evaluation.scores),
                     ["model", "scored", "staged_in_truth", "staged", "published", "staged_published",
                      "staged_published_by_chance", "lookalike_published"]),
        _plain_table("评分质量 Quality of scores",
                     _with_interval(_of_models(evaluation.scores), "precision", "auc", "average_precision"),
                     ["model", "precision", "auc", "average_precision"]),
        _plain_table("按同组规模 By size of peer group",
                     _with_interval(_of_models(evaluation.scores_by_peers), "precision"),
                     ["model", "peers", "scored", "staged", "published", "staged_published", "precision"]),
    ]  # fmt: skip
    return [table for table in shown if table.row_count]


_FUNDS = ["staged_fund", "found_fund", "listed_fund", "at_risk"]


def _subject_tables(evaluation: Evaluation) -> list[Table]:
    """By kind of subject: base rates, and the first of every ranking beside chance and money."""
    first = _with_interval(evaluation.first_by_subject, "precision")
    if len(first):
        first = first.assign(ranking=first["subject_type"] + "\n" + first["ranking"])
    return [
        _plain_table("评分经由何种主体 By whose score", evaluation.score_by_subject,
                     ["kind", "subject_type", "instances", "score", "score_by_chance", "listed_by_score",
                      "listed_by_score_by_chance"]),
        _plain_table("基准率 Base rates", evaluation.base_rates,
                     ["subject_type", "subjects", "staged", "base_rate", "outliers", "staged_outliers",
                      "staged_outliers_by_chance"]),
        _plain_table("规模分组 Size bands: thirds by settlements", evaluation.size_bands,
                     ["subject_type", "band", "least", "most", "subjects", "staged", "fund"]),
        _plain_table("各主体前列 First of each kind of subject", first,
                     ["ranking", "cut", "k", "staged", "precision", "staged_by_chance", "staged_by_money", "lift",
                      "lift_over_money"], caption=_LIFT_SAID),
    ]  # fmt: skip


_LIFT_SAID = (
    "金额:同规模组内按基金额取同样多\nMoney: as many of the same size bands, the dearest for the fund; "
    "lift: 提升, staged in the cut over staged by chance (by money)"
)


def _recall_tables(title: str, rows: pd.DataFrame, key: str) -> list[Table]:
    """By instance; and by thing, where an instance has several."""
    if rows.empty:
        return []
    reported = rows.copy()
    if "rule_id" in reported:  # below the scheme: a terminal is narrow, and the other cells have two lines too
        reported[key] = reported[key] + "\n" + reported["rule_id"].replace("", UNKNOWN)
    for way in WAYS:
        chance = reported.get(f"{way}_by_chance", pd.Series(float("nan"), index=reported.index))
        cells = [*(reported[f"{way}{part}"] for part in _PARTS), chance]
        reported[way] = [_of(*of_row) for of_row in zip(*cells, strict=True)]
    if "state" in reported:
        is_out = reported["state"] != "run"
        for way in ("own_rule", "things_own_rule"):
            reported.loc[is_out, way] = reported.loc[is_out, "state"].map(STATES)
    of_things = [way for way in WAYS if way.startswith("things_")]
    of_instances = [way for way in WAYS if way not in of_things]
    shown = [_plain_table(title, reported, [key, "instances_counted", "instances_left_out", *of_instances])]
    if bool((rows["things_counted"] != rows["instances_counted"]).any()):
        shown.append(_plain_table(f"{title}: 对象 by thing", reported, [key, "things_counted", *of_things]))
    return shown


_PARTS = ("", "_of", "_recall", "_recall_low", "_recall_high")


def _of(part: Any, whole: Any, share: Any, low: Any, high: Any, chance: Any) -> str:
    """Found of all, the share with its interval where there is one, and what chance finds."""
    if pd.isna(part) or not whole:
        return UNKNOWN
    found = f"{int(part)}/{int(whole)}" + ("" if pd.isna(share) else f" {_interval(share, low, high)}")
    return found if pd.isna(chance) else f"{found}\n≈{chance:.1f}"


def _interval(share: Any, low: Any, high: Any) -> str:
    """The share; its interval below."""
    if pd.isna(share):
        return UNKNOWN
    return f"{share:.0%}" if pd.isna(low) else f"{share:.0%}\n[{100 * low:.0f}–{high:.0%}]"


def _with_interval(rows: pd.DataFrame, *names: str) -> pd.DataFrame:
    if rows.empty:
        return rows
    ends = {name: zip(rows[name], rows[f"{name}_low"], rows[f"{name}_high"], strict=True) for name in names}
    return rows.assign(**{name: [_interval(*cells) for cells in cells_of] for name, cells_of in ends.items()})


def _of_models(rows: pd.DataFrame) -> pd.DataFrame:
    """The model below the kind of entity that it scores."""
    return rows if rows.empty else rows.assign(model=rows["entity_type"] + "\n" + rows["model"])


def _rule_tables(rules: pd.DataFrame) -> list[Table]:
    """What the rules hit, in hits and in money."""
    reported = _with_interval(rules, "precision")
    shadow = reported["rule_state"].map(lambda state: f"{STATES[state]}: " if state == SHADOW else "")
    why_not = reported["why_not"].map(lambda why: f": {why}" if why else "")
    reported = reported.assign(state=shadow + reported["state"].map(STATES) + why_not)
    own = _with_interval(reported[reported["instances"] > 0], "recall")
    own = own.assign(rule_state=own["rule_state"].map(lambda state: STATES.get(state, state)))
    hits = ["rule_id", "state", "hits", "true", "other_scheme", "lookalike", "honest", "units", "precision"]
    rates = ["rule_id", "hits", "false", "false_per_1000", "alerts_per_1000"]
    money = ["rule_id", "amount_at_risk", "true_amount", "estimated_amount"]
    return [
        _plain_table("规则精确率 Precision by rule", reported, hits),
        _plain_table("规则召回率 Recall by rule: schemes that it is made for", own,
                     ["rule_id", "rule_state", "instances", "found", "found_by_chance", "recall"]),
        _plain_table("误报率 False hits by rule", reported[reported["hits"] > 0], rates, caption=_RATES_SAID),
        _plain_table("规则涉及金额 Money by rule", reported[reported["hits"] > 0], money),
    ]  # fmt: skip


_RATES_SAID = (
    "误报:命中合理相似或诚实诊疗;每千笔诚实结算、每千笔结算\nFalse: a hit on a look-alike, of whichever rule, or on "
    "plain honest care; per 1,000 honest settlements, alerts per 1,000 settlements"
)
_HEADINGS = {
    "kind": "类别\nKind", "scheme": "手法\nScheme", "reason": "原因\nReason", "things": "对象\nThings",
    "instances": "实例\nCases", "rule": "规则\nRule", "rule_id": "规则\nRule", "state": "状态\nState",
    "instances_counted": "实例\nCases", "instances_left_out": "除外\nOut", "things_counted": "对象\nThings",
    "hits": "命中\nHits", "true": "本手法\nTrue", "other_scheme": "其他手法\nOther",
    "lookalike": "相似\nAlike", "honest": "诚实\nHonest", "precision": "精确率\nPrecision",
    "amount_at_risk": "涉及基金(元)\nFund at risk", "true_amount": "其中真实(元)\nOf it true", "k": "k",
    "estimated_amount": "估算(元)\nEstimate",
    "staged": "欺诈\nStaged", "made_by": "来源\nMade by", "lead_class": "实情\nTruth", "leads": "线索\nLeads",
    "staged_fund": "涉案行基金\nStaged lines", "found_fund": "规则发现\nFound by rules",
    "listed_fund": "清单之内\nOn the list", "at_risk": "规则认定\nAt risk by rules", "entity_type": "主体\nEntity",
    "model": "模型\nModel", "scored": "已评分\nScored", "published": "入选\nPublished", "peers": "同组人数\nPeers",
    "staged_in_truth": "应有\nIn truth", "staged_published": "入选欺诈\nStaged\nin share",
    "lookalike_published": "入选相似\nLook-alike\nin share", "auc": "AUC", "average_precision": "AP",
    "units": "单元\nUnits", "false": "误报\nFalse", "false_per_1000": "误报/千\nFalse\nper 1,000",
    "alerts_per_1000": "命中/千\nHits\nper 1,000", "subject_type": "主体\nSubject", "subjects": "主体数\nAll",
    "score_by_chance": "随机\nBy\nchance", "listed_by_score": "清单\nListed",
    "listed_by_score_by_chance": "随机\nBy\nchance", "base_rate": "基准率\nBase", "outliers": "突出\nOut",
    "staged_outliers": "突出欺诈\nStaged\nout",
    "staged_outliers_by_chance": "随机\nBy\nchance", "band": "组\nBand", "least": "最少结算\nLeast",
    "most": "最多结算\nMost", "fund": "基金(元)\nFund", "ranking": "排序\nRanking", "cut": "前\nFirst",
    "staged_by_chance": "随机\nBy\nchance", "staged_by_money": "按金额\nBy\nmoney", "lift": "提升\nLift",
    "lift_over_money": "对金额\nOver\nmoney", "began": "开始\nBegan",
    "staged_published_by_chance": "随机\nBy\nchance", "disguise": "伪装\nDisguise",
    "category": "分类\nCategory", "found": "发现\nFound", "found_by_chance": "随机\nBy\nchance",
    "recall": "召回率\nRecall", "rule_state": "状态\nState", **WAYS,
}  # fmt: skip


_TEXTS = (
    "scheme", "disguise", "category", "model", "ranking", "subject_type", "band", "began", "cut",
    "kind", "reason", "rule_id", "state", "rule_state", "made_by", "lead_class", "peers"
)  # fmt: skip


def _plain_table(title: str, rows: pd.DataFrame, columns: list[str], caption: str | None = None) -> Table:
    table = new_table(title, caption)
    for name in columns:
        justify: Literal["left", "right"] = "left" if name in _TEXTS else "right"
        table.add_column(_HEADINGS.get(name, name), justify=justify, overflow="fold")
    for row in rows.reindex(columns=columns).itertuples(index=False):
        table.add_row(*map(_cell, row))
    return table


def _cell(value: Any) -> str:
    if not isinstance(value, str) and pd.isna(value):
        return UNKNOWN
    if isinstance(value, float) and not float(value).is_integer():
        return f"{value:,.2f}"
    return value if isinstance(value, str) else f"{int(value):,}"
