"""The workbook's sheets about work: what faded, what changed, what is decided or quiet, what came back, who was drawn;
and the page of what changed."""

from __future__ import annotations

from collections.abc import Iterator

from fundwatch.pages import Figure, PageTable, Paragraph, page
from leads.publishing.case_words import kind_name, status_text
from leads.publishing.list_diff import CHANGE_WORDS
from leads.publishing.published import FADED_LISTED, ListContent
from leads.publishing.rows import short
from leads.publishing.sheets import Heading, Sheet
from leads.words import SUBJECT_WORDS, who_text, yes_text

_CHANGES = (
    Heading("变化", "Change", 18, "wrapped"),
    Heading("对象", "Who", 26, "wrapped"),
    Heading("序号", "Place", 8, "place"),
    Heading("上次序号", "Place before", 10, "place"),
    Heading("涉及基金(元)", "Fund at risk, CNY", 16, "money"),
    Heading("上次(元)", "Before, CNY", 16, "money"),
    Heading("命中", "Hits", 8, "count"),
    Heading("上次", "Before", 8, "count"),
    Heading("个案", "Cases", 60, "wrapped"),
)
_FADED = (
    Heading("自", "Since", 12, "date"),
    Heading("对象", "Who", 26, "wrapped"),
    Heading("发现", "Finding", 34, "wrapped"),
    Heading("首见", "First seen", 12, "date"),
    Heading("末见", "Last seen", 12, "date"),
    Heading("当时命中", "Hits then", 10, "count"),
    Heading("当时金额(元)", "Amount then, CNY", 16, "money"),
    Heading("估算", "Estimate", 10),
    Heading("个案编号", "Case id", 19),
)
_UNLISTED = (
    Heading("对象", "Who", 26, "wrapped"),
    Heading("发现", "Finding", 34, "wrapped"),
    Heading("办理", "Where it stands", 44, "wrapped"),
    Heading("今夜命中", "Hits tonight", 12, "count"),
    Heading("今夜金额(元)", "Amount tonight, CNY", 16, "money"),
    Heading("个案编号", "Case id", 19),
)
_RECOVERED = (
    Heading("承办", "With", 22, "wrapped"),
    Heading("对象", "Who", 26, "wrapped"),
    Heading("发现", "Finding", 34, "wrapped"),
    Heading("冲销或退回明细", "Lines reversed or refunded", 16, "count"),
    Heading("追回基金(元)", "Recovered, CNY", 16, "money"),
    Heading("办理", "Where it stands", 44, "wrapped"),
    Heading("个案编号", "Case id", 19),
)
_SAMPLE = (
    Heading("序号", "Place", 8, "place"),
    Heading("对象类型", "Type", 18),
    Heading("对象", "Who", 36, "wrapped"),
    Heading("总体", "Population", 12, "count"),
    Heading("办理时称", "Its name for `leads`", 26),
)
SAMPLE_MEANING = (
    "随机抽样:与规则、评分无关,用于衡量清单的遗漏 | "
    "Drawn at random, whatever rules and scores say: what inspection finds here measures what the list misses"
)
_QUIET = (
    f"已结案且此后无新增,或规则对该对象暂停:不列入清单;至多列出 {FADED_LISTED} 条 | "
    f"Decided and not grown since, or a rule that is quiet for the subject: no new work; at most {FADED_LISTED}"
)
_BACK = "在办个案的明细被冲销或退回:计为追回,请承办人知悉 | Lines of cases in hand were reversed or refunded: recovered"


def work_sheets(content: ListContent) -> list[Sheet]:
    """The sheets, in the order of the workbook."""
    night = content.provenance.business_date
    return [
        Sheet("消退 Faded", f"消退的个案 {night} Cases that faded", _gone(content), _FADED, list(_faded(content))),
        Sheet("变化 Changes", f"清单变化 {night} Changes", _beside(content), _CHANGES, list(_changes(content))),
        Sheet("不列 Unlisted", f"不列入清单的个案 {night} Not new work", _QUIET, _UNLISTED, list(_unlisted(content))),
        Sheet("追回 Recovered", f"在办个案的追回 {night} Recovered", _BACK, _RECOVERED, list(_recovered(content))),
        Sheet("抽样 Sample", f"随机抽样 {night} Random sample", SAMPLE_MEANING, _SAMPLE, list(_sample(content))),
    ]


def changes_page(content: ListContent) -> str:
    """The page of what changed since the earlier list."""
    night = content.provenance.business_date
    rows = [["–" if cell is None else _figure(cell) for cell in row] for row in _changes(content)]
    table = PageTable("", tuple(f"{heading.zh} {heading.en}" for heading in _CHANGES), rows)
    return page(f"清单变化 {night} Changes", [Paragraph(_beside(content), "note"), table])


def _figure(cell: object) -> object:
    return cell if isinstance(cell, (str, int)) else Figure(f"{cell:,.2f}")


def _gone(content: ListContent) -> str:
    earlier = content.provenance.earlier_list
    if earlier is None:
        return "此前无清单,无可消退 | No earlier list: nothing can have faded"
    return (
        f"今夜未发现,自首列日期起已消退(此前清单:{earlier});至多列出 {FADED_LISTED} 条 | "
        f"Not found tonight, faded since the day in the first column (earlier list: {earlier}); at most {FADED_LISTED}"
    )


def _faded(content: ListContent) -> Iterator[tuple[object, ...]]:
    for case in content.faded:
        yield (
            case.faded_since, who_text(case.subject_type, case.subject), kind_name(content.cards, case.kind),
            case.first_seen, case.last_seen, case.earlier_hit_count, case.earlier_amount,
            yes_text(case.is_estimate), case.case_id,
        )  # fmt: skip


def _beside(content: ListContent) -> str:
    earlier = content.provenance.earlier_list
    return "此前无清单 | No earlier list" if earlier is None else f"与上一份清单相比 | Beside the list of {earlier}"


def _changes(content: ListContent) -> Iterator[tuple[object, ...]]:
    for one in content.changes:
        yield (
            CHANGE_WORDS[one.change], who_text(one.subject_type, one.subject), one.place, one.earlier_place, one.amount,
            one.earlier_amount, one.hit_count, one.earlier_hit_count, one.cases,
        )  # fmt: skip


def _unlisted(content: ListContent) -> Iterator[tuple[object, ...]]:
    for case in content.unlisted:
        yield (
            who_text(case.subject_type, case.subject), kind_name(content.cards, case.kind), status_text(case),
            case.hit_count, case.amount, case.case_id,
        )  # fmt: skip


def _recovered(content: ListContent) -> Iterator[tuple[object, ...]]:
    for case in content.recovered:
        if case.standing is None:
            continue
        yield (
            case.standing.held_by or "–", who_text(case.subject_type, case.subject),
            kind_name(content.cards, case.kind), case.standing.recovered_line_count,
            case.standing.recovered_amount, status_text(case), case.case_id,
        )  # fmt: skip


def _sample(content: ListContent) -> Iterator[tuple[object, ...]]:
    for one in content.sample:
        name = content.places.get(one.subject_id)
        who = f"{name} ({one.subject_id})" if name else short(one.subject_id)
        yield (one.place, SUBJECT_WORDS.get(one.subject_type, one.subject_type), who, one.population_count, one.name)
