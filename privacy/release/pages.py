"""Privacy measures as records, and as parts of one HTML page in both languages for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from html import escape
from typing import Any

from privacy.release.anonymity import Anonymity

_STYLE = (
    'body{font:14px/1.6 "Microsoft YaHei","PingFang SC","Noto Sans CJK SC",sans-serif;color:#222;max-width:1000px;'
    "margin:2em auto;padding:0 1em}h1{font-size:22px;color:#1f4e78}h2{font-size:16px;color:#1f4e78}"
    "table{border-collapse:collapse;width:100%;font-size:12.5px}th,td{border:1px solid #ccc;padding:4px 6px;"
    "text-align:left}th{background:#1f4e78;color:#fff}.note{color:#666}"
)
MEASURES = (
    "组 Set", "记录 Rows", "等价类 Classes", "k", "l", "唯一 Unique", "k 以下 Under k", "类的大小 Class sizes",
)  # fmt: skip


def as_record(measures: Anonymity) -> dict[str, Any]:
    """The measures as plain values, shares included."""
    shares = {"uniqueness": round(measures.uniqueness, 6), "share_under_k": round(measures.share_under_k, 6)}
    return asdict(measures) | shares


def measure_rows(sets: Mapping[str, Anonymity]) -> list[Sequence[str]]:
    """Grain: set of quasi-identifiers, for a table headed MEASURES."""
    return [
        (
            name,
            f"{m.rows:,}",
            f"{m.classes:,}",
            "–" if m.k is None else str(m.k),
            "–" if m.l is None else str(m.l),
            f"{m.uniqueness:.2%}",
            f"{m.share_under_k:.2%}",
            ", ".join(f"{size}: {count:,}" for size, count in m.sizes.items() if count),
        )
        for name, m in sets.items()
    ]


def page(title: str, parts: Iterable[str]) -> str:
    """One self-contained page."""
    head = f"<meta charset='utf-8'><title>{escape(title)}</title><style>{_STYLE}</style>"
    body = "\n".join([f"<h1>{escape(title)}</h1>", *parts])
    return f"<!DOCTYPE html>\n<html lang='zh'><head>{head}</head><body>\n{body}\n</body></html>\n"


def note(text: str) -> str:
    return f"<p class='note'>{escape(text)}</p>"


def table(heading: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A headed table; every cell is escaped."""
    head = "".join(f"<th>{escape(text)}</th>" for text in columns)
    body = "\n".join("<tr>" + "".join(f"<td>{escape(str(c))}</td>" for c in row) + "</tr>" for row in rows)
    return f"<h2>{escape(heading)}</h2><table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table>"
