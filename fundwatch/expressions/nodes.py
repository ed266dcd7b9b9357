"""Expressions as data that other systems read: the parsed tree in JSON, one kind of node for what it stands for."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from fundwatch.declared import Declared

OPERATORS = (
    "or", "and", "not", "=", "<>", "<", "<=", ">", ">=", "<=>", "+", "-", "*", "/", "%", "||", "negative",
    "like", "not like", "rlike", "not rlike", "is null", "is true", "is false", "in", "between",
)  # fmt: skip


class ColumnNode(Declared):
    """The value of a column in the row."""

    kind: Literal["column"] = "column"
    name: str


class MeasureNode(Declared):
    """The value in the row of a measure of the rule."""

    kind: Literal["measure"] = "measure"
    name: str


class ParameterNode(Declared):
    """The value of a parameter of the rule; a list stands for its members, among the arguments of `in`."""

    kind: Literal["parameter"] = "parameter"
    name: str


class LiteralNode(Declared):
    """A value that is written out; a decimal, a date and a moment as text."""

    kind: Literal["literal"] = "literal"
    type: Literal["null", "boolean", "int", "decimal", "string", "date", "timestamp"]
    value: bool | int | str | None = None


class CallNode(Declared):
    """A function of Spark SQL, in small letters."""

    kind: Literal["call"] = "call"
    name: str
    args: list[Node] = Field(default_factory=list)


class OperatorNode(Declared):
    """An operator of SQL over its operands, in their order."""

    kind: Literal["operator"] = "operator"
    name: str = Field(json_schema_extra={"enum": list(OPERATORS)})
    args: list[Node]


class Branch(Declared):
    """What a case says where its condition is true, or its value equal."""

    when: Node
    then: Node


class CaseNode(Declared):
    """The first branch that holds; with `of`, the first whose `when` equals it."""

    kind: Literal["case"] = "case"
    of: Node | None = None
    branches: list[Branch]
    otherwise: Node | None = None


class CastNode(Declared):
    """The value as another type; unknown where it cannot be."""

    kind: Literal["try_cast"] = "try_cast"
    to: str
    value: Node


Node = Annotated[
    ColumnNode | MeasureNode | ParameterNode | LiteralNode | CallNode | OperatorNode | CaseNode | CastNode,
    Field(discriminator="kind"),
]
for _model in (CallNode, OperatorNode, Branch, CaseNode, CastNode):
    _model.model_rebuild()
