"""What the evaluator says of a visit: a verdict of every rule, with lines, money and reasons."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from rules.pack.document import PackRule


class Verdict(StrEnum):
    """What a rule says of a visit. Only `clear` means that it looked and found nothing."""

    HIT = "hit"
    UNKNOWN = "unknown"
    NOT_JUDGED = "not_judged"
    CLEAR = "clear"
    NOT_CONCERNED = "not_concerned"

    @property
    def words(self) -> str:
        """The verdict for people, in both languages."""
        return f"{_ZH[self]} {self.replace('_', ' ')}"


_ZH = {
    Verdict.HIT: "命中", Verdict.UNKNOWN: "资料不明", Verdict.NOT_JUDGED: "未判", Verdict.CLEAR: "未见问题",
    Verdict.NOT_CONCERNED: "不涉及",
}  # fmt: skip


@dataclass(frozen=True)
class HitLine:
    """A line of a hit: `counted` for the money, or only `compared` with. `covered_at_risk` is the share at risk of what
    is covered of it, `amount_at_risk` that of what was paid: null before the settlement."""

    line_id: str
    role: str
    covered_at_risk: Decimal | None
    amount_at_risk: Decimal | None


@dataclass(frozen=True)
class VisitHit:
    """A thing of the visit that a rule hits, by the id that the nightly scan gives it."""

    hit_id: str
    lines: tuple[HitLine, ...]
    covered_at_risk: Decimal | None
    amount_at_risk: Decimal | None
    reason_zh: str
    reason_en: str


@dataclass(frozen=True)
class RuleVerdict:
    """A rule's verdict; `why` says what was not known or not given, `open_lines` which lines it left open."""

    rule: PackRule
    verdict: Verdict
    hits: tuple[VisitHit, ...] = ()
    why: tuple[str, ...] = ()
    open_lines: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The verdict as JSON has it."""
        said: dict[str, Any] = {
            "rule_id": self.rule.id, "rule_version": self.rule.version, "rule_state": self.rule.state,
            "verdict": str(self.verdict), "tier": self.rule.tier, "law": self.rule.law,
            "name": self.rule.name.model_dump(),
        }  # fmt: skip
        if self.why:
            said["why"] = list(self.why)
        if self.open_lines:
            said["open_lines"] = list(self.open_lines)
        if self.hits:
            money = self.rule.money
            said |= {
                "money_method": money.method, "is_estimate": money.is_estimate,
                "ask_for": self.rule.ask_for.model_dump(), "clears": self.rule.clears.model_dump(),
                "hits": [_hit_json(hit) for hit in self.hits],
            }  # fmt: skip
        return said


def _hit_json(hit: VisitHit) -> dict[str, Any]:
    return {
        "hit_id": hit.hit_id,
        "reason": {"zh": hit.reason_zh, "en": hit.reason_en},
        **_money(hit),
        "lines": [{"line_id": line.line_id, "role": line.role, **_money(line)} for line in hit.lines],
    }


def _money(of: VisitHit | HitLine) -> dict[str, str | None]:
    """Money as text: no reader may make a binary number of it."""
    both = {"covered_at_risk": of.covered_at_risk, "amount_at_risk": of.amount_at_risk}
    return {name: None if value is None else str(value) for name, value in both.items()}


@dataclass(frozen=True)
class VisitVerdicts:
    """Every rule's verdict on one visit; `unsettled_lines` are those that no settlement paid and no rule judged."""

    encounter_id: str
    pack: str
    is_settled: bool
    rules: tuple[RuleVerdict, ...]
    unsettled_lines: tuple[str, ...] = ()

    def of(self, verdict: Verdict) -> list[RuleVerdict]:
        return [one for one in self.rules if one.verdict == verdict]

    def as_json(self) -> dict[str, Any]:
        """The verdicts as JSON has them."""
        return {
            "encounter_id": self.encounter_id,
            "pack": self.pack,
            "is_settled": self.is_settled,
            "counts": {str(verdict): len(self.of(verdict)) for verdict in Verdict},
            **({"unsettled_lines": list(self.unsettled_lines)} if self.unsettled_lines else {}),
            "rules": [one.as_json() for one in self.rules],
        }
