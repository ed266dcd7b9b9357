"""One rule over the lines of one visit: what it judges, what it hits, what it leaves open."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from rules.pack.compiling import Compiler
from rules.pack.document import PackRule
from rules.pack.measures import CompiledMeasure, compiled_measure
from rules.pack.money import PaidPart, amounts_at_risk
from rules.pack.parts import Compiled, NotExportableError
from rules.pack.rows import LineRow
from rules.pack.values import Type, Unknown, as_text, digits_of, fitted, is_number, readable
from rules.pack.verdicts import HitLine, RuleVerdict, Verdict, VisitHit

_SHARE, _SEPARATOR, _NO_SHARE, _WHOLE = "decimal(20,10)", "\x1f", Decimal(0), Decimal(1)
_PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_]*)\}")


@dataclass
class _Seen:
    """What a rule makes of the lines: whether it judged some, which it hit, which it left open and for lack of what."""

    hits: list[LineRow]
    open_lines: list[str]
    causes: set[str]
    judged: bool = False
    in_force: bool = False


@dataclass(frozen=True)
class CompiledRule:
    """A rule of a pack as functions of a line."""

    rule: PackRule
    where: Compiled
    exclude: tuple[Compiled, ...]
    measures: tuple[CompiledMeasure, ...]
    when: Compiled
    share: Compiled
    compares: Compiled | None
    facts: Mapping[str, Compiled]
    thing: tuple[Compiled, ...]
    judged_on: Compiled

    def verdict(self, rows: Sequence[LineRow], parts: Mapping[str, PaidPart]) -> RuleVerdict:
        """The rule's verdict on the lines of a visit."""
        try:
            seen = self._seen(rows)
            hits = tuple(self._hits(seen.hits, parts))
        except ArithmeticError as error:
            return RuleVerdict(self.rule, Verdict.NOT_JUDGED, why=(f"无法计算 cannot be computed: {error}",))
        why = tuple(f"未知 unknown: {cause}" for cause in sorted(seen.causes))
        if hits or seen.open_lines:
            verdict = Verdict.HIT if hits else Verdict.UNKNOWN
            return RuleVerdict(self.rule, verdict, hits, why, tuple(seen.open_lines))
        if not seen.in_force:
            until = f" – {self.rule.valid_to}" if self.rule.valid_to else ""
            dates = f"{self.rule.valid_from}{until}"
            return RuleVerdict(
                self.rule, Verdict.NOT_JUDGED, why=(f"服务日期不在有效期内 in force on other days: {dates}",)
            )
        return RuleVerdict(self.rule, Verdict.CLEAR if seen.judged else Verdict.NOT_CONCERNED)

    def _seen(self, rows: Sequence[LineRow]) -> _Seen:
        seen = _Seen([], [], set())
        for row in rows:
            row.measures = {}
        answers = [self._judges(row) for row in rows]
        judged = [answer is True for answer in answers]
        for measure in self.measures:
            measure.put(rows, judged)
        for row, answer in zip(rows, answers, strict=True):
            seen.in_force |= self._is_in_force(row["service_date"]) is not False
            found = answer
            if answer is True:
                day = self.judged_on.run(row)
                found = day if isinstance(day, Unknown) else self.when.run(row)
                seen.judged |= not isinstance(day, Unknown)
            if isinstance(found, Unknown) and found.causes:
                seen.open_lines.append(row["line_id"])
                seen.causes |= found.causes
            elif found is True and answer is True:
                seen.hits.append(row)
        return seen

    def _judges(self, row: LineRow) -> Any:
        """Whether the rule judges the line; unknown with its causes where that hangs on what the visit lacks."""
        in_force = self._is_in_force(row["service_date"])
        if in_force is False:
            return False
        asked = self.where.run(row)
        if asked is False or any(one.run(row) is True for one in self.exclude):
            return False
        if isinstance(asked, Unknown):
            return asked
        return in_force

    def _is_in_force(self, day: Any) -> Any:
        if isinstance(day, Unknown):
            return day
        return self.rule.valid_from <= day and (self.rule.valid_to is None or day <= self.rule.valid_to)

    def _hits(self, rows: Sequence[LineRow], parts: Mapping[str, PaidPart]) -> list[VisitHit]:
        things: dict[str, list[LineRow]] = defaultdict(list)
        for row in rows:
            things[self._hit_id(row)].append(row)
        return [self._hit(hit_id, of_thing, parts) for hit_id, of_thing in sorted(things.items())]

    def _hit_id(self, row: LineRow) -> str:
        values = [(one.run(row), one.type) for one in self.thing]
        texts = ["" if isinstance(value, Unknown) else as_text(value, kind) for value, kind in values]
        return hashlib.sha256(_SEPARATOR.join([self.rule.id, *texts]).encode()).hexdigest()[:32]

    def _hit(self, hit_id: str, rows: Sequence[LineRow], parts: Mapping[str, PaidPart]) -> VisitHit:
        shares = {row["line_id"]: self._share(row) for row in rows}
        paid = amounts_at_risk(
            ((row["line_id"], row.line.get("settlement_id"), shares[row["line_id"]]) for row in rows),
            parts,
            with_account=self.rule.money.account,
        )
        counted = [
            HitLine(row["line_id"], "counted", _covered(row, shares[row["line_id"]]), paid[row["line_id"]])
            for row in sorted(rows, key=lambda row: str(row["line_id"]))
        ]
        compared = [HitLine(other, "compared", None, None) for other in self._compared(rows)]
        texts = self._facts(max(rows, key=_when))
        return VisitHit(
            hit_id,
            (*counted, *compared),
            _total([line.covered_at_risk for line in counted]),
            _total([line.amount_at_risk for line in counted]),
            *(
                _PLACEHOLDER.sub(lambda found: texts[found[1]], text)
                for text in (self.rule.reason.zh, self.rule.reason.en)
            ),
        )

    def _share(self, row: LineRow) -> Decimal:
        share = self.share.run(row)
        if isinstance(share, Unknown):
            return _NO_SHARE
        return min(max(fitted(Decimal(share), _SHARE), _NO_SHARE), _WHOLE)

    def _compared(self, rows: Sequence[LineRow]) -> list[str]:
        if self.compares is None:
            return []
        others = {self.compares.run(row) for row in rows}
        own = {row["line_id"] for row in rows}
        return sorted(other for other in others if isinstance(other, str) and other not in own)

    def _facts(self, row: LineRow) -> dict[str, str]:
        return {name: readable(fact.run(row), fact.type) for name, fact in self.facts.items()}


