"""What an evaluation reports, as a record and as a table by scheme. No name, no token."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass
from datetime import date
from typing import Any

import pandas as pd

from evaluation.population import SettlementCounts
from fundwatch.cells import PeoplesTable, csv_for_people

STATES = {
    "run": "已运行 run",
    "not_run": "未运行 not run",
    "active": "启用 active",
    "shadow": "试运行 shadow",
    "draft": "草稿 draft",
    "retired": "停用 retired",
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

    `is_whole`: whatever has no label is honest; else nobody knows. `totals`: kind; `schemes`: kind × scheme × rule;
    `left_out`: scheme × reason; `breakdowns`: one frame per grade of the labels, and `scheme_breakdowns` the same ×
    scheme; `learned_until`: when the models were made, and `out_of_time` what began before and after; `settlements`:
    how many; `rules`: rule, those in shadow too, which count nowhere else, and `rule_schemes`: rule × its own scheme or
    look-alike × disguise; `list_precision`: k; `list_classes`: what made the lead × class; `money`: scheme,
    `money_in_all`, `money_by_disguise`, in yuan; `score_by_subject`: kind ×
    subject type; `base_rates`: subject type; `size_bands`: the same × band;
    `first_by_subject`: subject type × ranking × cut; `scores`: entity type × model; `scores_by_peers`: the same × size
    of peer group; `notes`: what a reader must know of the labels.
    """

    night: date
    period: tuple[date, date]
    is_whole: bool
    totals: pd.DataFrame
    schemes: pd.DataFrame
    left_out: pd.DataFrame
    breakdowns: Mapping[str, pd.DataFrame]
    scheme_breakdowns: Mapping[str, pd.DataFrame]
    learned_until: date | None
    out_of_time: pd.DataFrame
    settlements: SettlementCounts
    rules: pd.DataFrame
    rule_schemes: pd.DataFrame
    list_precision: pd.DataFrame
    list_classes: pd.DataFrame
    money: pd.DataFrame
    money_in_all: pd.DataFrame
    money_by_disguise: pd.DataFrame
    score_by_subject: pd.DataFrame
    base_rates: pd.DataFrame
    size_bands: pd.DataFrame
    first_by_subject: pd.DataFrame
    scores: pd.DataFrame
    scores_by_peers: pd.DataFrame
    not_run: Mapping[str, str]
    notes: Sequence[str]

    def total(self, kind: str) -> pd.Series:
        """What was found of all schemes, or of all look-alikes; where there are none, zeros and no shares."""
        rows = self.totals[self.totals["kind"] == kind]
        nothing = {name: math.nan if "_recall" in name else 0 for name in self.totals.columns}
        return rows.iloc[0] if len(rows) else pd.Series(nothing)


def as_records(evaluation: Evaluation) -> dict[str, Any]:
    """The evaluation as plain values; what is unknown is null."""
    return {field.name: plain(getattr(evaluation, field.name)) for field in fields(Evaluation)}


def plain(value: Any) -> Any:
    """A value as JSON has it: frames as records, numbers to six places, what is unknown as null."""
    if isinstance(value, pd.DataFrame):
        return [{str(k): plain(v) for k, v in row.items()} for row in value.to_dict("records")]
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(name): plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if value is pd.NA or value is pd.NaT or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, date):
        return value.isoformat()
    return round(value, 6) if isinstance(value, float) else value


def records(rows: pd.DataFrame) -> Iterator[Any]:
    """The rows as tuples with the columns' names."""
    return iter(rows.itertuples(index=False))


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
        if f"{way}_by_chance" in schemes:
            rows[f"{heading} 随机期望 by chance"] = schemes[f"{way}_by_chance"].round(2)
        for end, word in (("", "占比 share"), ("_low", "下限 low"), ("_high", "上限 high")):
            rows[f"{heading} {word}"] = schemes[f"{way}_recall{end}"].round(4)
    return pd.DataFrame(rows)
