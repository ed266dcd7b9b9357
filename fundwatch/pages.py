"""Pages for people: one self-contained HTML file each, readable without a network, in Chinese and English.

A page is a title and parts (texts, tables, charts, pictures). Nothing on it is fetched from elsewhere; every text is
escaped. English that stands beneath Chinese can be switched off by the reader, without a script.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from fundwatch.drawing.style import STYLE
from fundwatch.drawing.svg import Svg

if TYPE_CHECKING:
    from jinja2 import Template

_TEMPLATE = """<!DOCTYPE html>
<html lang="zh"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{{ title }}</title>
<style>
body{font:14px/1.6 "Microsoft YaHei","PingFang SC","Noto Sans CJK SC",sans-serif;color:#222;max-width:1080px;
margin:2em auto;padding:0 1em}
h1{font-size:22px;color:#1f4e78;margin-bottom:.2em}
h2{font-size:16px;color:#1f4e78;border-bottom:2px solid #1f4e78;margin-top:1.6em;break-after:avoid}
h2 small,.en{color:#666;font-weight:normal}
table{border-collapse:collapse;width:100%;font-size:12.5px;margin:.7em 0}td,th{white-space:pre-line}
th,td{border:1px solid #ccc;padding:4px 6px;text-align:left;vertical-align:top;overflow-wrap:break-word}
th{background:#1f4e78;color:#fff;print-color-adjust:exact}td.n{text-align:right;white-space:nowrap}
thead{display:table-header-group}tr{break-inside:avoid}
.note{color:#666;font-size:12px}.text,.note{white-space:pre-line}
.good{background:#e2efda;color:#375623}.wait{background:#ffeb9c;color:#7f4f00}.bad{background:#ffc7ce;color:#9c0006}
.hint{background:#ddebf7;color:#1f4e78}
.mark{print-color-adjust:exact;padding:2px 10px;border-radius:4px;font-weight:bold;display:inline-block}
{{ style }}svg .bar{fill:#5b9bd5}svg .ends{stroke:#1f4e78}
svg .beside{stroke:#c00000;stroke-width:3}svg rect,svg line{print-color-adjust:exact}
figure{margin:.6em 0;break-inside:avoid}figcaption{color:#666;font-size:12px}figure svg{width:100%;height:auto}
.under{display:block;color:#666;font-size:.92em}.group td{background:#eef3f8;font-weight:bold;print-color-adjust:exact}
.group .under{font-weight:normal}th .under{color:#c9d8e8;font-weight:normal}
.wide{page:wide}@page{size:A4;margin:13mm 12mm 16mm{{ foot_rules|safe }}}@page wide{size:A4 landscape}
.switch{float:right;font-size:12px}#english:not(:checked)~* .under,#english:not(:checked)~* small,
#english:not(:checked)~* .en{display:none}
.new-sheet{break-before:page}
@media print{.switch,#english{display:none}body{margin:0;max-width:none}table{font-size:10px}td{overflow-wrap:anywhere}}
</style></head><body>
{%- if switch %}
<input type="checkbox" id="english" class="switch" checked>
<label for="english" class="switch">显示英文 With English</label>
{%- endif %}
<h1>{{ title }}</h1>
<section>
{%- macro both(text) %}{% if text is bilingual %}{{ text.zh }}{% if text.en %}<span class="under">{{ text.en }}</span>
{%- endif %}{% else %}{{ text }}{% endif %}{% endmacro %}
{%- for part in parts %}
{%- if part is sheet %}
</section><section class="new-sheet wide">
{%- endif %}
{%- if part.heading is bilingual %}
<h2>{{ part.heading.zh }} <small>{{ part.heading.en }}</small></h2>
{%- elif part.heading %}
<h2>{{ part.heading }}</h2>
{%- endif %}
{%- if part.columns is defined %}
<table><thead><tr>{% for name in part.columns %}<th>{{ both(name) }}</th>{% endfor %}</tr></thead><tbody>
{%- for row in part.rows %}
{%- if row is group %}
<tr class="group"><td colspan="{{ part.columns|length }}">{{ both(row.says) }}</td></tr>
{%- else %}
<tr>{% for cell in row %}<td{% if cell is number %} class="n"{% endif %}>{{ both(cell) }}</td>{% endfor %}</tr>
{%- endif %}
{%- endfor %}
</tbody></table>
{%- elif part.bars is defined %}
<svg class="bars" viewBox="0 0 1000 {{ 26 * part.bars|length + 6 }}" role="img"
 aria-label="{{ part.heading.zh|default(part.heading) }}">
<line class="axis" x1="320" x2="320" y1="0" y2="{{ 26 * part.bars|length + 4 }}"/>
{%- for bar in part.bars %}{% set y = 26 * loop.index0 %}
<text x="312" y="{{ y + 17 }}" text-anchor="end">{{ bar.label }}</text>
<rect class="bar" x="320" y="{{ y + 4 }}" height="17" width="{{ at(bar.share) - 320 }}"/>
{%- if bar.low is not none and bar.high is not none %}
<line class="ends" x1="{{ at(bar.low) }}" x2="{{ at(bar.high) }}" y1="{{ y + 12 }}" y2="{{ y + 12 }}"/>
{%- endif %}
{%- if bar.beside is not none %}
<line class="beside" x1="{{ at(bar.beside) }}" x2="{{ at(bar.beside) }}" y1="{{ y + 2 }}" y2="{{ y + 23 }}"/>
{%- endif %}
<text x="790" y="{{ y + 17 }}">{{ bar.text }}</text>
{%- endfor %}
</svg>
{%- elif part.svg is defined %}
<figure>{{ part.svg|safe }}<figcaption>{{ both(part.note) }}</figcaption></figure>
{%- elif part.text is defined %}
<p class="{{ part.style }}">{{ both(part.text) }}</p>
{%- endif %}
{%- endfor %}
</section></body></html>
"""


_AXIS = (320, 780)


class Figure(str):
    """A number that is already written as a page shows it; tables set it to the right."""

    __slots__ = ()


Style = Literal["text", "text en", "note", "mark good", "mark wait", "mark bad", "mark hint"]


@dataclass(frozen=True)
class Bilingual:
    """A heading in both languages, the English in small print."""

    zh: str
    en: str


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; its line breaks are kept. `en` is for a paragraph that repeats the one before it in English."""

    text: str | Bilingual
    style: Style = "text"
    heading: str | Bilingual = ""


@dataclass(frozen=True)
class RowHeader:
    """A row of a table that heads the rows below it, across all columns."""

    says: str | Bilingual


@dataclass(frozen=True)
class PageTable:
    """A headed table; a cell that is a Figure or a number is set to the right, a Bilingual has its English beneath."""

    heading: str | Bilingual
    columns: Sequence[str | Bilingual]
    rows: Sequence[Sequence[object] | RowHeader]


@dataclass(frozen=True)
class Picture:
    """A drawing with a note below it; `svg` is of our own making, its texts escaped."""

    heading: str | Bilingual
    svg: Svg | str
    note: str | Bilingual = ""


@dataclass(frozen=True)
class NewSheet:
    """Where a new sheet of paper begins, under a heading."""

    heading: Bilingual


@dataclass(frozen=True)
class Bar:
    """A bar of a chart: its label, its share of the axis (0 to 1), what is written after it; the ends of its interval
    and a mark for what it is compared with, where there are such."""

    label: str
    share: float
    text: str
    low: float | None = None
    high: float | None = None
    beside: float | None = None


@dataclass(frozen=True)
class BarChart:
    """A chart of horizontal bars, drawn in the page itself."""

    heading: str | Bilingual
    bars: Sequence[Bar]


Part = Paragraph | PageTable | BarChart | Picture | NewSheet


def page(title: str, parts: Iterable[Part], foot: str = "") -> str:
    """One self-contained page; a table without rows, or a chart without bars, is left out. `foot` stands beneath every
    sheet of paper, beside its number."""
    shown = with_content(parts)
    is_switched = any(_is_switched(part) for part in shown)
    return _template().render(
        title=title,
        parts=shown,
        at=_place,
        switch=is_switched,
        foot_rules=_foot_rules(foot),
        style=Svg(STYLE.strip()),
    )


def _foot_rules(foot: str) -> str:
    """What the style says of a sheet's foot: the text, of which nothing can end its quotes, and the sheet's number."""
    if not foot:
        return ""
    text = "".join(character for character in foot if character.isalnum() or character in " -·.:_")
    left = f'@bottom-left{{content:"{text}";font-size:8px}}'
    return f';{left}@bottom-right{{content:counter(page) " / " counter(pages);font-size:8px}}'


def with_content(parts: Iterable[Part]) -> list[Part]:
    """The parts that have something to show."""
    return [part for part in parts if not isinstance(part, (PageTable, BarChart)) or _content(part)]


def _content(part: PageTable | BarChart) -> Sequence[object]:
    return part.rows if isinstance(part, PageTable) else part.bars


def _is_switched(part: Part) -> bool:
    """Whether English stands beneath Chinese in the part's own text, so that a reader may want it away."""
    if isinstance(part, Picture):
        return isinstance(part.note, Bilingual)
    return isinstance(part, NewSheet) or (isinstance(part, Paragraph) and isinstance(part.text, Bilingual))


def _place(share: float) -> float:
    """Where a share lies between the ends of a chart's axis, in its own units."""
    return round(_AXIS[0] + (_AXIS[1] - _AXIS[0]) * min(max(share, 0.0), 1.0), 1)


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True)
    environment.tests["number"] = lambda cell: isinstance(cell, (int, float, Figure)) and not isinstance(cell, bool)
    environment.tests["bilingual"] = lambda text: isinstance(text, Bilingual)
    environment.tests["group"] = lambda row: isinstance(row, RowHeader)
    environment.tests["sheet"] = lambda part: isinstance(part, NewSheet)
    return environment.from_string(_TEMPLATE)


def as_json(content: Mapping[str, Any]) -> str:
    """The content for machines: the same content has the same bytes."""
    return json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True, default=str) + "\n"


def publish(folder: Path, files: Mapping[str, bytes]) -> Path:
    """The files in their folder, which appears whole or not at all and replaces a former one."""
    draft, former = (folder.with_name(f".{folder.name}.{state}") for state in ("draft", "former"))
    for left_over in (draft, former):
        shutil.rmtree(left_over, ignore_errors=True)
    draft.mkdir(parents=True)
    for name, content in files.items():
        (draft / name).write_bytes(content)
    if folder.exists():
        folder.rename(former)
    draft.rename(folder)
    shutil.rmtree(former, ignore_errors=True)
    return folder
