"""The report of a check: tables that read alike in a terminal and as a Markdown page."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from fundwatch.cells import NOTE as SIGN_NOTE
from fundwatch.cells import safe_text
from intake.quarantine.error_codes import in_words
from jobs.onboard.enables import Enabled
from jobs.onboard.next_steps import next_steps
from jobs.onboard.sample_report import Report, ReportRow, faulty_share

_PLACES = 3
_CODES = 20


def as_markdown(report: Report) -> str:
    """The whole report."""
    parts = [_head(report), _files(report), _rows(report), _columns(report), _codes(report), _links(report)]
    return "\n".join([*parts, _enables(report), _next(report), f"{SIGN_NOTE}.", ""])


def _head(report: Report) -> str:
    runs = Counter(one.kind for one in report.enabled if one.runs)
    kinds = Counter(one.kind for one in report.enabled)
    enabled = ", ".join(f"{runs[kind]} of {count} {kind}s" for kind, count in kinds.items())
    stopped = report.too_faulty()
    gate = f"the gate would stop the night: more than {report.share_limit:.0%} faulty rows in {', '.join(stopped)}"
    return "\n".join(
        [
            f"# Check of the mapping {report.source} on the delivery of {report.night}",
            "",
            f"The first {report.sample:,} rows of each file. Nothing was written; the tokens are of a throw-away key.",
            "",
            f"- it enables {enabled}",
            f"- {gate if stopped else 'no file has too many faulty rows'}",
            *(f"- a night would hold the delivery: {entry}" for entry in report.unclaimed),
            "",
        ]
    )


def _files(report: Report) -> str:
    lines = ["## Files: what becomes of their columns", ""]
    rows = [
        (
            f.name,
            f.kind,
            report.rows_of_files[f.name],
            *(len(c) for c in (f.read, f.dropped, f.unknown, f.missing_optional)),
        )
        for f in report.files
    ]
    lines += _table(("file", "kind", "rows", "read", "dropped", "parked", "optional, missing"), rows)
    if report.drift:
        lines += [
            "",
            "The form has drifted, and the mapping bears it:",
            "",
            *(f"- {note}" for note in report.drift),
            "",
        ]
    for file in report.files:
        reported = (("dropped", file.dropped), ("optional, missing", file.missing_optional))
        lines += [f"- {file.name} {text}: {', '.join(columns)}" for text, columns in reported if columns]
    return "\n".join([*lines, ""])


def _rows(report: Report) -> str:
    lines = ["## Rows: delivered = accepted + faulty + excluded by the source's own word + duplicates", ""]
    rows = [
        (
            *(t["file_name"], t["table_name"], t["delivered_lines"], t["accepted_lines"]),
            t["quarantined_lines"] - t["excluded_lines"],
            *(t["excluded_lines"], t["duplicate_lines"], f"{faulty_share(t):.2%}"),
            *(t["delivered_amount"], t["accepted_amount"]),
        )
        for t in report.totals
    ]
    head = ("file", "table", "delivered", "accepted", "faulty", "excluded", "duplicate", "share faulty")
    lines += _table((*head, "money delivered", "money accepted"), rows)
    if report.codes:
        lines += ["", "Error codes:", ""]
        places = [
            (c["table_name"], c["code"], in_words(c["code"]), c["rows"], "; ".join(map(_place, c["places"][:_PLACES])))
            for c in sorted(report.codes, key=lambda c: -c["rows"])
        ]
        lines += _table(("table", "code", "what it says", "rows", "first places (file, line)"), places)
    return "\n".join([*lines, ""])


def _place(place: ReportRow) -> str:
    name, line = place.values()
    return f"{name}, {line}"


def _columns(report: Report) -> str:
    lines = ["## Canonical tables: columns filled", ""]
    for table in dict.fromkeys(c["table_name"] for c in report.columns):
        facts = [c for c in report.columns if c["table_name"] == table]
        lines += [f"### {table}: {facts[0]['row_count']:,} rows", ""]
        lines += _table(
            ("column", "filled", "note", "first day", "last day", "sum", "negative", "zero"),
            [
                (
                    *(f["column_name"], _share(f["filled"], f["row_count"]), _note(report, f)),
                    *(f["first"], f["last"], f["total"]),
                    *((_share(f[s], f["filled"]) if f["total"] is not None else None) for s in ("negative", "zero")),
                )
                for f in facts
            ],
        )
        unknown = report.unknown.get(table, ())
        lines += ["", f"unknown (no file fills it): {', '.join(unknown) or 'none'}", ""]
    return "\n".join(lines)


def _note(report: Report, fact: ReportRow) -> str:
    if (fact["table_name"], fact["column_name"]) in report.constants:
        return "constant of the mapping"
    if not fact["filled"]:
        return "always empty"
    return "always the same" if fact["is_constant"] and fact["filled"] > 1 else ""


def _codes(report: Report) -> str:
    lines = ["## Codes met that no translation or list knows", ""]
    rows = sorted(report.strange, key=lambda s: (-s["row_count"], s["table_name"], s["column_name"], s["code"]))
    shown = [(s["table_name"], s["column_name"], s["code"], s["row_count"]) for s in rows[:_CODES]]
    lines += _table(("table", "column", "code", "rows"), shown) if shown else ["none"]
    if len(rows) > _CODES:
        lines.append(f"- and {len(rows) - _CODES} more")
    return "\n".join([*lines, ""])


def _links(report: Report) -> str:
    lines = ["## Keys and references in the sample", ""]
    keys = [
        (k["table_name"], _share(k["without_key"], k["row_count"]), _share(k["repeated"], k["row_count"]))
        for k in report.keys
    ]
    lines += _table(("table", "rows without a key", "rows repeating a key"), keys)
    if report.references:
        rows = [(r["of"], r["target"], r["row_count"], _share(r["found"], r["row_count"])) for r in report.references]
        lines += ["", *_table(("column", "points to", "rows", "found in the sample"), rows)]
    return "\n".join([*lines, ""])


def _enables(report: Report) -> str:
    lines = ["## What it enables: the rules as scanned on the sample", ""]
    rows = [(e.kind, e.id, e.name, "runs" if e.runs else "not run", *_tried(e), _why(e)) for e in _once(report.enabled)]
    return "\n".join([*lines, *_table(("kind", "id", "name", "", "judged", "hits", "why not"), rows), ""])


def _tried(one: Enabled) -> tuple[int | None, int | None]:
    return (one.judged, one.hits) if one.kind == "rule" and one.runs else (None, None)


def _next(report: Report) -> str:
    steps = [f"{number}. {text}" for number, text in enumerate(next_steps(report), start=1)]
    return "\n".join(["## What to do next, in order of worth", "", *steps, ""])


def _once(enabled: Iterable[Enabled]) -> Iterator[Enabled]:
    """Runs first, then what does not run, kind by kind."""
    groups: dict[str, list[Enabled]] = defaultdict(list)
    for one in enabled:
        groups[one.kind].append(one)
    for kind in groups:
        yield from sorted(groups[kind], key=lambda one: not one.runs)


def _why(one: Enabled) -> str:
    if one.why_not and not one.why_not_whole:
        return f"{one.why_not} (the mapping reads it; it was not delivered)"
    return one.why_not


def _share(part: int, of: int) -> str:
    if not of:
        return "no rows"
    if 0 < part < of:
        return f"{min(max(part / of, 0.0001), 0.9999):.2%}"  # some is never shown as none or all
    return "100%" if part else "0%"


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    """A Markdown table, padded so that it reads in a terminal too."""
    texts = [tuple(_text(cell) for cell in row) for row in (head, *rows)]
    widths = [max(_width(row[place]) for row in texts) for place in range(len(head))]
    lines = [
        "| " + " | ".join(cell + " " * (widths[place] - _width(cell)) for place, cell in enumerate(row)) + " |"
        for row in texts
    ]
    return [lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]]


def _text(cell: Any) -> str:
    if isinstance(cell, int):
        return f"{cell:,}"
    return "" if cell is None else safe_text(str(cell)).replace("|", "/")


def _width(text: str) -> int:
    """Cells of a terminal: Chinese characters take two."""
    return sum(2 if ord(letter) > 0x2E7F else 1 for letter in text)
