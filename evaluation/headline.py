"""An evaluation in a few figures and ten lines, for who has no time for tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from evaluation.findings import SHADOW
from evaluation.population import PER
from evaluation.ranked import FIRST
from evaluation.report import UNKNOWN, Evaluation, records


def in_short(evaluation: Evaluation) -> list[str]:
    """Three lines for a person in a hurry: schemes found, look-alikes spared, the first of the list."""
    staged, honest = evaluation.total("scheme"), evaluation.total("lookalike")
    texts = [
        f"staged schemes {_count(staged, 'instances_counted')}: found by rules {_count(staged, 'any_rule')}, "
        f"on the list {_count(staged, 'listed_itself')}",
        f"honest look-alikes {_count(honest, 'instances_counted')}: hit by any rule {_count(honest, 'any_rule')}, "
        f"on the list {_count(honest, 'listed_itself')}",
    ]
    ks = [f"{row.staged} of the first {row.k}" for row in records(evaluation.list_precision)]
    return [*texts, f"staged among the leads: {', '.join(ks)}"] if ks else texts


def verdict(evaluation: Evaluation) -> str:
    """One line: how many staged schemes the list holds, and how many honest look-alikes; by the strict way of being
    found, for which no hospital stands for its patients."""

    def of(rows: pd.Series, way: str) -> str:
        return f"{_count(rows, way)}/{_count(rows, 'instances_counted')}"

    staged, honest = evaluation.total("scheme"), evaluation.total("lookalike")
    return (
        f"清单 on the list: 欺诈 staged {of(staged, 'listed_itself')} (规则 by rules {of(staged, 'any_rule')}), "
        f"相似 look-alikes {of(honest, 'listed_itself')}"
    )


def ten_lines(evaluation: Evaluation) -> list[str]:
    """What a night found, beside what chance would have found; each line fits 80 columns."""
    staged, honest = evaluation.total("scheme"), evaluation.total("lookalike")
    found, (start, end) = headline(evaluation), evaluation.period
    bases = [f"{row.subject_type} {row.staged}/{row.subjects}" for row in records(evaluation.base_rates)]
    by_rules, listed = _share(found["found_fund_share"]), _share(found["listed_fund_share"])
    return [
        f"评估 evaluation {evaluation.night}, 服务 services {start} – {end}",
        f"欺诈 staged {_count(staged, 'instances_counted')}, 未计入 left out {_count(staged, 'instances_left_out')}; "
        f"规则 by rules {beside_chance(staged, 'any_rule')}",
        f"涉案主体 staged subjects: {', '.join(bases) or UNKNOWN}",
        f"评分 by score {beside_chance(staged, 'score_itself')}",
        f"  含行为人 actors {beside_chance(staged, 'score')}{_through(evaluation)}",
        f"清单 listed {beside_chance(staged, 'listed_itself')}; 连同行为人 with actors {_count(staged, 'listed_lead')}",
        f"相似 look-alikes {_count(honest, 'instances_counted')}: 被任一规则命中 hit by any rule "
        f"{_count(honest, 'any_rule')}, 清单 listed {_count(honest, 'listed_itself')}",
        f"误报 false hits {_number(found['false_hits'])}/{_number(found['hits'])}, 相似 on look-alikes "
        f"{_number(found['lookalike_hits'])}; 每千诚实结算 per 1,000 {_number(found['false_per_1000'])}",
        f"清单前 k 名 in the first k: {_first(evaluation) or UNKNOWN}; "
        f"结算命中 hit {_share(found['settlements_hit_share'])}",
        f"涉案基金 staged fund {_number(found['staged_fund'])}: 规则 by rules {by_rules}, 清单 listed {listed}",
    ]


def _through(evaluation: Evaluation) -> str:
    """By whose score instances are found: half of the hospitals may have to do with some scheme."""
    rows = evaluation.score_by_subject
    rows = rows[(rows["kind"] == "scheme") & (rows["score"] > 0)] if len(rows) else rows
    return "".join(f", {row.subject_type} {row.score}" for row in records(rows))


def beside_chance(rows: pd.Series, way: str) -> str:
    """`found/all (chance expected)`."""
    if not rows.get(f"{way}_of", 0):
        return UNKNOWN
    return f"{int(rows[way])}/{int(rows[f'{way}_of'])} (随机 chance {_number(rows[f'{way}_by_chance'])})"


def headline(evaluation: Evaluation) -> dict[str, float | None]:
    """The figures that are compared from world to world. What is not known, or is of too few, is None. A rule in shadow
    counts in none of them.

    Shares are of instances: `<way>_share`, and beside it `<way>_chance_share`.
    """
    staged, honest = evaluation.total("scheme"), evaluation.total("lookalike")
    rules, counts = evaluation.rules[evaluation.rules["rule_state"] != SHADOW], evaluation.settlements
    money = evaluation.money_in_all.iloc[0]
    found: dict[str, Any] = {
        "instances": staged["instances_counted"],
        "lookalikes": honest["instances_counted"],
        "hits": rules["hits"].sum(),
        "false_hits": rules["false"].sum(),
        "lookalike_hits": rules["lookalike"].sum(),
        "lookalikes_hit_share": honest["any_rule_recall"],
        "lookalikes_listed_share": honest["listed_itself_recall"],
        "false_per_1000": _part(PER * rules["false"].sum(), counts.honest),
        "alerts_per_1000": _part(PER * rules["hits"].sum(), counts.settlements),
        "settlements_hit_share": _part(counts.hit, counts.settlements),
        "settlements_staged_share": _part(counts.staged, counts.settlements),
        "staged_fund": money["staged_fund"],
        "found_fund_share": _part(money["found_fund"], money["staged_fund"]),
        "listed_fund_share": _part(money["listed_fund"], money["staged_fund"]),
    }
    for way in ("own_rule", "any_rule", "score", "score_itself", "listed_lead", "listed_itself", "listed_by_score"):
        is_enough = not pd.isna(staged[f"{way}_recall"])
        found[f"{way}_share"] = staged[f"{way}_recall"]
        found[f"{way}_chance_share"] = _part(staged[f"{way}_by_chance"], staged[f"{way}_of"]) if is_enough else None
    of_list = list(records(evaluation.list_precision))
    found |= {f"list_precision_{row.cut}": row.precision for row in of_list if row.cut in FIRST}
    found["list_precision_all"] = of_list[-1].precision if of_list else None
    found |= _of_rankings(evaluation)
    return {name: None if value is None or pd.isna(value) else round(float(value), 6) for name, value in found.items()}


def _of_rankings(evaluation: Evaluation) -> dict[str, Any]:
    """AUC by kind and model; precision and lifts of the first of each kind by each ranking."""
    found = {f"auc_{row.entity_type}_{row.model}": row.auc for row in records(evaluation.scores)}
    for row in records(evaluation.first_by_subject):
        name = f"{row.subject_type}_{row.ranking}_first_{row.cut.replace(' ', '').replace('%', '_percent')}"
        found |= {f"{name}_precision": row.precision, f"{name}_lift": row.lift,
                  f"{name}_lift_over_money": row.lift_over_money}  # fmt: skip
    return found


def _part(part: Any, whole: Any) -> float | None:
    if part is None or whole is None or pd.isna(part) or pd.isna(whole) or not whole:
        return None
    return float(part) / float(whole)


def _first(evaluation: Evaluation) -> str:
    return ", ".join(f"{row.staged}/{row.k}" for row in records(evaluation.list_precision))


def _count(rows: Mapping[str, Any] | pd.Series, name: str) -> str:
    value = rows[name]
    return UNKNOWN if pd.isna(value) else f"{int(value):,}"


def _number(value: float | None) -> str:
    if value is None or pd.isna(value):
        return UNKNOWN
    return f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 100 else f"{value:,.1f}"


def _share(value: float | None) -> str:
    return UNKNOWN if value is None or pd.isna(value) else f"{value:.1%}"
