"""Several worlds beside each other: the mean and the spread of each headline figure, as a record and a page."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from evaluation.page import guide
from evaluation.report import UNKNOWN, records
from fundwatch.pages import Bar, BarChart, Bilingual, Figure, PageTable, Paragraph, page

Headline = Mapping[str, float | None]
# what a reader looks at first; the record has all
MAIN: Mapping[str, str] = {
    "instances": "欺诈实例 staged instances",
    "any_rule_share": "规则发现 found by rules",
    "any_rule_chance_share": "↳ 随机 by chance",
    "score_itself_share": "评分发现 found by score",
    "score_itself_chance_share": "↳ 随机 by chance",
    "score_share": "评分,连同行为人 by score, with actors",
    "score_chance_share": "↳ 随机 by chance",
    "listed_itself_share": "进入清单 on the list",
    "listed_itself_chance_share": "↳ 随机 by chance",
    "listed_lead_share": "进入清单,连同行为人 listed, with actors",
    "listed_lead_chance_share": "↳ 随机 by chance",
    "lookalikes": "合理相似 look-alikes",
    "lookalikes_hit_share": "↳ 被任一规则命中 hit by any rule",
    "lookalikes_listed_share": "↳ 进入清单 on the list",
    "false_per_1000": "每千诚实结算误报 false per 1,000",
    "alerts_per_1000": "每千结算命中 hits per 1,000",
    "list_precision_10": "清单前 10 精确率 first 10",
    "list_precision_20": "清单前 20 精确率 first 20",
    "list_precision_50": "清单前 50 精确率 first 50",
    "list_precision_all": "清单全部精确率 whole list",
    "patient_leads_first_1_percent_lift": "参保人前 1% 提升 patients' lift",
    "patient_leads_first_1_percent_lift_over_money": "↳ 对金额 over money",
    "found_fund_share": "规则发现的基金 fund found",
    "listed_fund_share": "清单的基金 fund on the list",
}


def spread(worlds: Mapping[str, Headline]) -> pd.DataFrame:
    """Grain: headline figure. Its `mean` over the `worlds` in which it is known, the standard deviation `spread`
    (of fewer than two: unknown), `least` and `most`."""
    known = dict.fromkeys(name for headline in worlds.values() for name in headline)
    names = [*(name for name in MAIN if name in known), *(name for name in known if name not in MAIN)]
    rows = [_of_figure(name, [headline.get(name) for headline in worlds.values()]) for name in names]
    return pd.DataFrame(rows, columns=["figure", "worlds", "mean", "spread", "least", "most"])


def _of_figure(name: str, values: Sequence[float | None]) -> dict[str, object]:
    known = pd.Series([value for value in values if value is not None], dtype=float)
    return {
        "figure": name,
        "worlds": len(known),
        "mean": known.mean() if len(known) else math.nan,
        "spread": known.std(ddof=1) if len(known) > 1 else math.nan,
        "least": known.min() if len(known) else math.nan,
        "most": known.max() if len(known) else math.nan,
    }


def worlds_page(title: str, worlds: Mapping[str, Headline], figures: pd.DataFrame) -> str:
    """Means and spread first, then each world."""
    main = figures[figures["figure"].isin(MAIN)]
    others = figures[~figures["figure"].isin(MAIN) & (figures["worlds"] > 0)]
    columns = ("项目 Figure", "世界数 Worlds", "均值 Mean", "标准差 Spread", "最小 Least", "最大 Most")
    return page(
        f"多世界评估 Evaluation of {len(worlds)} worlds",
        [
            Paragraph(title, "note"),
            BarChart(Bilingual("均值", "Means; lines from least to most, red: by chance"), list(_bars(figures))),
            PageTable(Bilingual("均值与离散", "Means and spread"), columns, [_row(row) for row in records(main)]),
            PageTable(
                Bilingual("逐个世界", "World by world"),
                ("项目 Figure", *worlds),
                [
                    (name, *(_figure(headline.get(key)) for headline in worlds.values()))
                    for key, name in MAIN.items()
                    if any(headline.get(key) is not None for headline in worlds.values())
                ],
            ),
            PageTable(Bilingual("其余", "All else"), columns, [_row(row) for row in records(others)]),
            *guide(),
        ],
    )


def _bars(figures: pd.DataFrame) -> Iterator[Bar]:
    """The shares of instances that were found, each beside the mean of what chance finds."""
    known = {row.figure: row for row in records(figures) if row.worlds}
    for way in (name.removesuffix("_share") for name in MAIN if f"{name.removesuffix('_share')}_chance_share" in MAIN):
        if f"{way}_share" in known and f"{way}_chance_share" in known:
            row, chance = known[f"{way}_share"], known[f"{way}_chance_share"]
            text = f"{row.mean:.0%} [{row.least:.0%}–{row.most:.0%}], n={row.worlds}"
            yield Bar(MAIN[row.figure], row.mean, text, row.least, row.most, chance.mean)


def _row(row: Any) -> tuple[object, ...]:
    numbers = (row.mean, row.spread, row.least, row.most)
    return MAIN.get(row.figure, row.figure), row.worlds, *map(_figure, numbers)


def _figure(value: float | None) -> Figure:
    return Figure(figure_text(value))


def figure_text(value: float | None) -> str:
    """A number with as many places as it needs; what is unknown as a dash."""
    if value is None or math.isnan(value):
        return UNKNOWN
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:,.3f}"
