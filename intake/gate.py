"""The night's gate: Great Expectations judges the control totals.

It judges a few dozen totals, never the claims themselves: on big tables each expectation would scan them again. What
it found is published as a page of our own: its data docs load styles and scripts from the internet.
"""

from __future__ import annotations

import importlib
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from fundwatch.errors import GateError, HeldError, problems
from intake.files.delivery import LandedFile
from intake.quarantine.error_codes import in_words
from intake.rows.totals import Total
from intake.source.checks import Quality

_GRAMMAR = "rfc3987_syntax"


@dataclass(frozen=True)
class Expectation:
    """One expectation and what came of it: the totals it looked at, how many failed, and what failed in words."""

    name: str
    zh: str
    en: str
    looked_at: int
    failed: int
    found: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        return self.failed == 0


@dataclass(frozen=True)
class Findings:
    """What is wrong whatever a person says (sums that do not agree), and what a person may let pass (doubts)."""

    wrong: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.wrong or self.doubts)

    def with_doubts(self, more: Sequence[str]) -> Findings:
        """These and further doubts."""
        return Findings(self.wrong, (*self.doubts, *more))


@dataclass(frozen=True)
class CodeCount:
    """How many rows of a table were quarantined with a code, and where the first of them are: (file, line)."""

    table_name: str
    code: str
    rows: int
    places: tuple[tuple[str, int], ...]

    def __str__(self) -> str:
        files = sorted({name for name, _ in self.places})
        lines = "; ".join(f"{f} line {', '.join(str(n) for g, n in self.places if g == f)}" for f in files)
        return f"{self.table_name}: {self.code} in {self.rows} rows, such as {lines}"


def warm_up() -> threading.Thread:
    """Import Great Expectations in the background, because it takes 8 s; join the thread before using it."""
    # set before the import: a pipeline without a network must not try to report its use
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    thread = threading.Thread(target=_import_aside, daemon=True)
    thread.start()
    return thread


def _import_aside() -> None:
    # its charts check schemas with jsonschema, which compiles a grammar of addresses if this package is there: a third
    # of the import, for a format that nothing here has
    sys.modules.setdefault(_GRAMMAR, cast("ModuleType", None))
    with suppress(RuntimeError):  # two threads wait for each other's modules: who needs this one imports it again
        importlib.import_module("great_expectations")
    if sys.modules.get(_GRAMMAR) is None:
        sys.modules.pop(_GRAMMAR, None)


def judge(totals: Sequence[Total], files: Sequence[LandedFile], quality: Quality) -> tuple[Expectation, ...]:
    """What the gate expects of each file and table, and what it found.

    Do lines and money balance, do they match what the sender declared, are the shares of faulty lines and of reversals
    that wait for their original within the limits, were enough lines accepted.
    """
    rows = [_figures(total, files, quality) for total in totals]
    if not rows:
        return ()
    limits = {"limit": quality.quarantine_share, "waiting": quality.waiting_share}
    words = {name: (zh.format(**limits), en.format(**limits)) for name, (zh, en) in _WORDS.items()}
    return tuple(
        Expectation(name, *words[name], looked_at, len(places), tuple(_sentence(name, rows[place]) for place in places))
        for name, (looked_at, places) in _validated(rows, quality).items()
    )


def findings_of(expectations: Sequence[Expectation]) -> Findings:
    """What of the expectations failed, parted into what is wrong and what a person may let pass."""
    wrong = [reported for one in expectations if one.name not in _DOUBTS for reported in one.found]
    doubts = [reported for one in expectations if one.name in _DOUBTS for reported in one.found]
    return Findings(tuple(wrong), tuple(doubts))


def gate_error(
    found: Findings, codes: Sequence[CodeCount], unlisted: Sequence[CodeCount], page: Path, night: date, source: str
) -> GateError:
    """The error that stops the night: figures, the commonest error codes, codes that no list has, where to look."""
    text = problems("the quality gate stopped the night", [*found.wrong, *found.doubts])
    for what, counts in (("error codes", codes), ("codes that no list of the mapping has", unlisted)):
        commonest = sorted(counts, key=lambda c: (-c.rows, c.table_name, c.code))[:8]
        if commonest:
            meant = [f" ({meaning})" if (meaning := in_words(count.code)) else "" for count in commonest]
            text += f"\n{what}:\n" + "\n".join(f"  - {count}{m}" for count, m in zip(commonest, meant, strict=True))
    text += "".join(f"\n{_CONFLICT.format(c.table_name, source)}" for c in codes if c.code == "CONFLICT")
    again = "have the delivery fixed and sent again; nothing of it is in the lake. Limits: conf/quality"
    if found.wrong:
        return GateError(text, where=str(page), do=again)
    release = f"`fundwatch deliveries release --date {night} --as NAME --why TEXT`"
    return HeldError(text, where=str(page), do=f"look at it; if it is right: {release}. If not: {again}")


# what to write where a key is none, or comes again on purpose
_CONFLICT = """CONFLICT in {0}: rows with one key differ. What to change in conf/sources/{1}.yaml:
  - the id is one within a visit only: line_id: {{expr: "visit || '|' || number"}}, the pointer to an original likewise
  - a row comes again when it is settled: tables.{0}.later_replaces: {{order: ["settlement_id IS NOT NULL"]}}"""


