"""Queries that people declare, for exports and the privacy report: one SELECT over declared tables, and nothing else.

Checked and written again like expressions (fundwatch.expressions). In FROM stand the declared tables and sub-queries
over them: no file, no function that makes rows, no other table of the session.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import TYPE_CHECKING

from fundwatch.expressions.declared import AGGREGATES, SCALARS, WINDOW_FUNCTIONS, ExpressionError
from fundwatch.expressions.pieces import Parsed, WrittenColumn
from fundwatch.expressions.tokens import quoted_name
from fundwatch.expressions.tree import Rewriting, parsed_into

if TYPE_CHECKING:
    from sqlglot import exp

    Node = exp.Expr

_FUNCTIONS = SCALARS | AGGREGATES | WINDOW_FUNCTIONS
_JOINS = {
    "": "JOIN",
    "INNER": "JOIN",
    "LEFT": "LEFT JOIN",
    "RIGHT": "RIGHT JOIN",
    "FULL": "FULL JOIN",
    "CROSS": "CROSS JOIN",
}
_HIDDEN = "_metadata"  # the place and name of the file a row was read from


def query_problems(text: str, tables: Collection[str]) -> list[str]:
    """What may not stand in the query, as predicates of a sentence; empty when it is fit to run."""
    found = _query(text)
    if found.problems:
        return list(found.problems)
    texts = [f"calls {name}(), which is not allowed in a query" for name in sorted({*found.functions} - _FUNCTIONS)]
    texts += [f"makes by {name} a text that is the same in every row" for name in sorted(found.constant_texts)]
    declared = {name.lower() for name in tables}
    texts += [
        f"reads '{name}', which is not declared beside it"
        for name in sorted(found.tables)
        if name.lower() not in declared
    ]
    hidden = any(isinstance(piece, WrittenColumn) and piece.text.lower() == _HIDDEN for piece in found.pieces)
    return texts + ([f"names {_HIDDEN}, which tells where a row lies"] if hidden else [])


def query_written(text: str, tables: Collection[str]) -> str:
    """The SQL that runs. Raises ExpressionError with all that may not stand in the query."""
    if reported := query_problems(text, tables):
        raise ExpressionError(f"the query {'; '.join(reported)}", do="write it otherwise")
    return "".join(quoted_name(p.text) if isinstance(p, WrittenColumn) else str(p) for p in _query(text).pieces)


class _ParsedQuery(Parsed):
    """A parsed query, and the tables it reads."""

    tables: set[str]


@lru_cache(maxsize=256)
def _query(text: str) -> _ParsedQuery:
    found = _ParsedQuery()
    found.tables = set()
    return parsed_into("Select", text, _QueryRewriting, found)


class _QueryRewriting(Rewriting):
    """An expression may name a column of one table, and stand in the clauses of SELECT."""

    found: _ParsedQuery

    def _Column(self, node: Node) -> None:
        self._only(node, "this", "table")
        if node.args.get("table") is not None:
            self.put(WrittenColumn(node.args["table"].name), ".")
        if type(node.this).__name__ == "Star":
            self._only(node.this)
            self.put("*")
        else:
            self.put(WrittenColumn(node.this.name))

    def _Star(self, node: Node) -> None:
        self._only(node)
        self.put("*")

    def _Alias(self, node: Node) -> None:
        self._only(node, "this", "alias")
        self.write(node.this)
        self.put(" AS ", WrittenColumn(node.alias))

    def _Select(self, node: Node) -> None:
        self._only(node, "expressions", "distinct", "from_", "joins", "where", "group", "having", "order", "limit")
        self.put("SELECT ")
        if node.args.get("distinct") is not None:
            self._only(node.args["distinct"])
            self.put("DISTINCT ")
        self._all(node.expressions)
        if node.args.get("from_") is None:
            self.problem("selects from no table")
            return
        self._only(node.args["from_"], "this")
        self.put(" FROM ")
        self.write(node.args["from_"].this)
        for join in node.args.get("joins") or ():
            self.write(join)
        for key, words in (("where", " WHERE "), ("having", " HAVING ")):
            if (clause := node.args.get(key)) is not None:
                self._only(clause, "this")
                self.put(words)
                self.write(clause.this)
            if key == "where":
                self._group(node.args.get("group"))
        self._ordered(node)

    def _group(self, group: Node | None) -> None:
        if group is not None:
            self._only(group, "expressions")
            self.put(" GROUP BY ")
            self._all(group.expressions)

    def _ordered(self, node: Node) -> None:
        if (order := node.args.get("order")) is not None:
            self._only(order, "expressions")
            self.put(" ORDER BY ")
            self._all(order.expressions)
        if (limit := node.args.get("limit")) is not None:
            self._only(limit, "expression")
            self.put(" LIMIT ")
            self.write(limit.expression)

    def _Ordered(self, node: Node) -> None:
        self._only(node, "this", "desc", "nulls_first")
        self.write(node.this)
        self.put(" DESC" if node.args.get("desc") else " ASC")
        self.put(" NULLS FIRST" if node.args.get("nulls_first") else " NULLS LAST")

    def _Window(self, node: Node) -> None:
        self._only(node, "this", "partition_by", "order", "over")
        self.write(node.this)
        self.put(" OVER (")
        if node.args.get("partition_by"):
            self.put("PARTITION BY ")
            self._all(node.args["partition_by"])
        self._ordered(node)
        self.put(")")

    def _Table(self, node: Node) -> None:
        self._only(node, "this", "alias", "joins")
        if type(node.this).__name__ != "Identifier":
            self.problem("reads from something other than a declared table or a sub-query")
            return
        self.found.tables.add(node.this.name)
        self.put(WrittenColumn(node.this.name))
        self._alias(node)

    def _Subquery(self, node: Node) -> None:
        self._only(node, "this", "alias")
        self.put("(")
        self.write(node.this)
        self.put(")")
        self._alias(node)

    def _alias(self, node: Node) -> None:
        if (alias := node.args.get("alias")) is not None:
            self._only(alias, "this")
            self.put(" AS ", WrittenColumn(alias.name))

    def _Join(self, node: Node) -> None:
        self._only(node, "this", "on", "using", "side", "kind")
        kinds = [str(node.args[key]).upper() for key in ("side", "kind") if node.args.get(key)]
        kind = _JOINS.get(" ".join(kinds).removesuffix(" OUTER"))
        conditions = [key for key in ("on", "using") if node.args.get(key)]
        if kind is None or (kind != "CROSS JOIN" and len(conditions) != 1):
            self.problem("joins otherwise than by [LEFT|RIGHT|FULL] JOIN … ON or USING, or CROSS JOIN")
            return
        self.put(f" {kind} ")
        self.write(node.this)
        if node.args.get("on") is not None:
            self.put(" ON ")
            self.write(node.args["on"])
        elif node.args.get("using"):
            names = [column.name for column in node.args["using"]]
            self.put(" USING (", *_listed(names), ")")

    def _Union(self, node: Node) -> None:
        self._only(node, "this", "expression", "distinct")
        for side, words in (
            (node.this, " UNION " if node.args.get("distinct") else " UNION ALL "),
            (node.expression, ""),
        ):
            self.put("(")
            self.write(side)
            self.put(")", words)


def _listed(names: Collection[str]) -> list[WrittenColumn | str]:
    pieces: list[WrittenColumn | str] = []
    for number, name in enumerate(names):
        pieces += [", "] * bool(number) + [WrittenColumn(name)]
    return pieces
