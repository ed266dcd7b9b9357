"""Write docs/indicators.md, every shipped indicator by class and entity, and rules/analysis/indicators.csv, what rules
must know of them: `python -m scripts.list_indicators`."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

from features.catalogue import Catalogue, Indicator, load_catalogues
from features.catalogue.indicator import CLASSES
from features.catalogue.size import is_case_mix, is_size
from features.catalogue.wording import formula_of, sources_of
from fundwatch.resources import read_yaml

_ROOT = Path(__file__).resolve().parent.parent
NOT_GIVEN = _ROOT / "features" / "catalogue" / "not_given.yaml"
PAGE, FOR_RULES = _ROOT / "docs" / "indicators.md", _ROOT / "rules" / "analysis" / "indicators.csv"
_HEADS = (
    "指标 indicator", "名称 name", "单位 unit", "可疑方向 strange when", "窗口（天） windows", "公式 formula",
    "前提 when", "来源 taken from", "模型 models",
)  # fmt: skip
_DIRECTIONS = {"high": "高 high", "low": "低 low", "both": "双向 both"}
_INTRO = """# The indicators 指标目录

Every indicator that ships, by class of the national list and entity; a column is `<entity>_<indicator>_<window>d`, and
`fundwatch indicators show COLUMN` says what its formula comes down to. *Formula*: over measures of the window, each a
true zero of nothing where it counts, unknown where it is a quantile; a share of nothing is unknown. *When*: where the
base is smaller, the indicator is unknown. *Models*: read by detectors. Whom an entity is compared with: `conf/peers/`.
What a source does not supply is not run, and each night says why. Made by `python -m scripts.list_indicators`: change
a catalogue's entry, and write the page again.

每行一个指标；列名为“对象_指标_窗口d”。公式中的量见 `fundwatch indicators show 列名`；
前提不满足、没有分母或数据来源未提供时，指标为未知，不作为零。
"""


def page() -> str:
    """The page as it is to be."""
    by_class: dict[str, list[tuple[Catalogue, str, Indicator]]] = defaultdict(list)
    for catalogue in load_catalogues().values():
        for name, indicator in sorted(catalogue.indicators.items()):
            by_class[indicator.class_ or ""].append((catalogue, name, indicator))
    parts = [_INTRO, _summary(by_class)]
    for class_, zh in CLASSES.items():
        if by_class[class_]:
            parts.append(f"\n## {zh} {class_} ({len(by_class[class_])})\n")
            parts += _of_class(by_class[class_])
    return "".join([*parts, *_not_given()])


def _not_given() -> Iterator[str]:
    """What is asked for of these classes and no catalogue gives, by the reason why."""
    yield "\n## 未给出的指标 Asked for and not given\n\n"
    yield "| 原因 why | 对象 of | 指标 indicator | 代替 instead |\n|---|---|---|---|\n"
    for reason in read_yaml(NOT_GIVEN):
        for n, one in enumerate(reason["wanted"]):
            why = f"{reason['why']['zh']} {reason['why']['en']}" if n == 0 else ""
            instead = f"`{one['instead']}`" if "instead" in one else ""
            yield f"| {why} | {one['of']} | {one['zh']} {one['en']} | {instead} |\n"


def _summary(by_class: dict[str, list[tuple[Catalogue, str, Indicator]]]) -> str:
    entries = [entry for entries in by_class.values() for entry in entries]
    columns = sum(len(catalogue.windows_of(indicator)) for catalogue, _, indicator in entries)
    counts = ", ".join(f"{zh} {len(by_class[class_])}" for class_, zh in CLASSES.items())
    return f"\n{len(entries)} indicators, {columns} columns: {counts}.\n"


def _of_class(entries: list[tuple[Catalogue, str, Indicator]]) -> Iterator[str]:
    by_entity: dict[str, list[tuple[Catalogue, str, Indicator]]] = defaultdict(list)
    for entry in entries:
        by_entity[entry[0].entity].append(entry)
    for group in by_entity.values():
        yield f"\n### {group[0][0].of.words}\n\n"
        yield f"| {' | '.join(_HEADS)} |\n|{'---|' * len(_HEADS)}\n"
        yield from (f"| {' | '.join(_cells(*entry))} |\n" for entry in group)


def _cells(catalogue: Catalogue, name: str, indicator: Indicator) -> tuple[str, ...]:
    return (
        f"`{name}`",
        f"{indicator.name.zh} {indicator.name.en}",
        indicator.unit,
        _DIRECTIONS[indicator.direction],
        "/".join(map(str, catalogue.windows_of(indicator))),
        f"`{formula_of(indicator)}`",
        f"`{indicator.when}`" if indicator.when else "",
        ", ".join(sources_of(catalogue, indicator)),
        "✓" if indicator.learned else "",
    )


def for_rules() -> str:
    """What rules must know of indicators, a row each: rules read no catalogue of another package."""
    written = StringIO()
    rows = csv.writer(written, lineterminator="\n")
    rows.writerow(("entity", "name", "class", "unit", "direction", "windows", "kind", "name_zh", "name_en"))
    for catalogue in load_catalogues().values():
        for name, one in sorted(catalogue.indicators.items()):
            windows = " ".join(map(str, catalogue.windows_of(one)))
            said = (one.class_, one.unit, one.direction, windows, _kind(catalogue, one), one.name.zh, one.name.en)
            rows.writerow((catalogue.entity, name, *said))
    return written.getvalue()


def _kind(catalogue: Catalogue, one: Indicator) -> str:
    """How it may be judged: a size by nothing but its own past, a change by itself, all else beside peers."""
    if one.growth is not None or one.past is not None:
        return "growth" if one.growth is not None else "past"
    if is_case_mix(catalogue, one):
        return "case_mix"
    return "size" if is_size(catalogue, one) else "value"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    FOR_RULES.write_text(for_rules(), encoding="utf-8", newline="\n")
