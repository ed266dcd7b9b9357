"""The evaluation as one page that a bureau's head can read: Chinese first, charts, and how to read them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from evaluation.findings import SHADOW
from evaluation.headline import beside_chance, ten_lines, verdict
from evaluation.report import STATES, UNKNOWN, Evaluation, records
from fundwatch.pages import Bar, BarChart, Bilingual, Figure, PageTable, Paragraph, Part, page

_ROWS = 40  # longer tables stand whole in the record
_SUBJECT = {"patient": "参保人 patient", "doctor": "医师 doctor", "institution": "机构 institution"}
_RANKING = {"leads": "线索清单 leads"}
_WAY = {
    "own_rule": "本规则 by its own rule",
    "any_rule": "任一规则 by any rule",
    "score_itself": "评分 by score",
    "score": "评分,连同行为人 by score, with actors",
    "listed_by_rule": "凭规则进入清单 listed by a rule",
    "listed_by_score_itself": "凭评分进入清单 listed by score",
    "listed_itself": "清单 on the list",
    "listed_lead": "清单,连同行为人 listed, with actors",
}
_BEGAN = {
    "after": "模型训练之后 after the models were made", "before": "之前 before", "unknown": "日期不明 without a date",
}  # fmt: skip
GUIDE_ZH = (
    "实例:一桩已知的违规(或合理相似)案例,其全部标注行算作一个。",
    "评分发现:只有标注直接所指的主体(患者标注即该患者)在该类型评分中突出才算。某医院突出,不算发现其任何患者。"
    "“连同行为人”则明细、就诊标注所注明的行为人突出也算。",
    "随机:若同样多的主体(或明细、就诊)随机突出,预计能碰到几个实例(超几何分布,逐实例求和)。"
    "图中红线即随机;条形不长于红线,就没有发现力。",
    "误报:命中合理相似(不论哪条规则命中)或普通诚实诊疗。",
    "区间:95% Wilson,按实例与主体计,而非按命中次数:同一人的五十次命中只算一个单元。"
    "少于十个单元的只列计数,不给比例与区间。",
    "提升:前列中的欺诈主体数,除以随机(或在同规模组内按基金金额排序)所得。规模组按结算笔数三等分。",
    "时间外:只看在模型训练那夜之后才开始的实例。",
    "涉案基金是上限:超价明细中只有超出部分是损失。",
)
GUIDE_EN = (
    "Instance: one known case, wrong or a lawful look-alike; all labels of it count as one.",
    "Found by score: only where the subject that the label itself names stands out among its kind (a patient's "
    "label: that patient). A hospital that stands out finds none of its patients. With actors: a line or an "
    "encounter is also found by the actor that its label names.",
    "Chance: how many instances would be met if as many subjects (or lines, encounters) stood out at "
    "random (hypergeometric, summed over instances). The red mark is chance: a bar that does not reach "
    "beyond it has found nothing.",
    "False hit: a hit on a look-alike, of whichever rule, or on plain honest care.",
    "Intervals: 95 % Wilson by instance and subject, not by hit: fifty hits of one person are one unit. "
    "Of fewer than ten units there are counts, no share and no interval.",
    "Lift: staged subjects in the cut over what chance (or ranking by the fund's money, inside size "
    "bands) takes. Bands are thirds by settlements.",
    "Out of time: only instances that began after the night on which the models were made.",
    "Staged money is an upper bound: of an overpriced line only the excess is harm.",
)


def evaluation_page(evaluation: Evaluation) -> str:
    """The page."""
    start, end = evaluation.period
    return page(
        f"评估 Evaluation {evaluation.night}",
        [
            Paragraph(f"服务日期 Services {start} – {end}", "note"),
            Paragraph(verdict(evaluation), "mark hint"),
            *(Paragraph(note, "mark wait") for note in evaluation.notes),
            Paragraph("\n".join(ten_lines(evaluation)[1:]), heading=Bilingual("摘要", "In short")),
            *_found(evaluation),
            *_wrongly(evaluation),
            *_first(evaluation),
            *_grades(evaluation),
            *_schemes(evaluation),
            *_left(evaluation),
            *guide(),
        ],
    )


def guide() -> Iterator[Paragraph]:
    """What the words and marks of the page mean."""
    yield Paragraph("\n".join(GUIDE_ZH), heading=Bilingual("如何阅读", "How to read this"))
    yield Paragraph("\n".join(GUIDE_EN), "text en")


def _found(evaluation: Evaluation) -> Iterator[Part]:
    staged = evaluation.total("scheme")
    yield BarChart(
        Bilingual("已知违规发现了多少", "How much of what is known was found (red: by chance)"),
        [_bar(name, staged, way) for way, name in _WAY.items() if staged.get(f"{way}_of", 0)],
    )
    yield PageTable(
        Bilingual("评分经由何种主体发现(连同行为人)", "By whose score instances are found, with actors"),
        ("类别 Kind", "主体 Subjects", "实例 Instances", "评分发现 By score", "随机 By chance", "清单 Listed",
         "随机 By chance"),
        [
            (row.kind, _SUBJECT.get(row.subject_type, row.subject_type), row.instances, row.score,
             number_text(row.score_by_chance), row.listed_by_score, number_text(row.listed_by_score_by_chance))
            for row in records(evaluation.score_by_subject)
        ],
    )  # fmt: skip
    yield PageTable(
        Bilingual("基准率", "Base rates"),
        ("主体 Subjects", "全部 All", "涉案 Staged", "基准率 Base rate", "评分突出 Stand out",
         "其中涉案 Of them staged", "随机 By chance"),
        [
            (_SUBJECT.get(row.subject_type, row.subject_type), row.subjects, row.staged, share_text(row.base_rate),
             row.outliers, row.staged_outliers, number_text(row.staged_outliers_by_chance))
            for row in records(evaluation.base_rates)
        ],
    )  # fmt: skip
    yield PageTable(
        Bilingual("涉案基金(元)", "Staged fund money (CNY)"),
        ("伪装 Disguise", "涉案 Staged", "规则发现 Found by rules", "清单 On the list", "规则认定 At risk by rules"),
        [
            (str(row.disguise), *map(number_text, (row.staged_fund, row.found_fund, row.listed_fund, row.at_risk)))
            for row in records(
                pd.concat([evaluation.money_in_all.assign(disguise="合计 all"), evaluation.money_by_disguise])
            )
        ],
    )


def _wrongly(evaluation: Evaluation) -> Iterator[Part]:
    every = evaluation.rules
    rules = every[(every["hits"].fillna(0) > 0) | (every["rule_state"] == SHADOW)]
    counts = evaluation.settlements
    honest = evaluation.total("lookalike")
    yield Paragraph(
        f"结算 settlements {counts.settlements:,}: 涉案 staged {counts.staged:,}, 诚实 honest {counts.honest:,}, "
        f"有命中 with a hit {counts.hit:,}\n合理相似被命中 look-alikes hit: {beside_chance(honest, 'any_rule')}",
        heading=Bilingual("误报", "False hits"),
    )
    yield PageTable(
        "",
        ("规则 Rule", "状态 State", "本手法实例发现 Own instances found", "命中 Hits", "本手法 True",
         "其他手法 Other scheme", "相似 Look-alike", "诚实 Honest",
         "单元 Units", "精确率 Precision", "每千诚实结算误报 False per 1,000 honest settlements"),
        [
            (row.rule_id, STATES.get(row.rule_state, row.rule_state),
             Figure(f"{whole_text(row.found)}/{row.instances}" if row.instances else UNKNOWN),
             *(whole_text(value) for value in (row.hits, row.true, row.other_scheme, row.lookalike, row.honest,
             row.units)), interval_text(row.precision, row.precision_low, row.precision_high),
             number_text(row.false_per_1000, 2))
            for row in records(rules.sort_values(["false", "rule_id"], ascending=[False, True]).head(_ROWS))
        ],
    )  # fmt: skip


def _first(evaluation: Evaluation) -> Iterator[Part]:
    of_list = evaluation.list_precision
    yield BarChart(
        Bilingual("清单前列的精确率", "Precision of the first of the list"),
        [
            Bar(f"前 {row.k} first {row.k}", row.precision, f"{row.staged}/{row.k}", row.precision_low,
                row.precision_high)
            for row in records(of_list) if pd.notna(row.precision)
        ],
    )  # fmt: skip
    yield BarChart(
        Bilingual("评分的排序能力(AUC)", "How scores rank the staged before others (AUC; red: chance, one half)"),
        [
            Bar(
                f"{_SUBJECT.get(row.entity_type, row.entity_type)} {row.model}", row.auc,
                f"{row.auc:.2f}, AP {row.average_precision:.2f}, {row.staged}/{row.scored}", row.auc_low, row.auc_high,
                beside=0.5,
            )
            for row in records(evaluation.scores) if pd.notna(row.auc)
        ],
    )  # fmt: skip
    first = evaluation.first_by_subject
    yield PageTable(
        Bilingual("各主体前列", "The first of each kind of subject"),
        ("主体 Subjects", "排序 Ranking", "前 First", "数 k", "涉案 Staged", "精确率 Precision", "随机 By chance",
         "按金额 By money", "提升 Lift", "对金额 Over money"),
        [
            (_SUBJECT.get(row.subject_type, row.subject_type), _RANKING.get(row.ranking, row.ranking), row.cut, row.k,
             row.staged, interval_text(row.precision, row.precision_low, row.precision_high),
             number_text(row.staged_by_chance), number_text(row.staged_by_money), number_text(row.lift),
             number_text(row.lift_over_money))
            for row in records(first)
        ],
    )  # fmt: skip
    yield PageTable(
        Bilingual("规模组", "Size bands: thirds by settlements"),
        ("主体 Subjects", "组 Band", "结算笔数 Settlements", "主体数 Subjects", "涉案 Staged", "基金(元) Fund (CNY)"),
        [
            (_SUBJECT.get(row.subject_type, row.subject_type), row.band, Figure(f"{row.least:,} – {row.most:,}"),
             row.subjects, row.staged, number_text(row.fund))
            for row in records(evaluation.size_bands)
        ],
    )  # fmt: skip


def _grades(evaluation: Evaluation) -> Iterator[Part]:
    """What was found by disguise, by category, and out of time."""
    for name, heading in (("disguise", Bilingual("按伪装", "By disguise: 0 plain, 1 careful, 2 well disguised")),
                          ("category", Bilingual("按类别", "By category"))):  # fmt: skip
        rows = evaluation.breakdowns.get(name, pd.DataFrame())
        yield _recall_table(heading, name, [(str(row[name]), row) for _, row in rows.iterrows()])
    since = evaluation.learned_until
    rows = evaluation.out_of_time
    yield _recall_table(
        Bilingual("时间外", f"Out of time: the models were made on {since}"),
        "开始 Began",
        [(_BEGAN.get(row["began"], row["began"]), row) for _, row in rows.iterrows()],
    )


def _recall_table(heading: Bilingual, key: str, rows: Sequence[tuple[str, Any]]) -> PageTable:
    return PageTable(
        heading,
        (key, "实例 Instances", *_WAY.values()),
        [(name, int(row["instances_counted"]), *(found_text(row, way) for way in _WAY)) for name, row in rows],
    )


def _schemes(evaluation: Evaluation) -> Iterator[Part]:
    for kind, heading in (("scheme", Bilingual("逐手法", "Scheme by scheme")),
                          ("lookalike", Bilingual("合理相似(越少越好)", "Look-alikes: fewer is better"))):  # fmt: skip
        rows = evaluation.schemes[evaluation.schemes["kind"] == kind]
        named = [
            (
                f"{row['scheme']} {row['rule_id'] or UNKNOWN} {'' if row['state'] == 'run' else STATES[row['state']]}",
                row,
            )
            for _, row in rows[rows["instances_counted"] > 0].iterrows()
        ]
        yield _recall_table(heading, "手法 Scheme", named)


def _left(evaluation: Evaluation) -> Iterator[Part]:
    out = evaluation.left_out.groupby("reason")[["things", "instances"]].sum().reset_index()
    yield PageTable(
        Bilingual("未计入的标注", "Labels left out"),
        ("原因 Reason", "对象 Things", "实例 Instances"),
        [(row.reason, row.things, row.instances) for row in records(out)],
    )
    yield PageTable(Bilingual("未运行", "Not run"), ("何者 What", "原因 Why"), [*evaluation.not_run.items()])


def _bar(name: str, rows: pd.Series, way: str) -> Bar:
    """A share of few instances is drawn for the eye; its text is a count."""
    of = int(rows[f"{way}_of"])
    low, high = rows[f"{way}_recall_low"], rows[f"{way}_recall_high"]
    return Bar(
        label=name,
        share=int(rows[way]) / of,
        text=found_text(rows, way),
        low=None if pd.isna(low) else float(low),
        high=None if pd.isna(high) else float(high),
        beside=float(rows[f"{way}_by_chance"]) / of,
    )


def found_text(rows: Any, way: str) -> str:
    """`found/all share (chance)`."""
    if pd.isna(rows[way]) or not rows[f"{way}_of"]:
        return UNKNOWN
    share = rows[f"{way}_recall"]
    text = f"{int(rows[way])}/{int(rows[f'{way}_of'])}" + ("" if pd.isna(share) else f" {share:.0%}")
    return f"{text} (随机 {rows[f'{way}_by_chance']:.1f})"


def share_text(value: Any) -> Figure:
    return Figure(UNKNOWN if pd.isna(value) else f"{value:.1%}")


def interval_text(value: Any, low: Any, high: Any) -> Figure:
    return Figure(UNKNOWN if pd.isna(value) else f"{value:.0%} [{low:.0%}–{high:.0%}]")


def number_text(value: Any, places: int = 1) -> Figure:
    return Figure(UNKNOWN if pd.isna(value) else f"{value:,.{0 if abs(value) >= 1_000 else places}f}")


def whole_text(value: Any) -> Figure:
    return Figure(UNKNOWN if pd.isna(value) else f"{int(value):,}")
