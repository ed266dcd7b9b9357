"""What a catalogue entry may say: pydantic models that refuse unknown keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, RootModel, ValidationInfo, field_validator, model_validator

from fundwatch.contracts import CLEAN
from fundwatch.contracts.entities import MEASURED
from fundwatch.declared import Declared
from fundwatch.expressions.declared import Value, written
from fundwatch.fingerprint import fingerprint
from rules.analysis.indicators import BESIDE_JUDGED, JUDGED, beside, indicator_columns
from rules.catalogue.national_classes import seq_of
from rules.frames.declaration import COUNTED, EARLIER_LIST
from rules.wording.words import ParameterWords

PLACEHOLDER = r"\{([a-z_][a-z0-9_]*)\}"
VARIANT = "~"  # no rule's own id has it
REPORTED = ("facts.", "compares", "money.estimate")  # expressions that decide nothing
Expression = Annotated[str, BeforeValidator(lambda v: str(v) if isinstance(v, int) else v), Field(min_length=1)]


class Tier(StrEnum):
    """How much a hit proves; only a person changes it."""

    CLEAR = "明确违规"
    SUSPECT = "可疑"
    CLUE = "线索"


class RuleState(StrEnum):
    """Where a rule stands in its life: a shadow rule is scanned and counted, and makes no lead."""

    DRAFT = "draft"
    SHADOW = "shadow"
    ACTIVE = "active"
    RETIRED = "retired"

    @property
    def is_scanned(self) -> bool:
        return self in (RuleState.SHADOW, RuleState.ACTIVE)

    @property
    def words(self) -> str:
        """The state for people, in both languages."""
        return f"{_STATE_ZH[self]} {self}"


_STATE_ZH = {
    RuleState.DRAFT: "草稿", RuleState.SHADOW: "试运行", RuleState.ACTIVE: "启用", RuleState.RETIRED: "停用",
}  # fmt: skip


class BilingualText(Declared):
    """The same text for Chinese and English readers."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Validity(Declared):
    """The service dates a rule holds for; both ends belong to it."""

    from_: date = Field(alias="from")
    to: date | None = None

    @field_validator("to")
    @classmethod
    def _not_before_it_begins(cls, to: date | None, info: ValidationInfo) -> date | None:
        if to is not None and to < info.data.get("from_", to):
            raise ValueError(f"the rule ends before it begins, on {info.data['from_']}")
        return to


class ParamRange(RootModel[tuple[float | None, float | None]]):
    """Between what a parameter may lie, both ends included; null where there is no end on that side."""

    model_config = ConfigDict(frozen=True)

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        least, most = self.root
        if (least is None and most is None) or (least is not None and most is not None and least > most):
            raise ValueError("a range is [least, most], the smaller first, and null for one of them at most")
        return self

    def holds(self, value: float) -> bool:
        """Whether the value lies within."""
        least, most = self.root
        return (least is None or value >= least) and (most is None or value <= most)

    @property
    def words(self) -> str:
        """The ends as people write them."""
        return "–".join("…" if end is None else f"{end:g}" for end in self.root)


class RuleMeasure(Declared):
    """A window over the judged rows that share `by`; with `over_days`, over the days up to and with the row's own."""

    compute: Expression
    by: list[str] = Field(min_length=1)
    order: list[str] = Field(default_factory=list)
    over_days: str | int | None = None


class Money(Declared):
    """How much of the fund's money is at risk.

    `method` names the formula (A1 all of the line … A9 an estimate, A11 none); `share` is the part of each line's
    covered amount; `account` adds the personal account's part; `of` names the encounter whose lines carry the money,
    where the grain compares encounters. `estimate` is yuan above expectation, where no line carries them.
    """

    method: Literal["A1", "A2", "A3", "A6", "A7", "A9", "A11"]
    share: Expression = "1"
    account: bool = False
    of: str = "encounter_id"
    estimate: Expression | None = None

    @property
    def is_estimate(self) -> bool:
        """An estimate ranks a lead and is never called recoverable."""
        return self.method in ("A9", "A11")


ExampleRow = dict[str, bool | int | float | datetime | date | str | None]