def _figures(total: Total, files: Sequence[LandedFile], quality: Quality) -> dict[str, Any]:
    file = next((f for f in files if f.name == total.file_name), None)  # none: rows out of the quarantine
    parts = (total.accepted_amount, total.quarantined_amount, total.duplicate_amount)
    has_money = total.delivered_amount is not None
    return {
        "file": total.file_name,
        "table": total.table_name,
        "delivered_lines": total.delivered_lines,
        "balanced_lines": total.accepted_lines + total.quarantined_lines + total.duplicate_lines,
        "file_lines": total.lines_of_file,
        "declared_lines": None if file is None else file.declared_rows,
        "delivered_amount": _text(total.delivered_amount),
        "balanced_amount": _text(sum((p or Decimal(0) for p in parts), Decimal(0))) if has_money else None,
        "stated_amount": _text(total.stated_amount),
        "declared_amount": _text(file.declared_amount) if has_money and file is not None else None,
        "faulty_share": 0.0 if file is None else round(total.faulty_share, 6),
        "share_limit": quality.quarantine_share,
        "waiting_share": 0.0 if file is None else round(total.waiting_share, 6),
        "waiting_limit": quality.waiting_share,
        "waiting_lines": total.waiting_lines,
        "waiting_amount": _text(total.waiting_amount),
        "sound_lines": total.accepted_lines + total.duplicate_lines,
        "minimum_lines": 0 if file is None else quality.of(total.table_name).minimum_rows,
    }


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.2f}"


_DOUBTS = frozenset({"faulty_share", "waiting_share", "enough_lines"})
_PAIRS = {
    "lines_balance": ("delivered_lines", "balanced_lines"),
    "money_balances": ("delivered_amount", "balanced_amount"),
    "lines_as_declared": ("file_lines", "declared_lines"),
    "money_as_declared": ("stated_amount", "declared_amount"),
}
_WORDS = {
    "lines_balance": ("报送行数 = 接收 + 隔离 + 重复", "lines delivered = accepted + quarantined + duplicates"),
    "money_balances": ("报送金额 = 接收 + 隔离 + 重复", "money delivered = accepted + quarantined + duplicates"),
    "lines_as_declared": ("行数与清单一致", "as many lines as the manifest declares"),
    "money_as_declared": ("金额与清单一致", "the money that the manifest declares"),
    "faulty_share": ("不合格行占比不超过 {limit:.2%}", "share of faulty lines at most {limit:.2%}"),
    "waiting_share": (
        "找不到原记录的冲正占接收行不超过 {waiting:.2%}",
        "reversals that wait for their original, over accepted lines, at most {waiting:.2%}",
    ),
    "enough_lines": ("合格行数达到下限", "at least the least number of sound lines"),
}
_SENTENCES = {
    "lines_balance": "{delivered_lines} lines delivered, {balanced_lines} accounted for",
    "money_balances": "money delivered {delivered_amount}, accounted for {balanced_amount}",
    "lines_as_declared": "{file_lines} lines read, {declared_lines} declared",
    "money_as_declared": "money read {stated_amount}, declared {declared_amount}",
    "faulty_share": "{faulty_share:.2%} of the lines are faulty, the limit is {share_limit:.2%}",
    "waiting_share": (
        "{waiting_lines} reversals ({waiting_amount}) name no original that has come, {waiting_share:.2%} of the "
        "accepted lines, the limit is {waiting_limit:.2%}"
    ),
    "enough_lines": "{sound_lines} lines accepted or known, at least {minimum_lines} expected",
}


def _sentence(name: str, figures: Mapping[str, Any]) -> str:
    return f"{figures['file']} ({figures['table']}): {_SENTENCES[name].format(**figures)}"


def _validated(rows: Sequence[Mapping[str, Any]], quality: Quality) -> dict[str, tuple[int, list[int]]]:
    """Run the suite; for each expectation by name, how many rows it looked at and the places of those that failed."""
    import great_expectations as gx
    import pandas as pd
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("intake").add_dataframe_asset("control_total")
    batch = asset.add_batch_definition_whole_dataframe("night")
    suite = context.suites.add(gx.ExpectationSuite(name="gate", expectations=_expectations(gx.expectations, quality)))
    definition = context.validation_definitions.add(gx.ValidationDefinition(name="gate", data=batch, suite=suite))
    outcome = definition.run(batch_parameters={"dataframe": pd.DataFrame(rows)}, result_format="COMPLETE")
    found: dict[str, tuple[int, list[int]]] = {}
    for result in outcome.results:
        reported = result.result
        places = [] if result.success else reported.get("unexpected_index_list") or range(len(rows))
        looked_at = int(reported.get("element_count", len(rows))) - int(reported.get("missing_count") or 0)
        found[result.expectation_config.meta["name"]] = (looked_at, [int(place) for place in places])
    return found


def _expectations(make: Any, quality: Quality) -> list[Any]:
    pairs = [
        make.ExpectColumnPairValuesToBeEqual(
            column_A=a, column_B=b, ignore_row_if="either_value_is_missing", meta={"name": name}
        )
        for name, (a, b) in _PAIRS.items()
    ]
    limits = {"faulty_share": quality.quarantine_share, "waiting_share": quality.waiting_share}
    shares = [
        make.ExpectColumnValuesToBeBetween(column=name, min_value=0, max_value=limit, meta={"name": name})
        for name, limit in limits.items()
    ]
    enough = make.ExpectColumnPairValuesAToBeGreaterThanB(
        column_A="sound_lines", column_B="minimum_lines", or_equal=True, meta={"name": "enough_lines"}
    )
    return [*pairs, *shares, enough]
