"""The tree of a checked expression, as data: what the parser read, for systems that run no SQL of ours.

The text is checked first, as every expression is; what the tree cannot say is named and refused, never left out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fundwatch.expressions.declared import ExpressionError
from fundwatch.expressions.grammar import BINARY, TYPES
from fundwatch.expressions.nodes import (
    Branch,
    CallNode,
    CaseNode,
    CastNode,
    ColumnNode,
    LiteralNode,
    MeasureNode,
    Node,
    OperatorNode,
    ParameterNode,
)
from fundwatch.expressions.tokens import dialect, words_of
from fundwatch.expressions.tree import parsed

if TYPE_CHECKING:
    from sqlglot import exp

    Parsed = exp.Expr

_SIGNS = {name: sign.lower() for name, (sign, _) in BINARY.items()}
_NEGATED = frozenset({"like", "rlike"})


def tree_of(text: str, columns: Collection[str], measures: Collection[str] = ()) -> Node:
    """The expression as a tree; names are spelled as the columns and measures are. Raises ExpressionError."""
    found = parsed(text)
    if found.problems:
        raise ExpressionError(f"an expression {'; '.join(found.problems)}", do="write it otherwise")
    if text.isidentifier() and found.names == {text}:
        return _Reading(columns, measures).name(text)
    from sqlglot import exp

    spark = dialect()
    (node,) = spark.parser().parse_into(exp.Condition, spark.tokenize(text), text)
    if node is None:
        raise ExpressionError("an expression is empty", do="write it otherwise")
    return _Reading(columns, measures).read(node)


class _Reading:
    """Turns a parsed expression into nodes; what has no method here cannot be exported."""

    def __init__(self, columns: Collection[str], measures: Collection[str]) -> None:
        self.columns = {name.lower(): name for name in columns}
        self.measures = {name.lower(): name for name in measures}

    def name(self, text: str) -> Node:
        lowered = text.lower()
        if lowered in self.measures:
            return MeasureNode(name=self.measures[lowered])
        return ColumnNode(name=self.columns.get(lowered, text))

    def read(self, node: Parsed) -> Node:
        kind = type(node).__name__
        if kind in _SIGNS:
            return self._binary(node, _SIGNS[kind])
        method: Callable[[Any], Node] | None = getattr(self, f"_{kind}", None)
        if method is None:
            raise ExpressionError(f"an expression holds what cannot be exported ({words_of(node)})")
        return method(node)

    def _binary(self, node: Parsed, sign: str) -> Node:
        negated = bool(node.args.get("negate"))
        if negated and sign not in _NEGATED:
            raise ExpressionError(f"an expression holds what cannot be exported (not {sign})")
        name = f"not {sign}" if negated else sign
        return OperatorNode(name=name, args=[self.read(node.this), self.read(node.expression)])

    def _Paren(self, node: Parsed) -> Node:
        return self.read(node.this)

    def _Not(self, node: Parsed) -> Node:
        return OperatorNode(name="not", args=[self.read(node.this)])

    def _Neg(self, node: Parsed) -> Node:
        return OperatorNode(name="negative", args=[self.read(node.this)])

    def _Is(self, node: Parsed) -> Node:
        kind = type(node.expression).__name__
        said = "null" if kind == "Null" else "true" if node.expression.this else "false"
        return OperatorNode(name=f"is {said}", args=[self.read(node.this)])

    def _In(self, node: Parsed) -> Node:
        return OperatorNode(name="in", args=[self.read(one) for one in (node.this, *node.expressions)])

    def _Between(self, node: Parsed) -> Node:
        operands = (node.this, node.args["low"], node.args["high"])
        return OperatorNode(name="between", args=[self.read(one) for one in operands])

    def _Case(self, node: Parsed) -> Node:
        default = node.args.get("default")
        return CaseNode(
            of=None if node.this is None else self.read(node.this),
            branches=[Branch(when=self.read(b.this), then=self.read(b.args["true"])) for b in node.args["ifs"]],
            otherwise=None if default is None else self.read(default),
        )

    def _Anonymous(self, node: Parsed) -> Node:
        name = str(node.this).lower()
        if any(type(one).__name__ == "Star" for one in node.expressions):
            return CallNode(name=name, args=[LiteralNode(type="int", value=1)])
        return CallNode(name=name, args=[self.read(one) for one in node.expressions])

    def _TryCast(self, node: Parsed) -> Node:
        kind = node.args["to"]
        sizes = ", ".join(str(size.this) for size in kind.expressions)
        name = TYPES[kind.this.name]
        return CastNode(to=f"{name}({sizes})" if sizes else name, value=self.read(node.this))

    def _Cast(self, node: Parsed) -> Node:
        """A literal with its type before it: DATE'2026-03-31'."""
        moment = datetime.fromisoformat(str(node.this.this))
        if TYPES[node.args["to"].this.name] == "date":
            return LiteralNode(type="date", value=moment.date().isoformat())
        return LiteralNode(type="timestamp", value=moment.isoformat())

    def _Literal(self, node: Parsed) -> Node:
        if node.is_string:
            return LiteralNode(type="string", value=str(node.this))
        text = str(node.this)
        if text.isdecimal():
            return LiteralNode(type="int", value=int(text))
        if "e" in text.lower():
            raise ExpressionError(f"an expression holds what cannot be exported (the double {text})")
        return LiteralNode(type="decimal", value=text)

    def _Null(self, _: Parsed) -> Node:
        return LiteralNode(type="null")

    def _Boolean(self, node: Parsed) -> Node:
        return LiteralNode(type="boolean", value=bool(node.this))

    def _Placeholder(self, node: Parsed) -> Node:
        return ParameterNode(name=str(node.this))

    def _Column(self, node: Parsed) -> Node:
        return self.name(node.this.name)