class Example(Declared):
    """Rows and what the rule says of them: the lines that prove its hits (none: a near miss), and the money."""

    says: str
    lines: list[ExampleRow] = Field(default_factory=list)
    encounters: list[ExampleRow] = Field(default_factory=list)
    patients: list[ExampleRow] = Field(default_factory=list)
    settlements: list[ExampleRow] = Field(default_factory=list)
    institutions: list[ExampleRow] = Field(default_factory=list)
    items: list[ExampleRow] = Field(default_factory=list)
    tables: dict[str, list[ExampleRow]] = Field(
        default_factory=dict, description="rows of further clean tables, by name"
    )
    knowledge: dict[str, list[ExampleRow]] = Field(
        default_factory=dict, description="points of classes that hold in the examples' worlds beside those that ship"
    )
    indicators: list[ExampleRow] = Field(
        default_factory=list, description="entities by the rule's names of their indicators, with those of their peers"
    )
    hits: list[str | int]
    compared: list[str | int] = Field(default_factory=list, description="the lines that the hits are compared with")
    amount: Decimal | None = None
    reason_says: list[str] = Field(default_factory=list, description="what the reason of its hits must say")

    @field_validator("tables")
    @classmethod
    def _are_clean(cls, tables: dict[str, list[ExampleRow]]) -> dict[str, list[ExampleRow]]:
        known = {*(table.name for table in CLEAN), *EARLIER_LIST, *COUNTED}
        if tables.keys() - known:
            raise ValueError(f"there is no clean table {', '.join(sorted(tables.keys() - known))}")
        return tables


class Exclusion(Declared):
    """A named set of honest cases that a rule may leave out; with those that it `includes`, once it is read."""

    name: BilingualText
    condition: Expression
    includes: list[str] = Field(default_factory=list, description="further exclusions whose cases are its own too")