def compiled_rule(rule: PackRule, columns: Mapping[str, Type]) -> CompiledRule:
    """The rule as functions. Raises NotExportableError for what the evaluator cannot compute."""
    types: dict[str, Type] = {}
    compiler = Compiler(columns, rule.params, types)
    exclude = tuple(_condition(compiler, one.condition) for one in rule.exclude)
    where = _condition(compiler, rule.where)
    measures = []
    for measure in rule.measures:  # those that look at others come after these
        made = compiled_measure(compiler, measure)
        types[measure.name] = made.type
        measures.append(made)
    share = compiler.compiled(rule.money.share)
    if not is_number(share.type) or (share.type == "double" and digits_of(share.type)):
        raise NotExportableError(f"the share of the money is {share.type}")
    return CompiledRule(
        rule=rule,
        where=where,
        exclude=exclude,
        measures=tuple(measures),
        when=_condition(compiler, rule.when),
        share=share,
        compares=None if rule.compares is None else compiler.compiled(rule.compares),
        facts={name: compiler.compiled(fact) for name, fact in rule.facts.items()},
        thing=tuple(compiler.column(name) for name in rule.thing),
        judged_on=compiler.column(rule.judged_on),
    )


def _condition(compiler: Compiler, node: Any) -> Compiled:
    made = compiler.compiled(node)
    if made.type != "boolean":
        raise NotExportableError(f"a condition is {made.type}")
    return made


def _when(row: LineRow) -> tuple[date, str]:
    """What orders the lines of a hit: the last tells its facts."""
    day = row["service_date"]
    return (date.min if isinstance(day, Unknown) else day), str(row["line_id"])


def _covered(row: LineRow, share: Decimal) -> Decimal | None:
    covered = row.line.get("covered_amount")
    return (covered * share).quantize(Decimal("0.01"), ROUND_HALF_UP) if isinstance(covered, Decimal) else None


def _total(amounts: Sequence[Decimal | None]) -> Decimal | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal("0.00")) if len(known) == len(amounts) else None
