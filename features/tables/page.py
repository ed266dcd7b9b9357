"""A decision table as one page: the whole beside the days before, charts by month and dimension, Chinese first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from features.tables.figures import FIGURES, SUMS
from features.tables.rows import DIMENSIONS, UNKNOWN, Cell, DecisionTable
from fundwatch.drawing.columns import StackedColumn, stacked_columns
from fundwatch.drawing.line_plot import PlottedPoint, line_plot
from fundwatch.pages import Bar, BarChart, Bilingual, Figure, PageTable, Paragraph, Part, Picture, page

PAGE = "table.html"
_PARTS = ("drug_amount", "material_amount", "exam_amount", "treatment_amount")
_SHOWN, _CHARTED = 30, 12
_IN_TABLES = (
    "cost_per_person", "cost_per_encounter", "pooled_per_encounter", "encounters_per_person", "mean_stay", "drug_share",
    "material_share", "over_quota_share",
)  # fmt: skip
_FIGURES = {figure.name: figure for figure in FIGURES}
GUIDE = Bilingual(
    "人数在每个单元格内去重,合计行重新计数,不由各行相加。住院床日与平均住院日只计起止已知的住院;没有定额、床位或"
    "诊疗分类的为未知(–),不作零。前期为此前同样天数。科室为出院(无则就诊)科室,期间按结算日。",
    "Persons are distinct in each cell; totals are counted anew and never added up. Length is of stays with a known "
    "end; what has no quota, beds or class of charge is unknown (–) and no zero. Before: as many days before. "
    "Departments are those of discharge (or else of the visit), periods go by the day of settlement.",
)


def table_page(table: DecisionTable) -> str:
    """The page."""
    return page(
        f"费用调控决策表 Decision table {table.first} – {table.last} {table.institution_id}".strip(),
        [
            *(Paragraph(Bilingual(*note), "note") for note in table.notes),
            *_whole(table),
            *_months(table),
            *(part for name in table.by if name != "month" for part in _dimension(table, name)),
            Paragraph(GUIDE, heading=Bilingual("如何阅读", "How to read this")),
        ],
    )


def _whole(table: DecisionTable) -> Iterator[Part]:
    """Sums and figures of all, the figures of the days before beside them."""
    total = table.total
    if total is None:
        yield Paragraph("本期没有结算 nothing was settled within the days", "mark wait")
        return
    yield PageTable(
        Bilingual("总体", "The whole"),
        ("指标 Figure", "本期 Now", "前期 Before", "变化 Change"),
        [
            *((f"{one.zh} {one.en}", Figure(written(total.sums[one.name], one.kind)), Figure(""), Figure(""))
              for one in SUMS),
            *(_beside(total, name) for name in _FIGURES),
        ],
    )  # fmt: skip


def _beside(cell: Cell, name: str) -> tuple[object, ...]:
    figure, now, before = _FIGURES[name], cell.figures.get(name), cell.before.get(name)
    change = "–" if now is None or not before else f"{now / before - 1:+.1%}"
    return f"{figure.zh} {figure.en}", *(Figure(written(v, figure.kind)) for v in (now, before)), Figure(change)


def _months(table: DecisionTable) -> Iterator[Part]:
    if "month" not in table.by:
        return
    months = table.split_by("month")
    if any(cell.sums.get(name) is not None for cell in months for name in _PARTS):
        columns = [StackedColumn(_label(table, cell, "month"), _stack(cell.sums)) for cell in months]
        names = [f"{one.zh} {one.en}" for one in SUMS if one.name in _PARTS]
        yield Picture(Bilingual("每月费用构成", "Cost by month"), stacked_columns(columns, names, "每月费用构成"))
    points = [
        PlottedPoint(_label(table, c, "month"), c.figures["cost_per_encounter"], c.figures["pooled_per_encounter"])
        for c in months
    ]
    compared = ("次均费用 cost per visit", "次均统筹 pooled fund per visit")
    yield Picture(Bilingual("每月次均", "Per visit or stay, by month"), line_plot(points, compared, "每月次均"))
    yield _table(table, "month", months)


def _stack(sums: Mapping[str, float | None]) -> list[float]:
    return [sums.get(one.name) or 0.0 for one in SUMS if one.name in _PARTS]


def _dimension(table: DecisionTable, name: str) -> Iterator[Part]:
    """One dimension alone: the dearest as bars, and a table."""
    cells = sorted(table.split_by(name), key=lambda cell: -(cell.sums.get("total_amount") or 0))
    costs = [cell.sums.get("total_amount") or 0 for cell in cells]
    highest = max(costs, default=0) or 1
    dimension = DIMENSIONS[name]
    yield BarChart(
        Bilingual(f"费用按{dimension.zh}", f"Cost by {dimension.en.lower()}"),
        [
            Bar(_label(table, cell, name), cost / highest, written(cost, "money"))
            for cell, cost in zip(cells[:_CHARTED], costs, strict=False)
        ],
    )
    yield _table(table, name, cells)


def _table(table: DecisionTable, name: str, cells: list[Cell]) -> PageTable:
    dimension, named = DIMENSIONS[name], [_FIGURES[figure] for figure in _IN_TABLES]
    return PageTable(
        Bilingual(f"按{dimension.zh}", f"By {dimension.en.lower()}: {min(len(cells), _SHOWN)} / {len(cells)}"),
        (f"{dimension.zh} {dimension.en}", "人数 Persons", "人次 Visits", f"费用 Cost {table.currency}",
         *(f"{one.zh} {one.en}" for one in named)),
        [
            (
                _label(table, cell, name),
                Figure(written(cell.sums["persons"], "count")),
                Figure(written(cell.sums["encounters"], "count")),
                Figure(written(cell.sums.get("total_amount"), "money")),
                *(Figure(written(cell.figures.get(one.name), one.kind)) for one in named),
            )
            for cell in cells[:_SHOWN]
        ],
    )  # fmt: skip


def _label(table: DecisionTable, cell: Cell, name: str) -> str:
    return cell.at[table.by.index(name)] or UNKNOWN


def written(value: float | None, kind: str) -> str:
    """A figure as people read it; what is unknown is a dash."""
    if value is None:
        return "–"
    return {"money": f"{value:,.0f}", "count": f"{value:,.0f}", "share": f"{value:.1%}"}.get(kind, f"{value:,.2f}")
