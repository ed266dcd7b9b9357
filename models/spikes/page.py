"""Item spikes as one page for who chooses what a special inspection looks at: Chinese first, charts, how to read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from fundwatch.cells import csv_for_people
from fundwatch.drawing.line_plot import PlottedPoint, line_plot
from fundwatch.pages import Bilingual, Figure, PageTable, Paragraph, Part, Picture, page
from models.spikes.find import DEPARTMENT, INSTITUTION, KINDS, LEAST_PERSONS, REGION
from models.spikes.rows import Spike, SpikeList, SpikeWeek

PAGE, TABLE = "spikes.html", "spikes.csv"
KIND_HEADINGS: Mapping[str, Bilingual] = {
    INSTITUTION: Bilingual("机构", "Institutions"),
    DEPARTMENT: Bilingual("科室", "Departments"),
    REGION: Bilingual("全区", "The whole region"),
}
_SHOWN = 20
_COLUMNS = (
    "place", "kind", "item_code", "item_name", "institution_id", "institution", "department", "patients", "share",
    "past_patients", "past_share", "expected_past", "expected_peers", "rise", "stand_out", "unexplained", "lines",
    "past_lines", "amount", "past_amount", "strength",
)  # fmt: skip
GUIDE_ZH = (
    "本表只用于选择专项检查的项目,不构成认定。人数:每人每期只计一次,与明细条数和金额无关,大机构、贵项目不会因此靠前。",
    "上升:近一期人数与本机构既往占比推算之比的下限(5% 分位,经验贝叶斯收缩,数量少时趋近 1),已扣除其他机构的同期上升。",
    "突出:与同类型、同等级机构占比推算之比的下限。无诊断解释:主要诊断(前三位)按其他机构的用法推算后仍无法解释的份额;"
    "其他机构少见的诊断视为未知,不计。强度 = 上升与突出各为几次翻倍之和 × 无诊断解释的份额(未知取一半)。",
)
GUIDE_EN = (
    "For choosing what a special inspection looks at; no finding by itself. Persons count once a period, whatever the "
    "lines or the money: neither a large place nor a dear item comes first for that.",
    "Rise: the floor (5 % quantile, empirical Bayes: few cases are drawn towards 1) of persons now beside what the "
    "place's own past makes expect, less what rose elsewhere too. Stands out: the same beside institutions of the same "
    "kind and level. No diagnosis: the share that main diagnoses (first three letters) do not explain, as other "
    "institutions use the item; a diagnosis hardly known elsewhere is unknown and not counted. Strength: how often "
    "both floors double, times that share (a half where it is unknown).",
)


def spikes_page(found: SpikeList) -> str:
    """The page: charts of the first ones, the tables by kind, how to read them."""
    of_item = f" {found.item}" if found.item else ""
    return page(
        f"单项目专项筛查 Item spikes{of_item} {found.night}",
        [
            Paragraph(
                f"近一期 recent: {found.days} 天 days;既往 before: {found.before} 期 periods;"
                f"比较 compared: {found.cells:,} 个项目×地点 items × places, {found.places:,} 家机构 institutions;"
                f"未计的明细(无项目、机构或人员)lines left out without item, institution or person: {found.left_out:,}",
                "note",
            ),
            *_none(found),
            *_charts(found),
            *(_table(found, kind) for kind in (INSTITUTION, DEPARTMENT, REGION)),
            Paragraph("\n".join(GUIDE_ZH), heading=Bilingual("如何阅读", "How to read this")),
            Paragraph("\n".join(GUIDE_EN), "text en"),
        ],
    )


def spike_files(found: SpikeList) -> dict[str, bytes]:
    """The page, and all spikes as a table that no spreadsheet computes."""
    rows = [[getattr(spike, name) for name in _COLUMNS] for spike in found.spikes]
    return {PAGE: spikes_page(found).encode("utf-8"), TABLE: csv_for_people(_COLUMNS, rows).content}


def _none(found: SpikeList) -> Iterator[Part]:
    if not found.spikes:
        yield Paragraph(
            f"没有突增项目:无一项目×地点至少 {LEAST_PERSONS} 人且高于推算 | no spikes: nothing that {LEAST_PERSONS} "
            "persons had lies above what is expected",
            "mark good",
        )


def _charts(found: SpikeList) -> Iterator[Part]:
    """The weeks of the first spikes of institutions."""
    for (code, institution), weeks in found.weeks.items():
        spike = next(
            s for s in found.spikes if (s.item_code, s.institution_id, s.kind) == (code, institution, INSTITUTION)
        )
        yield Picture(
            Bilingual(f"{spike.place}. {spike.item_name}", f"{spike.institution} ({spike.item_code})"),
            line_plot(
                _points(weeks), ("本机构 this institution", "同类机构 like institutions"), spike.item_name, unit="%"
            ),
            "每周做过该项目的人占就诊人的比例 share of the week's patients who had it; "
            "黄底为近一期 yellow: the recent period. "
            f"{said(spike)}",
        )


def said(spike: Spike) -> str:
    """A spike in one sentence, in both languages."""
    past = "–" if spike.past_share is None else f"{spike.past_share:.1%}"
    why = (
        "诊断未知 diagnoses unknown"
        if spike.unexplained is None
        else f"无诊断解释 no diagnosis {spike.unexplained:.0%}"
    )
    return (
        f"{spike.patients:,} 人 persons ({spike.share:.1%};既往 before {past}), 上升 rise ≥{spike.rise:.1f}×, "
        f"突出 stands out ≥{spike.stand_out:.1f}×, {why}"
    )


def _points(weeks: Sequence[SpikeWeek]) -> list[PlottedPoint]:
    def percent(share: float | None) -> float | None:
        return None if share is None else share * 100

    return [PlottedPoint(f"{w.begun:%m-%d}", percent(w.own), percent(w.peers), w.is_recent) for w in weeks]


def _table(found: SpikeList, kind: str) -> PageTable:
    spikes = [spike for spike in found.spikes if spike.kind == kind]
    heading, shown = KIND_HEADINGS[kind], spikes[:_SHOWN]
    where = () if kind == REGION else ("地点 Where",)
    return PageTable(
        Bilingual(heading.zh, f"{heading.en}: {len(shown)} / {len(spikes)}"),
        ("序 #", "项目 Item", *where, "人数 Persons", "占比 Share", "既往 Before", "推算 Expected: past | peers",
         "上升 Rise ≥", "突出 Stands out ≥", "无诊断 No diagnosis", "条数 Lines", f"金额 {found.currency}", "强度"),
        [
            (
                spike.place,
                f"{spike.item_name} {spike.item_code}",
                *(() if kind == REGION else (f"{spike.institution} {spike.department}".strip(),)),
                spike.patients,
                Figure(f"{spike.share:.1%}"),
                Figure("–" if spike.past_share is None else f"{spike.past_share:.1%}"),
                Figure(f"{_number(spike.expected_past)} | {_number(spike.expected_peers)}"),
                Figure(f"{spike.rise:.1f}"),
                Figure(f"{spike.stand_out:.1f}"),
                Figure("–" if spike.unexplained is None else f"{spike.unexplained:.0%}"),
                Figure(f"{spike.lines:,} ({spike.past_lines:,.1f})"),
                Figure(f"{spike.amount:,.0f} ({spike.past_amount:,.0f})"),
                Figure(f"{spike.strength:.2f}"),
            )
            for spike in shown
        ],
    )  # fmt: skip


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.1f}"


__all__ = ["KINDS", "PAGE", "TABLE", "said", "spike_files", "spikes_page"]
