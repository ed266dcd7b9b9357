"""What policy staff ask of knowledge, on a terminal, Chinese first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from fundwatch.terminal import new_table, show
from jobs.curate.edition_desk import EditionChanged, EditionImported
from jobs.curate.edition_rows import EditionDiff
from jobs.curate.show_editions import CodeShown, KnowledgeChecked, KnowledgeListed
from jobs.review.catalogue_pages import print_knowledge
from jobs.terminal.answer import Say
from rules.knowledge.editions import EditionAction

_STATES: Mapping[str, str] = {
    "live": "生效 live", "waiting": "待批准 waits for approval", "not live": "未生效 not live"
}  # fmt: skip
_ACTIONS = {EditionAction.APPROVED: "已批准 approved", EditionAction.WITHDRAWN: "已撤回 withdrawn"}
_KINDS = {"added": "新增 added", "gone": "删除 gone", "changed": "变更 changed"}


def print_listed(found: KnowledgeListed, say: Say) -> None:
    """A line for each class of knowledge; below, one for each version of an edition."""
    print_knowledge(found.classes, say)
    if not found.editions:
        say("无导入版本 no edition was imported: `fundwatch knowledge import FILE --edition NAME`")
        return
    _table(
        f"知识版本 Editions ({len(found.editions)})",
        (
            "版本\nEdition", "地区\nRegion", "知识点\nPoints", "待整理\nTo curate", "状态\nState", "自\nFrom",
            "替代\nReplaces",
        ),
        (
            (
                f"{e.edition}\n@{e.version}", e.region, f"{e.points:,}", f"{e.curated:,}", _STATES[e.state],
                str(e.from_date or ""), f"{e.replaces}\n{e.begins}" if e.replaces else "",
            )
            for e in found.editions
        ),
    )  # fmt: skip


def print_imported(done: EditionImported, say: Say) -> None:
    """What an import made of the rows, what is left to people, what is other than before."""
    if not done.is_new:
        say(f"无变化 nothing changed: {done.edition}@{done.version} 已导入过 was imported before")
    read = f"{done.rows:,} 行 rows: {done.points:,} 知识点 points, {done.left_rows:,} 行待整理 rows to curate"
    say(f"{done.edition}@{done.version} ({done.region}) {read}, {done.repeated:,} 重复 repeated")
    _table(
        "知识点 Points by class",
        ("类别\nClass", "知识点\nPoints"),
        ((n, f"{count:,}") for n, count in done.by_class.items()),
    )
    if done.left:
        _table(
            f"待整理 To curate ({done.left_rows:,})",
            ("国家规则类\nNational class", "行\nRows", "原因\nWhy", "处理\nDo", "例\nExample"),
            ((k.rule_class, f"{k.count:,}", k.why, k.do, k.examples[0]) for k in done.left),
        )
        say(f"待整理清单 the rows to curate lie in {done.curate}")
    print_diff(done.diff, say)
    if done.is_new:
        say(f"批准后生效 it holds once approved: `fundwatch knowledge approve {done.edition} --date DATE --as NAME`")


def print_diff(found: EditionDiff, say: Say) -> None:
    """What one version says that another did not."""
    if not found.before:
        say("此前无版本 there was no edition before")
        return
    counts = [f"{words} {getattr(found, kind):,}" for kind, words in _KINDS.items()]
    say(f"{found.before} → {found.after}: {', '.join(counts)}, 相同 same {found.same:,}")
    if found.by_class:
        _table(
            "变化 Changes by class",
            ("类别\nClass", *_KINDS.values()),
            ((name, *(f"{kinds.get(kind, 0):,}" for kind in _KINDS)) for name, kinds in sorted(found.by_class.items())),
        )
    for kind, examples in found.examples.items():
        for example in examples:
            say(f"  {_KINDS[kind]}: {example}")


def print_edition_changed(done: EditionChanged, say: Say) -> None:
    """Which edition holds, or holds no more, from when."""
    entry = done.entry
    say(f"{_ACTIONS[entry.action]}: {entry.edition}@{entry.version} ({entry.points:,} 知识点 points)")
    say(f"自业务日期 from the business date {entry.from_date}, {entry.approved_by}")


def print_code(found: CodeShown, say: Say) -> None:
    """All points that speak of a code."""
    del say  # it is one table
    _table(
        f"知识点 Points of {found.code} ({len(found.points)})",
        ("类别\nClass", "编码\nCode", "内容\nSays", "名称\nName", "地区\nRegion", "有效期\nValid", "来源\nSource",
         "版本\nEdition"),
        (
            (p.knowledge_class, p.code, p.cells, p.name, p.region, f"{p.valid_from} – {p.valid_to or ''}", p.source,
             f"{p.edition}\n{_STATES[p.state]}")
            for p in found.points
        ),
    )  # fmt: skip


def print_checked(done: KnowledgeChecked, say: Say) -> None:
    """What was looked at, and what is wrong."""
    say(
        f"{done.classes} 类 classes, 文件 files: {done.points_of_files:,} 知识点 points; "
        f"版本 versions of editions: {done.versions}, {done.points_of_editions:,} 知识点 points"
    )
    for text in done.wrong:
        say(f"不符 wrong: {text}")
    if not done.wrong:
        say("全部一致 all of it holds")


def _table(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    table = new_table(title)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*row)
    show(table)
