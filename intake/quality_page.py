"""The night's quality page: what the gate expected and found, totals by file and table, drift, what was held, why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from fundwatch.pages import Figure, PageTable, Paragraph, Style, as_json, page
from intake.gate import CodeCount, Expectation
from intake.rows.totals import Total, WaitingTotal
from intake.rows.value_findings import PlaceholderCount, SharedBy

FOLDER = "quality"
_MOST_CODES = 50  # a page is read by people; the record has all of them
PAGE, RECORD, INDICATORS = "index.html", "quality.json", "indicators.html"
_INDICATORS = (
    f"指标质量(建模或评分前写出)见同一文件夹的 {INDICATORS} | whether the night's indicators are sound, written before "
    f"models use them: {INDICATORS} in this folder"
)

_VERDICTS: Mapping[str, tuple[str, Style]] = {
    "accepted": ("已入库 taken in", "mark good"),
    "released": ("经人工放行,已入库 released by a person and taken in", "mark wait"),
    "held": ("暂存,等待人工决定 held: it waits for a person", "mark wait"),
    "refused": ("已拒收,未入库 refused: nothing of it is in the lake", "mark bad"),
}
_STATES = {
    "received": "收到 received",
    "held": "暂存 held",
    "released": "放行 released",
    "accepted": "入库 accepted",
    "refused": "拒收 refused",
    "superseded": "被替代 superseded",
}


@dataclass(frozen=True)
class Standing:
    """Rows of a clean table, with their money, that a person should know of: what they are, in Chinese and English."""

    table_name: str
    zh: str
    en: str
    lines: int
    amount: Decimal


@dataclass
class QualityReport:
    """What is known of a night's delivery so far; steps of the intake fill it in, whatever becomes of the delivery.

    `outcome` is a key of `_VERDICTS`, `why` the sentences that a refusal or a hold gave, `history` what was noted of
    the business date before (state, by, why).
    """

    night: date
    source: str
    outcome: str = "refused"
    batch_id: str = ""
    why: str = ""
    expectations: Sequence[Expectation] = ()
    doubts: Sequence[str] = ()
    totals: Sequence[Total] = ()
    waiting: Sequence[WaitingTotal] = ()
    standing: Sequence[Standing] = ()
    codes: Sequence[CodeCount] = ()
    unlisted: Sequence[CodeCount] = ()
    drift: Sequence[str] = ()
    placeholders: Sequence[PlaceholderCount] = ()
    shared: Sequence[SharedBy] = ()
    history: Sequence[Mapping[str, Any]] = field(default_factory=list)

    def files(self) -> dict[str, bytes]:
        """The page for people and the same for machines; the same report has the same bytes."""
        return {PAGE: self._page().encode(), RECORD: as_json(self._record()).encode()}

    def _page(self) -> str:
        word, style = _VERDICTS[self.outcome]
        about = f"来源 Source: {self.source}    批次 Batch: {self.batch_id or '–'}"
        return page(
            f"数据质量 Data quality {self.night}",
            [
                Paragraph(word, style),
                Paragraph(about, "note"),
                *([Paragraph(self.why, heading="原因 Why")] if self.why else []),
                PageTable(
                    "逐项检验 Expectations (Great Expectations)",
                    ("应满足 Must hold", "检验数 Looked at", "不满足 Failed", "何处 Where"),
                    [_expectation_row(one) for one in self.expectations],
                ),
                PageTable(
                    "放行前的疑点 What the person who released it let pass",
                    ("内容 What",),
                    [(sentence,) for sentence in self.doubts if self.outcome == "released"],
                ),
                PageTable("各文件与各表的合计 Totals by file and table", _TOTAL_COLUMNS, self._total_rows()),
                PageTable(
                    "等待原记录的冲正 Reversals that wait for their original (not in the clean tables)",
                    ("表 Table", "本批行 Lines tonight", "金额 Money", "累计行 Lines in all", "金额 Money"),
                    [_waiting_row(one) for one in self.waiting if one.lines],
                ),
                PageTable(
                    "入库后待查 In the clean tables, to be looked at",
                    ("表 Table", "内容 What", "行数 Rows", "金额 Money"),
                    [
                        (one.table_name, f"{one.zh} {one.en}", Figure(f"{one.lines:,}"), Figure(f"{one.amount:,.2f}"))
                        for one in self.standing
                    ],
                ),
                PageTable(
                    "隔离行的错误代码 Error codes of quarantined rows",
                    ("表 Table", "代码 Code", "行数 Rows", "最前的行 First lines"),
                    [(c.table_name, c.code, Figure(f"{c.rows:,}"), _places(c)) for c in self.codes[:_MOST_CODES]],
                ),
                PageTable(
                    "映射未列出的代码 Codes that no list of the mapping has: unknown, or quarantined where they decide",
                    ("表 Table", "列与代码 Column and code", "行数 Rows", "最前的行 First lines"),
                    [(c.table_name, c.code, Figure(f"{c.rows:,}"), _places(c)) for c in self.unlisted[:_MOST_CODES]],
                ),
                PageTable(
                    "未说明的值 Values that say nothing: null, not counted as values",
                    ("表 Table", "列 Column", "文本 Text", "行数 Rows", "机构数 Institutions", "最多的机构 Most at"),
                    self._silent_rows(),
                ),
                PageTable(
                    "疑似占位的医师 Doctors who may stand for nobody",
                    ("表 Table", "列 Column", "假名 Token", "机构数 Institutions", "行数 Rows", "通常 Usual"),
                    [
                        (
                            s.table_name,
                            s.column_name,
                            s.token[:8],
                            Figure(f"{s.institutions:,}"),
                            Figure(f"{s.rows:,}"),
                            Figure(f"{s.usual:,}"),
                        )
                        for s in self.shared
                    ],
                ),
                PageTable("结构变化 Drift", ("内容 What",), [(sentence,) for sentence in self.drift]),
                PageTable(
                    "经过 Course",
                    ("状态 State", "经办 By", "说明 Why"),
                    [(_STATES.get(row["state"], row["state"]), row["by"] or "–", row["why"]) for row in self.history],
                ),
                Paragraph(_INDICATORS, "note"),
            ],
        )

    def _total_rows(self) -> list[Sequence[object]]:
        """The rows of the table of totals; a table that came in several files has its sum beneath them."""
        rows: list[Sequence[object]] = []
        for table in dict.fromkeys(total.table_name for total in self.totals):
            of_table = [total for total in self.totals if total.table_name == table]
            rows += [_total_row(_named(total), total) for total in of_table]
            rows += [_total_row("合计 all", _sum(of_table))] if len(of_table) > 1 else []
        return rows

    def _silent_rows(self) -> list[Sequence[object]]:
        """A row per column and text, the commonest first, with the institution that most of them are of."""
        found: dict[tuple[str, str, str], list[PlaceholderCount]] = {}
        for one in self.placeholders:
            found.setdefault((one.table_name, one.column_name, one.placeholder), []).append(one)
        rows = [(sum(one.row_count for one in each), *key, each) for key, each in found.items()]
        return [
            (table, column, text, Figure(f"{count:,}"), Figure(f"{len(_institutions(each)):,}"), _most(each))
            for count, table, column, text, each in sorted(rows, key=lambda row: (-row[0], *row[1:4]))
        ]

    def _record(self) -> dict[str, Any]:
        return {
            "business_date": self.night,
            "source": self.source,
            "batch_id": self.batch_id,
            "outcome": self.outcome,
            "why": self.why,
            "expectations": [asdict(one) for one in self.expectations],
            "doubts": list(self.doubts),
            "totals": [asdict(total) for total in self.totals],
            "standing": [asdict(one) for one in self.standing],
            "waiting": [asdict(one) for one in self.waiting],
            "error_codes": [asdict(code) for code in self.codes],
            "unlisted_codes": [asdict(code) for code in self.unlisted],
            "drift": list(self.drift),
            "placeholders": [asdict(one) for one in self.placeholders],
            "shared_tokens": [asdict(one) for one in self.shared],
        }


_TOTAL_COLUMNS = (
    "文件 File", "表 Table",
    "报送行 Delivered", "接收 Accepted", "其中等待 Waiting", "隔离 Quarantined", "重复 Duplicates", "差 Difference",
    "报送金额 Money delivered", "接收 Accepted", "其中等待 Waiting", "隔离 Quarantined", "重复 Duplicates",
    "差 Difference",
)  # fmt: skip


def _expectation_row(one: Expectation) -> Sequence[object]:
    mark = "✓ " if one.holds else "✗ "
    return (
        f"{mark}{one.zh} {one.en}",
        Figure(f"{one.looked_at:,}"),
        Figure(f"{one.failed:,}"),
        "\n".join(one.found),
    )


def _waiting_row(one: WaitingTotal) -> Sequence[object]:
    tonight = (Figure(f"{one.lines_tonight:,}"), Figure(f"{one.amount_tonight:,.2f}"))
    return one.table_name, *tonight, Figure(f"{one.lines:,}"), Figure(f"{one.amount:,.2f}")


def _named(total: Total) -> str:
    """The file; and how many lines it has, where each became several rows."""
    several = total.lines_of_file != total.delivered_lines
    return f"{total.file_name} ({total.lines_of_file:,} 行展开 lines became these)" if several else total.file_name


def _total_row(file: str, t: Total) -> Sequence[object]:
    parts = (t.accepted_lines, t.quarantined_lines, t.duplicate_lines)
    lines = [t.delivered_lines, parts[0], t.waiting_lines, *parts[1:], t.delivered_lines - sum(parts)]
    money: list[object] = ["–"] * 6
    if t.delivered_amount is not None:
        amounts = [m or Decimal(0) for m in (t.accepted_amount, t.quarantined_amount, t.duplicate_amount)]
        waiting = t.waiting_amount or Decimal(0)
        reported = [t.delivered_amount, amounts[0], waiting, *amounts[1:], t.delivered_amount - sum(amounts)]
        money = [Figure(f"{amount:,.2f}") for amount in reported]
    return file, t.table_name, *(Figure(f"{n:,}") for n in lines), *money


def _sum(totals: Sequence[Total]) -> Total:
    """The totals of one table over all its files."""

    def lines(name: str) -> int:
        return sum(getattr(t, name) for t in totals)

    def money(name: str) -> Decimal | None:
        known = [value for t in totals if (value := getattr(t, name)) is not None]
        return sum(known, Decimal(0)) if known else None

    return Total(
        file_name="",
        table_name=totals[0].table_name,
        delivered_lines=lines("delivered_lines"),
        accepted_lines=lines("accepted_lines"),
        quarantined_lines=lines("quarantined_lines"),
        duplicate_lines=lines("duplicate_lines"),
        delivered_amount=money("delivered_amount"),
        accepted_amount=money("accepted_amount"),
        quarantined_amount=money("quarantined_amount"),
        duplicate_amount=money("duplicate_amount"),
        excluded_lines=lines("excluded_lines"),
        waiting_lines=lines("waiting_lines"),
        waiting_amount=money("waiting_amount"),
    )


def _institutions(counts: Sequence[PlaceholderCount]) -> set[str]:
    return {one.institution_id for one in counts if one.institution_id is not None}


def _most(counts: Sequence[PlaceholderCount]) -> str:
    known = [one for one in counts if one.institution_id is not None]
    first = min(known, key=lambda one: (-one.row_count, one.institution_id or ""), default=None)
    return "–" if first is None else f"{first.institution_id} ({first.row_count:,})"


def _places(code: CodeCount) -> str:
    return ", ".join(f"{file}:{line}" for file, line in code.places)
