"""What a condition is made of, for who wants to know which part of it holds: cut where it says AND, OR and NOT.

Each part is an expression by itself, in the author's own language; what runs is written from it as from any other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from fundwatch.expressions.pieces import Parameter, Parsed, WrittenColumn
from fundwatch.expressions.tokens import dialect
from fundwatch.expressions.tree import Rewriting, parsed

if TYPE_CHECKING:
    from sqlglot import exp

    Node = exp.Expr

_COMPARED = frozenset({"EQ", "NEQ", "LT", "LTE", "GT", "GTE", "NullSafeEQ", "Like", "ILike", "RegexpLike"})
_TESTED = frozenset({"In", "Is", "Between"})
_WRITTEN_OUT = frozenset({"Literal", "Null", "Boolean", "Cast", "Interval"})


class PartKind(StrEnum):
    """How a part stands to its own parts: all of them, any, not the one; a test of values; a value."""

    ALL = "all"
    ANY = "any"
    NOT = "not"
    TEST = "test"
    VALUE = "value"


@dataclass(frozen=True)
class ConditionPart:
    """A part of a condition: true, false or unknown; or a value that such a part looks at."""

    kind: PartKind
    text: str
    parts: tuple[ConditionPart, ...] = ()

    @property
    def is_condition(self) -> bool:
        return self.kind is not PartKind.VALUE

    @property
    def parameter(self) -> str:
        """The name of the parameter that the value is; empty of any other part."""
        return self.text.removeprefix(":") if self.text.startswith(":") else ""

    def every(self) -> Iterator[ConditionPart]:
        """The part and all within it."""
        yield self
        for part in self.parts:
            yield from part.every()


def condition_parts(text: str) -> ConditionPart:
    """The condition as a tree; it has been found fit to run."""
    from sqlglot import exp

    if len(parsed(text).pieces) == 1 and isinstance(parsed(text).pieces[0], WrittenColumn):
        return ConditionPart(PartKind.TEST, text, (ConditionPart(PartKind.VALUE, text),))
    spark = dialect()
    (node,) = spark.parser().parse_into(exp.Condition, spark.tokenize(text), text)
    if node is None:  # what is empty is never found fit
        return ConditionPart(PartKind.TEST, text)
    return _part(node)


def _part(node: Node) -> ConditionPart:
    kind = type(node).__name__
    if kind == "Paren":
        return _part(node.this)
    if kind in ("And", "Or"):
        found = PartKind.ALL if kind == "And" else PartKind.ANY
        return ConditionPart(found, _shown(node), tuple(_part(one) for one in _chained(node, kind)))
    if kind == "Not" and _bare(node.this) in ("And", "Or", "Not"):
        return ConditionPart(PartKind.NOT, _shown(node), (_part(node.this),))
    values = dict.fromkeys(value for operand in _operands(node) for value in _values(operand))
    return ConditionPart(PartKind.TEST, _shown(node), tuple(values))


def _chained(node: Node, kind: str) -> Iterator[Node]:
    """The members of a chain of the same word, however it is nested or bracketed."""
    for one in (node.this, node.expression):
        while type(one).__name__ == "Paren":
            one = one.this
        if type(one).__name__ == kind:
            yield from _chained(one, kind)
        else:
            yield one


def _bare(node: Node) -> str:
    while type(node).__name__ == "Paren":
        node = node.this
    return type(node).__name__


def _operands(node: Node) -> list[Node]:
    """What a test compares; a test that compares nothing is itself looked at for the columns that it names."""
    kind = type(node).__name__
    if kind in ("Paren", "Not"):
        return _operands(node.this)
    if kind in _COMPARED:
        return [node.this, node.expression]
    if kind in _TESTED:
        beside: list[Any] = [node.args.get("low"), node.args.get("high"), *(node.args.get("expressions") or [])]
        return [node.this, *(one for one in beside if one is not None)]
    return [node]


def _values(operand: Node) -> Iterator[ConditionPart]:
    """What the operand comes to, unless that is written out, and the columns and parameters that it is made of."""
    if _bare(operand) in _WRITTEN_OUT or (_bare(operand) == "Neg" and _bare(operand.this) in _WRITTEN_OUT):
        return
    found = Parsed()
    _Showing(found).write(operand)
    named = [_named(piece) for piece in found.pieces if isinstance(piece, WrittenColumn | Parameter)]
    parts = tuple(ConditionPart(PartKind.VALUE, name) for name in dict.fromkeys(named))
    if type(operand).__name__ in ("Column", "Placeholder") or _is_test(operand):
        yield from parts
    else:
        yield ConditionPart(PartKind.VALUE, _shown(operand), parts)


def _is_test(operand: Node) -> bool:
    """Whether the operand is the test itself, whose value is its verdict."""
    return operand.parent is None or type(operand.parent).__name__ in ("And", "Or", "Not", "Paren")


def _shown(node: Node) -> str:
    """The part as its author may have written it, without the brackets that only Spark needs."""
    found = Parsed()
    _Showing(found).write(node)
    text = "".join(_named(piece) if not isinstance(piece, str) else piece for piece in found.pieces)
    return text[1:-1] if _is_bracketed(text) else text


def _named(piece: WrittenColumn | Parameter) -> str:
    return piece.text if isinstance(piece, WrittenColumn) else f":{piece.name}"


def _is_bracketed(text: str) -> bool:
    """Whether the first bracket is closed by the last sign."""
    depth, quoted = 0, False
    for place, sign in enumerate(text):
        quoted = quoted != (sign == "'")
        depth += 0 if quoted else {"(": 1, ")": -1}.get(sign, 0)
        if depth == 0:
            return place == len(text) - 1 and text.startswith("(")
    return False


class _Showing(Rewriting):
    """Goes through an expression as `Rewriting` does, and leaves out what is only written for engines."""

    def _unknown_where_one_is(self, start: int, spans: object) -> None:
        """What is unknown with one argument is so wherever the part is written to run."""

    def _Not(self, node: Node) -> None:
        """`a IS NOT NULL` and `a NOT IN (…)`, as people say it."""
        signs = {"Is": " IS ", "In": " IN (", "Between": " BETWEEN "}
        sign = signs.get(type(node.this).__name__, "")
        if not sign or type(node.this.this).__name__ != "Column":
            super()._Not(node)
            return
        start = len(self.found.pieces)
        self.write(node.this)
        place = self.found.pieces.index(sign, start)
        self.found.pieces[place] = " IS NOT " if sign == " IS " else f" NOT{sign}"
