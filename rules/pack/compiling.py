"""The tree of an expression as a Python function of a row, with its type: operators, cases, casts.

Three values hold: a comparison with what is unknown is unknown, and so is a function of it unless it says otherwise.
What the evaluator cannot do raises NotExportableError, before any row is seen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from fundwatch.expressions.nodes import (
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
from rules.pack.functions import call, texts
from rules.pack.parts import (
    COMPARISONS,
    Compiled,
    NotExportableError,
    PackRow,
    alike,
    arithmetic,
    comparable,
    compared,
    constant,
    regular,
    strictly,
)
from rules.pack.values import (
    NOTHING,
    NULL,
    Type,
    Unknown,
    converted,
    unknown_of,
    wider,
)

Parameters = Mapping[str, LiteralNode | list[str]]


@dataclass(frozen=True)
class Compiler:
    """Compiles the trees of one rule: what its columns, measures and parameters are."""

    columns: Mapping[str, Type]
    params: Parameters
    measures: Mapping[str, Type]

    def compiled(self, node: Node) -> Compiled:
        """The node as a function. Raises NotExportableError."""
        match node:
            case ColumnNode():
                return self.column(node.name)
            case MeasureNode():
                return self.measure(node.name)
            case LiteralNode():
                return constant(*literal_value(node))
            case ParameterNode():
                value = self.params.get(node.name)
                if not isinstance(value, LiteralNode):
                    raise NotExportableError(f"the parameter :{node.name} is no single value")
                return constant(*literal_value(value))
            case CallNode():
                return call(node.name, [self.compiled(one) for one in node.args])
            case OperatorNode():
                return self._operator(node)
            case CaseNode():
                return self._case(node)
            case CastNode():
                return cast(self.compiled(node.value), node.to)

    def column(self, name: str) -> Compiled:
        if name not in self.columns:
            raise NotExportableError(f"there is no column {name}")
        return Compiled(lambda row: row[name], self.columns[name])

    def measure(self, name: str) -> Compiled:
        if name not in self.measures:
            raise NotExportableError(f"there is no measure {name}")
        return Compiled(lambda row: row.measures[name], self.measures[name])

    def named(self, name: str) -> Compiled:
        """A measure or a column, as `by` and `order` name them."""
        return self.measure(name) if name in self.measures else self.column(name)

    def _members(self, nodes: Sequence[Node]) -> list[Compiled]:
        """The nodes, a parameter that is a list taken apart."""
        found: list[Compiled] = []
        for node in nodes:
            value = self.params.get(node.name) if isinstance(node, ParameterNode) else None
            found += [constant(one, "string") for one in value] if isinstance(value, list) else [self.compiled(node)]
        return found

    def _operator(self, node: OperatorNode) -> Compiled:
        if node.name == "in":
            return one_of(self.compiled(node.args[0]), self._members(node.args[1:]))
        args = [self.compiled(one) for one in node.args]
        if node.name not in _OPERATORS or len(args) != _OPERANDS.get(node.name, 2):
            raise NotExportableError(f"the evaluator has no operator '{node.name}' of {len(args)} operands")
        return _OPERATORS[node.name](node.name, args)

    def _case(self, node: CaseNode) -> Compiled:
        of = None if node.of is None else self.compiled(node.of)
        pairs = [(self.compiled(branch.when), self.compiled(branch.then)) for branch in node.branches]
        tests = [when if of is None else compared("=", [of, when]) for when, _ in pairs]
        otherwise = constant(NULL, NOTHING) if node.otherwise is None else self.compiled(node.otherwise)
        kind, values = alike([then for _, then in pairs] + [otherwise])
        chosen = [(test.run, value) for test, value in zip(tests, values, strict=False)]
        last = values[-1]

        def run(row: PackRow) -> Any:
            for test, value in chosen:
                if test(row) is True:
                    return value(row)
            return last(row)

        return Compiled(run, kind)


def literal_value(node: LiteralNode) -> tuple[Any, Type]:
    """The value and type of a literal."""
    text = str(node.value)
    try:
        if node.type == NOTHING:
            return NULL, NOTHING
        if node.type == "decimal":
            return _written_decimal(text)
        if node.type == "date":
            return date.fromisoformat(text), "date"
        if node.type == "timestamp":
            return datetime.fromisoformat(text), "timestamp"
    except (ValueError, InvalidOperation) as error:
        raise NotExportableError(f"'{text[:40]}' is no {node.type}") from error
    fits = {"int": int, "boolean": bool, "string": str}[node.type]
    if type(node.value) is not fits:
        raise NotExportableError(f"'{text[:40]}' is no {node.type}")
    return (node.value, "bigint") if _is_long(node.value) else (node.value, node.type)


def _is_long(value: Any) -> bool:
    return type(value) is int and not -(2**31) <= value < 2**31


def _written_decimal(text: str) -> tuple[Decimal, Type]:
    value = Decimal(text)
    _, digits, exponent = value.as_tuple()
    scale = -int(exponent)
    return value, f"decimal({max(len(digits), scale)},{scale})"


def one_of(value: Compiled, members: Sequence[Compiled]) -> Compiled:
    """Whether the value is one of the members; unknown where it is none of the known ones and one is unknown."""
    asked, *others = comparable([value, *members])

    def run(row: PackRow) -> Any:
        found = asked.run(row)
        if isinstance(found, Unknown):
            return found
        values = [one.run(row) for one in others]
        known = [one for one in values if not isinstance(one, Unknown)]
        return True if found in known else unknown_of(values) or False

    return Compiled(run, "boolean")


def _both(_name: str, args: Sequence[Compiled]) -> Compiled:
    left, right = (arg.run for arg in args)

    def run(row: PackRow) -> Any:
        one = left(row)
        if one is False:
            return False
        other = right(row)
        if other is False:
            return False
        return unknown_of((one, other)) or True

    return Compiled(run, "boolean")


def _either(_name: str, args: Sequence[Compiled]) -> Compiled:
    left, right = (arg.run for arg in args)

    def run(row: PackRow) -> Any:
        one = left(row)
        if one is True:
            return True
        other = right(row)
        if other is True:
            return True
        # true as soon as what is open on either side is: the causes of both remain
        unknown = [value for value in (one, other) if isinstance(value, Unknown)]
        return Unknown(frozenset().union(*(value.causes for value in unknown))) if unknown else False

    return Compiled(run, "boolean")


def _not(_name: str, args: Sequence[Compiled]) -> Compiled:
    return strictly(args, "boolean", lambda value: not value)


def _is(name: str, args: Sequence[Compiled]) -> Compiled:
    run = args[0].run
    if name == "is null":
        return Compiled(lambda row: isinstance(run(row), Unknown), "boolean")
    wanted = name == "is true"
    return Compiled(lambda row: run(row) is wanted, "boolean")


def _same(_name: str, args: Sequence[Compiled]) -> Compiled:
    left, right = (one.run for one in comparable(args))

    def run(row: PackRow) -> bool:
        one, other = left(row), right(row)
        if isinstance(one, Unknown) or isinstance(other, Unknown):
            return isinstance(one, Unknown) and isinstance(other, Unknown)
        return bool(one == other)

    return Compiled(run, "boolean")


def _between(_name: str, args: Sequence[Compiled]) -> Compiled:
    value, low, high = args
    return _both("and", [compared(">=", [value, low]), compared("<=", [value, high])])


def _matching(name: str, args: Sequence[Compiled]) -> Compiled:
    """LIKE and RLIKE; the pattern is written out."""
    text, pattern = args[0], args[1].literal
    if text.type != "string" or not isinstance(pattern, str):
        raise NotExportableError(f"{name} compares a text with a pattern that is written out")
    is_like = name.removeprefix("not ") == "like"
    search = re.compile(_like(pattern), re.DOTALL).fullmatch if is_like else regular(pattern).search
    wanted = not name.startswith("not ")
    return strictly([text], "boolean", lambda value: (search(value) is not None) is wanted)


def _like(pattern: str) -> str:
    parts = re.findall(r"\\.|.", pattern, re.DOTALL)
    signs = {"%": ".*", "_": "."}
    return "".join(signs.get(part) or re.escape(part[-1]) for part in parts)


def _negative(_name: str, args: Sequence[Compiled]) -> Compiled:
    literal = -args[0].literal if isinstance(args[0].literal, int | Decimal) else None
    made = strictly(args, args[0].type, lambda value: -value)
    return Compiled(made.run, made.type, literal)


def cast(value: Compiled, to: Type) -> Compiled:
    """`try_cast`: to a text, or to a number of more digits."""
    if to == "string":
        return texts(value)
    if wider(value.type, to) != to:
        raise NotExportableError(f"try_cast from {value.type} to {to} is not computed")
    return strictly([value], to, lambda one: converted(one, value.type, to))


_OPERANDS = {"not": 1, "negative": 1, "is null": 1, "is true": 1, "is false": 1, "between": 3}
_OPERATORS: dict[str, Callable[[str, Sequence[Compiled]], Compiled]] = {
    **dict.fromkeys(COMPARISONS, compared),
    **dict.fromkeys(("+", "-", "*"), arithmetic),
    **dict.fromkeys(("is null", "is true", "is false"), _is),
    **dict.fromkeys(("like", "not like", "rlike", "not rlike"), _matching),
    "and": _both, "or": _either, "not": _not, "<=>": _same, "between": _between, "negative": _negative,
}  # fmt: skip