class Rule(Declared):
    """One detection rule. `where` says what is judged, `measures` look at the judged rows, `when` is the hit."""

    id: str = Field(pattern=r"^[A-Z]{2}-\d{2}$")
    name: BilingualText
    grain: str = Field(description="what it judges: a grain of rules/frames/")
    tier: Tier
    state: RuleState = RuleState.ACTIVE
    subject: str = Field(description="whom its lead is about: an entity of fundwatch/contracts/entities.py")
    law: list[str] = Field(min_length=1)
    classes: list[int] = Field(
        default_factory=list, description="classes of the national library that it implements, by place or code"
    )
    valid: Validity
    needs: list[str] = Field(default_factory=list, description="further table.column or knowledge.class it rests on")
    indicators: dict[str, str] = Field(
        default_factory=dict,
        description="columns of indicators by the names it has for them; `value` is the judged one",
    )
    holds_without: dict[str, BilingualText] = Field(
        default_factory=dict, description="columns it uses that may be unknown in a hit, each with why the hit holds"
    )
    days_suffice: dict[str, BilingualText] = Field(
        default_factory=dict, description="times it compares, each with why it judges right where only days are known"
    )
    params: dict[str, Value] = Field(default_factory=dict)
    words: dict[str, ParameterWords] = Field(
        default_factory=dict,
        description="what parameters mean, where the shared words (rules/wording) say something else, or nothing",
    )
    ranges: dict[str, ParamRange] = Field(
        default_factory=dict, description="between what a parameter may lie, whoever sets it: [least, most]"
    )
    where: Expression = "TRUE"
    exclude: list[str] = Field(default_factory=list)
    measures: dict[str, RuleMeasure] = Field(default_factory=dict)
    when: Expression
    money: Money
    compares: Expression | None = Field(
        None,
        description="the id of the fee line that a hit's line is compared with: in evidence, counted zero",
    )
    facts: dict[str, Expression] = Field(default_factory=dict)
    reason: BilingualText
    ask_for: BilingualText
    clears: BilingualText
    examples: list[Example]

    @field_validator("classes", mode="before")
    @classmethod
    def _are_national(cls, classes: object) -> object:
        return [seq_of(named) for named in classes] if isinstance(classes, list) else classes

    @field_validator("subject")
    @classmethod
    def _is_an_entity(cls, subject: str) -> str:
        if subject not in MEASURED:
            raise ValueError(f"there is no entity '{subject}'; there are {', '.join(MEASURED)}")
        return subject

    def variant(self, number: int, params: Mapping[str, Value]) -> Rule:
        """The rule with other parameters, to be scanned beside it: `FQ-02~1`. One thing's hits by both compare."""
        return self.model_copy(update={"id": f"{self.id}{VARIANT}{number}", "params": {**self.params, **params}})

    @property
    def base_id(self) -> str:
        """The id of the rule that this one is a variant of; its own, unless it is one."""
        return self.id.partition(VARIANT)[0]

    @property
    def column(self) -> str:
        """The id as a part of a column's name."""
        return self.id.replace("-", "_").replace(VARIANT, "__")

    @property
    def indicator_names(self) -> Mapping[str, str]:
        """The frame's columns by the rule's names: its indicators, and what stands beside the judged one."""
        value = self.indicators.get(JUDGED)
        return {**self.indicators, **({} if value is None else {name: beside(value, name) for name in BESIDE_JUDGED})}

    @property
    def days_judged(self) -> int:
        """How many days up to the one it judges on its hit is about: those of its indicator's window, else that one."""
        judged = indicator_columns().get(self.indicators.get(JUDGED, ""))
        return 1 if judged is None else judged.window

    def bound(self, expression: str) -> str:
        """The SQL of an expression of the rule, with its parameters as literals."""
        return written(expression, names=self.indicator_names, params=self.params)

    @property
    def expressions(self) -> dict[str, str]:
        """Every expression of the rule by its key in the entry."""
        return {
            "where": self.where,
            "when": self.when,
            "money.share": self.money.share,
            **({} if self.money.estimate is None else {"money.estimate": self.money.estimate}),
            **{f"measures.{name}": m.compute for name, m in self.measures.items()},
            **({} if self.compares is None else {"compares": self.compares}),
            **{f"facts.{name}": fact for name, fact in self.facts.items()},
        }

    @property
    def judging(self) -> tuple[str, ...]:
        """The expressions and columns that decide on hit and money; what an estimate is made of may be unknown."""
        texts = [text for key, text in self.expressions.items() if not key.startswith(REPORTED)]
        columns = [column for m in self.measures.values() for column in (*m.by, *m.order)]
        return (*texts, *columns, self.money.of)

    @property
    def fact_names(self) -> frozenset[str]:
        """The facts that the reason names."""
        return frozenset(re.findall(PLACEHOLDER, self.reason.zh))

    @property
    def definition(self) -> dict[str, object]:
        """All of the entry that changes what is found; texts, examples and where it stands in its life do not."""
        texts = {"name", "state", "law", "classes", "reason", "ask_for", "clears", "examples"}
        texts |= {"holds_without", "days_suffice", "ranges", "words"}
        said = self.model_dump(mode="json", by_alias=True, exclude=texts)
        said = {key: value for key, value in said.items() if key != "indicators" or value}
        if self.money.estimate is None:
            del said["money"]["estimate"]
        explained = {"holds_without": sorted(self.holds_without), "days_suffice": sorted(self.days_suffice)}
        return said | {key: names for key, names in explained.items() if names}


class RuleSet(Declared):
    """The rules of a scan and the exclusions they name; `switched_off`: why a rule does not run here, by id."""

    rules: tuple[Rule, ...]
    exclusions: dict[str, Exclusion] = Field(default_factory=dict)
    switched_off: dict[str, BilingualText] = Field(default_factory=dict)

    def rule_fingerprint(self, rule: Rule) -> str:
        """The version of one rule: the same definition has the same fingerprint."""
        return fingerprint(rule.definition, {name: self.exclusions[name].condition for name in sorted(rule.exclude)})

    @property
    def fingerprint(self) -> str:
        """The version of the whole set."""
        running = sorted((rule.id, self.rule_fingerprint(rule)) for rule in self.rules)
        not_active = sorted((rule.id, str(rule.state)) for rule in self.rules if rule.state != RuleState.ACTIVE)
        changes = [part for part in (sorted(self.switched_off), not_active) if part]
        return fingerprint(running, *changes)

    def without_shadow(self) -> RuleSet:
        """The set without the rules in shadow: what a night scans where nobody asks for more."""
        return self.only({rule.id for rule in self.rules if rule.state != RuleState.SHADOW})

    def only(self, ids: set[str]) -> RuleSet:
        """The set narrowed to some rules."""
        return self.model_copy(update={"rules": tuple(r for r in self.rules if r.id in ids)})
