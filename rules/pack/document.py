"""A pack of rules as a file: what stands in it, its schema, and how it is written and read again.

It is one JSON document that needs nothing beside it: columns, knowledge and rules, each rule with its conditions as
trees. Its fingerprint is over all the rest, so that a file which was changed on its way is refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationError

from fundwatch.declared import Declared, model_problems
from fundwatch.errors import FundwatchError, problems
from fundwatch.expressions.nodes import LiteralNode, Node
from fundwatch.fingerprint import fingerprint

FORMAT: Final = "fundwatch-rule-pack"
VERSION: Final = 1
LARGEST_PACK, LARGEST_VISIT = 256 * 2**20, 16 * 2**20  # bytes


class PackError(FundwatchError):
    """A pack cannot be used: it is none, of another version, or not as it was written."""


class PackText(Declared):
    """The same text in Chinese and English."""

    zh: str
    en: str


class PackSource(Declared):
    """A column of a table of the visit, its own or another of the same row: `as_day` gives the day of its moment."""

    kind: Literal["source"] = "source"
    table: str
    column: str
    as_day: bool = False


class PackKnown(Declared):
    """What a cell of the point of knowledge says that speaks of the value of another column on the service date."""

    kind: Literal["knowledge"] = "knowledge"
    knowledge: str
    matched_by: str
    cell: str


class PackDerived(Declared):
    """What the evaluator makes of other columns and tables of the visit, in words."""

    kind: Literal["derived"] = "derived"
    says: PackText


class PackColumn(Declared):
    """A column that rules name: its type, how it is had from a visit, and what it rests on: of each group of sources
    at least one."""

    type: str
    had: Annotated[PackSource | PackKnown | PackDerived, Field(discriminator="kind")]
    rests_on: list[list[str]]


class PackInput(Declared):
    """A column of a table of the visit."""

    type: str
    says: str


class PackPoint(Declared):
    """A point of knowledge; with `is_prefix` it speaks of all codes that begin so."""

    code: str
    is_prefix: bool = False
    cells: dict[str, str]
    name: str
    region: str
    valid_from: date
    valid_to: date | None = None
    source: str


class PackKnowledge(Declared):
    """A class of knowledge: `cells` with their types; where it `says_several`, all points that hold count, otherwise
    the longest."""

    says: PackText
    cells: dict[str, str]
    says_several: bool = False
    points: list[PackPoint]


class PackMeasure(Declared):
    """A measure over the lines of the visit that share `by`, of those that the rule judges."""

    name: str
    type: str
    compute: Node
    by: list[str]
    order: list[str] = Field(default_factory=list)
    over_days: int | None = None
    known: list[str] = Field(description="the columns of `by` and `order` without which it is unknown")


class PackExclusion(Declared):
    """Honest cases that the rule leaves out."""

    name: str
    says: PackText
    condition: Node


class PackMoney(Declared):
    """How much of a line is at risk: `share` of what was paid for it; with `account` what the personal account paid,
    too."""

    method: str
    is_estimate: bool
    share: Node
    account: bool


class PackRule(Declared):
    """A rule: it judges the lines for which `where` is true and no exclusion is, from `valid_from` to `valid_to`; its
    `measures`, in their order, look at these; those for which `when` is true are the hit of their `thing`."""

    id: str
    version: str
    name: PackText
    state: Literal["active", "shadow"]
    tier: str
    law: list[str]
    classes: list[int]
    grain: str
    thing: list[str]
    judged_on: str
    subject: str
    valid_from: date
    valid_to: date | None = None
    params: dict[str, LiteralNode | list[str]]
    params_said: dict[str, PackText] = Field(
        default_factory=dict, description="each parameter and its value in words, for people"
    )
    rests_on: list[list[str]]
    times: list[str] = Field(description="the moments whose time of day it compares: of days alone it judges nothing")
    where: Node
    exclude: list[PackExclusion]
    measures: list[PackMeasure]
    when: Node
    money: PackMoney
    compares: Node | None = None
    facts: dict[str, Node]
    reason: PackText
    ask_for: PackText
    clears: PackText


class LeftOut(Declared):
    """A rule of the region that needs more than one visit, and why."""

    id: str
    name: PackText
    grain: str
    state: Literal["active", "shadow"]
    why: list[str]


class Pack(Declared):
    """Rules of one region, with all that is needed to judge one visit by them."""

    format: Literal["fundwatch-rule-pack"] = FORMAT
    version: Literal[1] = VERSION
    region: list[str]
    as_of: date | None = Field(description="the night as of which rules stand so; null: as they ship")
    rule_set: str = Field(description="the version of all rules of the region")
    knowledge_version: str
    tables: dict[str, dict[str, PackInput]]
    columns: dict[str, PackColumn]
    knowledge: dict[str, PackKnowledge]
    rules: list[PackRule]
    left_out: list[LeftOut]
    fingerprint: str = ""

    def sealed(self) -> Pack:
        """The pack with its fingerprint."""
        return self.model_copy(update={"fingerprint": _fingerprint(self.content())})

    def content(self) -> dict[str, Any]:
        """The pack as JSON has it."""
        return self.model_dump(mode="json")


def _fingerprint(content: Mapping[str, Any]) -> str:
    return fingerprint({name: value for name, value in content.items() if name != "fingerprint"})


def schema() -> dict[str, Any]:
    """The JSON Schema of a pack."""
    title = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "规则包 Rule pack"}
    return title | Pack.model_json_schema(mode="serialization")


def written_pack(pack: Pack) -> bytes:
    """The file of a sealed pack: the same pack has the same bytes."""
    return (json.dumps(pack.content(), ensure_ascii=False, indent=1) + "\n").encode()


def read_pack(text: bytes, where: str) -> Pack:
    """The pack that the file holds. Raises PackError."""
    if len(text) > LARGEST_PACK:
        raise PackError(f"the file has more than {LARGEST_PACK:,} bytes", where=where, do="give a pack of rules")
    content = read_json(text, where)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise PackError("this is no pack of rules", where=where, do="`fundwatch rules export --out FILE` writes one")
    if content.get("version") != VERSION or isinstance(content["version"], bool):
        raise PackError(
            f"the pack is of version {str(content.get('version'))[:20]}, and this evaluator reads {VERSION}",
            where=where,
            do="export it again with the same release of fundwatch",
        )
    if content.get("fingerprint") != _fingerprint(content):
        raise PackError(
            "the pack is not what was written: its fingerprint does not fit its content",
            where=where,
            do="fetch the file again, or export it anew",
        )
    try:
        return Pack.model_validate(content)
    except (ValidationError, RecursionError) as error:
        found = model_problems(error, "the pack") if isinstance(error, ValidationError) else ["is nested too deep"]
        raise PackError(problems("the pack does not hold", found), where=where, do="export it anew") from error


def read_json(text: bytes | str, where: str, parse_float: type | None = None) -> Any:
    """One JSON document; a key that stands twice, a number that is none, or nesting without end is refused.

    Raises PackError.
    """
    try:
        return json.loads(
            text, parse_constant=_no_number, object_pairs_hook=_once, parse_float=parse_float or _shortest_float
        )
    except RecursionError as error:
        raise PackError("the JSON is nested too deep", where=where) from error
    except (ValueError, UnicodeDecodeError) as error:
        reported = str(error).split(";")[0][:200]  # a number of thousands of digits is told about at length
        raise PackError(f"this is no JSON that can be read: {reported}", where=where, do="write it anew") from error


def _shortest_float(text: str) -> float:
    found = float(text)
    if found in (float("inf"), float("-inf")):
        raise ValueError(f"the number {text[:40]} is too large")
    return found


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = sorted({name for name in names if names.count(name) > 1}) if len(names) < 1_000 else ["…"]
        raise ValueError(f"the key '{twice[0][:40]}' stands twice")
    return found
