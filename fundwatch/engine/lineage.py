"""What the columns of a frame are made of, read from the plan that Spark's analyser made; no job runs.

The one place that looks into plans. A text of SQL can hide what it reads; the analysed plan names every column by a
number that is its own. Followed are aliases, projections, aggregates, joins, unions, windows, generators, lambdas and
sub-queries. Conditions of filters and joins decide which rows there are; no column is made of what they read.
A plan of an unknown shape whose columns cannot be followed raises: what is not understood does not pass.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fundwatch.errors import ContractError
from fundwatch.expressions.tokens import dialect

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_COUNTS = frozenset({"Count", "CountIf", "HyperLogLogPlusPlus"})
# the value stays one of the column's own values, whole
_COPIES = frozenset({"Alias", "AttributeReference", "AggregateExpression", "Min", "Max", "Coalesce"})
_PASSING = frozenset(
    {
        "Filter",
        "Sort",
        "GlobalLimit",
        "LocalLimit",
        "Limit",
        "Distinct",
        "Deduplicate",
        "SubqueryAlias",
        "Join",
        "Sample",
    }
    | {"RepartitionByExpression", "Repartition", "ResolvedHint", "Subquery", "Offset", "Tail", "LateralJoin"}
)


@dataclass(frozen=True, order=True)
class Base:
    """A column of a view or, with an empty `table`, of what a frame was read from."""

    table: str
    column: str


@dataclass(frozen=True)
class ColumnOrigin:
    """What a column is made of. `is_copy`: it holds whole values of one column (or the least or first of several).

    `counts` are the columns of which it only tells how many values there are; they are not among `of`.
    """

    of: frozenset[Base] = frozenset()
    is_copy: bool = False
    counts: frozenset[Base] = frozenset()


@dataclass
class _Node:
    """A node of a plan or of an expression, with its children."""

    kind: str
    facts: Mapping[str, Any]
    children: list[_Node] = field(default_factory=list)


_STRICT_PARSERS = frozenset({"to_date", "to_timestamp"})
_Column = tuple[str, int]  # the name and number of an attribute


class LineageError(ContractError):
    """A plan has a shape whose columns cannot be followed."""


def made_of(frame: DataFrame) -> dict[str, ColumnOrigin]:
    """By output column what it is made of: columns of views, or of leaves where no view stands above them.

    Raises LineageError. Columns of one name are reported as one.
    """
    plan = json.loads(frame._jdf.queryExecution().analyzed().toJSON())
    walk = _Walk()
    found: dict[str, ColumnOrigin] = {}
    for name, made in walk.outputs(_tree(plan)):
        found[name] = _merged([found[name], made]) if name in found else made
    return found


def strictly_read(
    projection: DataFrame, outputs: Collection[str], columns: Collection[str]
) -> dict[str, frozenset[str]]:
    """By output of a projection which columns it reads so that a bad text ends the job and stands in its message.

    Spark itself puts most of these casts in: where a text meets a number or a date.
    """
    plan = projection._jdf.queryExecution().analyzed().expressions()
    resolved = {one.name(): one for one in (plan.apply(place) for place in range(plan.size()))}
    found = {}
    for name in outputs:
        value = resolved[name].child() if resolved[name].nodeName() == "Alias" else resolved[name]
        if read := _strict_reads(value.sql(), columns):
            found[name] = read
    return found


def _strict_reads(sql: str, columns: Collection[str]) -> frozenset[str]:
    """Which of the columns an expression in Spark's own words casts or parses in a way that fails on a bad text.

    All of them where the words cannot be read.
    """
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    spark, lowered = dialect(), {name.lower(): name for name in columns}
    try:
        (node,) = spark.parser().parse_into(exp.Condition, spark.tokenize(sql), sql)
    except SqlglotError:
        return frozenset(name for name in columns if name.lower() in sql.lower())
    found: set[str] = set()
    for part in node.walk() if node is not None else ():
        is_cast = isinstance(part, exp.Cast) and not part.args.get("safe") and not part.to.is_type("text")
        if is_cast or (isinstance(part, exp.Anonymous) and str(part.this).lower() in _STRICT_PARSERS):
            found |= {column.name.lower() for column in part.find_all(exp.Column)} & lowered.keys()
    return frozenset(lowered[name] for name in found)


def _tree(nodes: Sequence[Mapping[str, Any]]) -> _Node:
    """The tree out of the nodes in the order of the first visit, each with the number of its children."""
    stream = iter(nodes)

    def one() -> _Node:
        facts = next(stream)
        node = _Node(str(facts["class"]).rsplit(".", 1)[-1], facts)
        node.children = [one() for _ in range(int(facts["num-children"]))]
        return node

    return one()


def _merged(parts: Sequence[ColumnOrigin]) -> ColumnOrigin:
    return ColumnOrigin(
        of=frozenset().union(*(p.of for p in parts)),
        is_copy=bool(parts) and all(p.is_copy for p in parts),
        counts=frozenset().union(*(p.counts for p in parts)),
    )


class _Walk:
    """Goes up a plan and learns, by the number of each attribute, what it is made of."""

    def __init__(self) -> None:
        self.known: dict[int, ColumnOrigin] = {}
        self.by_cte: dict[int, list[_Column]] = {}

    def outputs(self, node: _Node) -> Iterator[tuple[str, ColumnOrigin]]:
        """The output columns of a plan, in their order."""
        return ((name, self.known[number]) for name, number in self._of_plan(node))

    def _of_plan(self, node: _Node) -> list[_Column]:
        """Names and numbers of the plan's output; what they are made of is known afterwards."""
        below = [self._of_plan(child) for child in node.children]
        shapes: dict[str, Callable[[], list[_Column]]] = {
            "View": lambda: self._view(node, below[0]),
            "Project": lambda: self._all_named(node.facts["projectList"]),
            "Aggregate": lambda: self._all_named(node.facts["aggregateExpressions"]),
            "Window": lambda: below[0] + self._all_named(node.facts["windowExpressions"]),
            "Generate": lambda: below[0] + self._generated(node),
            "Expand": lambda: self._expanded(node),
            **dict.fromkeys(("Union", "Intersect", "Except"), lambda: self._of_sides(below)),
            "CTERelationDef": lambda: self._cte(node, below[0]),
            "CTERelationRef": lambda: self._of_cte(node),
            "WithCTE": lambda: below[-1],
        }
        if node.kind in shapes:
            return shapes[node.kind]()
        if node.kind in _PASSING and below:
            return self._passed(node, below)
        if not node.children and node.facts.get("output") is not None:
            return self._leaf(node)
        raise LineageError(f"the columns of a plan's {node.kind} cannot be followed")

    def _all_named(self, expressions: Sequence[Sequence[Mapping[str, Any]]]) -> list[_Column]:
        return [self._named(_tree(one)) for one in expressions]

    def _cte(self, node: _Node, below: list[_Column]) -> list[_Column]:
        self.by_cte[int(node.facts["id"])] = below
        return below

    def _passed(self, node: _Node, below: Sequence[list[_Column]]) -> list[_Column]:
        kind = str(node.facts.get("joinType", ""))
        if "LeftSemi" in kind or "LeftAnti" in kind:
            return below[0]
        return [column for part in below for column in part]

    def _leaf(self, node: _Node) -> list[_Column]:
        attributes = [_attribute(_tree(one)) for one in node.facts["output"]]
        for name, number in attributes:
            self.known.setdefault(number, ColumnOrigin(of=frozenset({Base("", name)}), is_copy=True))
        return attributes

    def _view(self, node: _Node, below: list[_Column]) -> list[_Column]:
        """A view's columns are bases of their own, under the view's name."""
        table = str(node.facts["desc"]["identifier"]["table"])
        for name, number in below:
            self.known[number] = ColumnOrigin(of=frozenset({Base(table, name)}), is_copy=True)
        return below

    def _named(self, node: _Node) -> _Column:
        name, number = _attribute(node)
        if node.kind == "Alias":
            self.known[number] = self._made(node.children[0])
        elif number not in self.known:
            raise LineageError(f"nothing below makes the column {name}")
        return name, number

    def _generated(self, node: _Node) -> list[_Column]:
        made = self._made(_tree(node.facts["generator"]))
        outputs = [_attribute(_tree(one)) for one in node.facts["generatorOutput"]]
        for _, number in outputs:
            self.known[number] = ColumnOrigin(made.of, False, made.counts)
        return outputs

    def _expanded(self, node: _Node) -> list[_Column]:
        outputs = [_attribute(_tree(one)) for one in node.facts["output"]]
        for place, (_, number) in enumerate(outputs):
            parts = [self._made(_tree(projection[place])) for projection in node.facts["projections"]]
            self.known[number] = _merged(parts)
        return outputs

    def _of_sides(self, below: Sequence[list[_Column]]) -> list[_Column]:
        """The first side lends names and numbers; each column is made of those in its place on all sides."""
        for place, (_, number) in enumerate(below[0]):
            self.known[number] = _merged([self.known[side[place][1]] for side in below])
        return below[0]

    def _of_cte(self, node: _Node) -> list[_Column]:
        outputs = [_attribute(_tree(one)) for one in node.facts["output"]]
        for (_, number), (_, made_by) in zip(outputs, self.by_cte[int(node.facts["cteId"])], strict=True):
            self.known[number] = self.known[made_by]
        return outputs

    def _made(self, node: _Node) -> ColumnOrigin:
        """What an expression is made of."""
        if node.kind == "AttributeReference":
            name, number = _attribute(node)
            if number not in self.known:
                raise LineageError(f"nothing below makes the column {name}")
            return self.known[number]
        parts = [self._made(child) for child in node.children]
        if node.facts.get("plan") is not None and isinstance(node.facts["plan"], list):
            parts += [made for _, made in self.outputs(_tree(node.facts["plan"]))]
        if node.kind in _COUNTS:
            # a count of whole values tells nothing of them; one of those that are like something tells who is
            counted = _merged([part for part in parts if part.is_copy])
            rest = _merged([part for part in parts if not part.is_copy])
            return ColumnOrigin(rest.of, counts=counted.counts | counted.of | rest.counts)
        whole = _merged(parts)
        return ColumnOrigin(whole.of, whole.is_copy and node.kind in _COPIES, whole.counts)


def _attribute(node: _Node) -> _Column:
    return str(node.facts["name"]), int(node.facts["exprId"]["id"])
