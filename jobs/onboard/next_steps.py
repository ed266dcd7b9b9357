"""What a check advises: what stops a night first, then what most of the detection waits for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from jobs.onboard.sample_report import Report

_MOST = 5
_LACKS = re.compile(r"(\w+\.\w+) is not supplied|the source does not supply ((?:\w+\.\w+(?:, )?)+)")
_WORTH = {"rule": 10, "model": 5, "indicator": 1}  # a rule names what happened, an indicator is one of hundreds


def next_steps(report: Report) -> Iterator[str]:
    """Sentences, the most worthwhile first; the last says how to run the night."""
    yield from _stopping(report)
    yield from _untranslated(report)
    yield from _out_of_window(report)
    yield from _lacking(report)
    if any(rows > report.sample for rows in report.rows_of_files.values()):
        yield f"This was a sample of {report.sample:,} rows of each file: check all of them with `--sample N`."
    yield f"Run the night: `fundwatch nightly --source {report.source} --date {report.night}`."


def _stopping(report: Report) -> Iterator[str]:
    yield from (f"A night would hold the delivery. {entry}." for entry in report.unclaimed)
    for name in report.too_faulty():
        table = next(t["table_name"] for t in report.totals if t["file_name"] == name)
        codes = sorted((c for c in report.codes if c["table_name"] == table), key=lambda c: -c["rows"])
        most = f": most often {codes[0]['code']} ({codes[0]['rows']:,} rows{_first(codes[0])})" if codes else ""
        sums = " (sums between the rows are dropped by `where`)" if most and "MISSING:" in most else ""
        yield f"{name} would stop the night with its faulty rows{most}. Mend the mapping{sums}, or ask the sender."


def _first(code: Mapping[str, Any]) -> str:
    """The line of the first of them."""
    _, line = code["places"][0].values()
    return f", the first in line {line:,}"


def _untranslated(report: Report) -> Iterator[str]:
    for one in sorted(report.strange, key=lambda s: -s["row_count"])[:_MOST]:
        yield (
            f"{one['table_name']}.{one['column_name']}: say what the code {one['code']} means ({one['row_count']:,} "
            "rows), in the mapping or in the region's code list."
        )


def _out_of_window(report: Report) -> Iterator[str]:
    seen = report.scanned
    if seen.lines_in_window < seen.lines:
        yield (
            f"{seen.lines - seen.lines_in_window:,} of {seen.lines:,} fee lines are older than the rules look back: "
            f"no rule judges them. A first night of years is scanned whole with `--set scan_days={seen.days_to_first}`."
        )


def _lacking(report: Report) -> Iterator[str]:
    """The columns that most of what does not run waits for."""
    worth: Counter[str] = Counter()
    waiting: dict[str, Counter[str]] = {}
    for one in report.enabled:
        for column in _columns_lacking(one.why_not):
            worth[column] += _WORTH[one.kind]
            waiting.setdefault(column, Counter())[one.kind] += 1
    for column, _ in worth.most_common(_MOST):
        counts = ", ".join(f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in waiting[column].items())
        yield f"Fill {column} if the source has it: it would let {counts} run."


def _columns_lacking(why_not: str) -> list[str]:
    return [name for found in _LACKS.findall(why_not) for name in (found[0] or found[1]).split(", ") if name]
