"""The reference evaluator: a pack and one visit in, the verdict of every rule out. No Spark, no lake, no clock."""

from __future__ import annotations

from dataclasses import dataclass

from rules.pack.document import Pack, PackError, PackRule
from rules.pack.judging import CompiledRule, compiled_rule
from rules.pack.money import paid_parts
from rules.pack.parts import NotExportableError
from rules.pack.rows import LineRow, Make, makers_of
from rules.pack.verdicts import RuleVerdict, Verdict, VisitVerdicts
from rules.pack.visit import OF_VISIT, VisitAtHand, read_visit

_KNOWLEDGE = "knowledge"


@dataclass(frozen=True)
class Evaluator:
    """A pack made ready: compiled once, it judges any number of visits."""

    pack: Pack
    rules: tuple[CompiledRule, ...]
    makers: dict[str, Make]

    @classmethod
    def of(cls, pack: Pack) -> Evaluator:
        """Raises PackError where the pack asks for what this evaluator cannot do."""
        types = {name: column.type for name, column in pack.columns.items()}
        try:
            rules = tuple(compiled_rule(rule, types) for rule in pack.rules)
        except NotExportableError as error:
            raise PackError(error.what, do="use the release that exported the pack") from error
        return cls(pack, rules, makers_of(pack))

    def read(self, content: object, where: str) -> VisitAtHand:
        """The visit of a JSON document, read by the pack's own tables. Raises VisitError."""
        return read_visit(content, self.pack.tables, where)

    def judge(self, visit: VisitAtHand) -> VisitVerdicts:
        """The verdict of every rule. What no settlement paid is judged before settlement alone."""
        lines = visit.tables["claim_line"]
        unsettled = [line for line in lines if visit.is_settled and not isinstance(line.get("settlement_id"), str)]
        settlements = {row.get("settlement_id"): row for row in visit.tables.get("settlement", ())}
        rows = [
            LineRow(self.makers, visit, line, settlements.get(line.get("settlement_id"), {}))
            for line in lines
            if not any(line is other for other in unsettled)
        ]
        parts = paid_parts(visit)
        verdicts = []
        for compiled in self.rules:
            lacking = self._lacking(compiled.rule, visit)
            verdicts.append(
                RuleVerdict(compiled.rule, Verdict.NOT_JUDGED, why=lacking)
                if lacking
                else compiled.verdict(rows, parts)
            )
        return VisitVerdicts(
            encounter_id=visit.encounter_id,
            pack=self.pack.fingerprint,
            is_settled=visit.is_settled,
            rules=tuple(verdicts),
            unsettled_lines=tuple(str(line["line_id"]) for line in unsettled),
        )

    def _lacking(self, rule: PackRule, visit: VisitAtHand) -> tuple[str, ...]:
        """What the rule rests on and the visit says nothing of, or not exactly enough."""
        lacking = [group for group in rule.rests_on if not any(self._is_given(one, visit) for one in group)]
        texts = [f"缺少 not given: {' 或 or '.join(group)}" for group in lacking]
        untimed = sorted({*rule.times} & visit.days_only)
        return (*texts, *(f"只有日期 only the day is given: {source}" for source in untimed))

    def _is_given(self, source: str, visit: VisitAtHand) -> bool:
        table, column = source.split(".")
        if table == _KNOWLEDGE:
            known = self.pack.knowledge.get(column)
            return known is not None and bool(known.points)
        return source in visit.given or (column in OF_VISIT and table in visit.tables)
