"""From the text of an expression to pieces of SQL that are known to be harmless: parsed, walked, rewritten.

Only the kinds of nodes that have a method in `Rewriting` may stand in an expression; any other is reported as a
problem. What Spark runs is put together from the pieces, never the author's text, so that a text which Spark would read
otherwise than the parser does has no way to run. Where the two bind operators differently, brackets are asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from fundwatch.expressions.grammar import (
    ATOM,
    BINARY,
    OF_ALL_KNOWN,
    OF_DAYS,
    PATTERN_AT,
    RANK,
    TYPES,
    UNIT_FIRST,
    UNITS,
)
from fundwatch.expressions.pieces import Parameter, Parsed, Piece, WrittenColumn
from fundwatch.expressions.tokens import LONGEST, dialect, quoted_text, token_problems, words_of

if TYPE_CHECKING:
    from sqlglot import exp

    Node = exp.Expr

_MOST_PIECES = 20_000
_FUNCTION = re.compile(r"[a-z_][a-z0-9_]*")
_LITERAL_WORDS = frozenset({"null", "true", "false"})
# what the parser notes on a node for itself and no text of an author can set to something else
_NOTES = frozenset({"safe", "typed", "quoted"})


Found = TypeVar("Found", bound=Parsed)


@lru_cache(maxsize=8192)
def parsed(text: str) -> Parsed:
    """The expression, with every problem of its own; never raises."""
    if text.isidentifier() and text.lower() not in _LITERAL_WORDS:  # also where SQL has a use of its own for the word
        return Parsed(pieces=[WrittenColumn(text)])
    return parsed_into("Condition", text, Rewriting, Parsed())


def parsed_into(kind: str, text: str, rewriting: type[Rewriting], found: Found) -> Found:
    """The text as an expression of the parser's `kind`, gone through by `rewriting`: `found`, filled."""
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    if len(text) > LONGEST:
        found.problems.append(f"is longer than {LONGEST:,} characters")
        return found
    try:
        spark = dialect()
        tokens = spark.tokenize(text)
        found.problems += token_problems(text, tokens)
        if found.problems:
            return found
        (node,) = spark.parser().parse_into(getattr(exp, kind), tokens, text)
        if node is None:
            found.problems.append("is empty")
            return found
        rewriting(found).write(node)
        found.is_call = type(node).__name__ in ("Anonymous", "Filter")
    except RecursionError:
        found.problems.append("is nested too deep")
    except (SqlglotError, ValueError):
        found.problems.append("cannot be read as one expression of SQL")
    return found


class Rewriting:
    """Goes through a parsed expression and adds its pieces and problems; what has no method here may not stand."""

    def __init__(self, found: Parsed) -> None:
        self.found = found
        self.by_day = 0  # within how many calls that look at the day of a moment alone

    def put(self, *pieces: Piece) -> None:
        self.found.pieces += pieces

    def problem(self, text: str) -> None:
        if text not in self.found.problems:
            self.found.problems.append(text)

    def write(self, node: Node) -> None:
        kind = type(node).__name__
        method: Callable[[Any], None] | None = getattr(self, f"_{kind}", None)
        if kind in BINARY:
            self._only(node, "this", "expression", *(["negate"] if kind.endswith("Like") else []))
            self._binary(node)
        elif method is None:
            self.problem(f"holds what may not stand in it ({words_of(node)})")
        else:
            method(node)

    def _only(self, node: Node, *keys: str) -> None:
        extra = sorted(k for k, value in node.args.items() if value and k not in keys and k not in _NOTES)
        if extra:
            self.problem(f"holds what may not stand in it ({words_of(node)} with {', '.join(extra)})")

    def _all(self, nodes: Sequence[Node]) -> list[tuple[int, int]]:
        """Where each of the nodes begins and ends among the pieces."""
        spans = []
        for number, node in enumerate(nodes):
            self.put(*([", "] if number else []))
            start = len(self.found.pieces)
            self.write(node)
            spans.append((start, len(self.found.pieces)))
        return spans

    def _operand(self, node: Node, least: int) -> None:
        """An operand that binds at least so tightly; a looser one would be taken apart otherwise by Spark."""
        if RANK.get(type(node).__name__, ATOM) < least:
            self.problem(
                "leaves open what belongs together: put brackets around the parts that are compared or computed"
            )
        self.write(node)

    def _binary(self, node: Node, *, is_open: bool = False) -> None:
        kind = type(node).__name__
        sign, rank = BINARY[kind]
        if kind == "Div":
            self.found.signs.add("/")
        left, right = node.this, node.expression
        mixed = {kind, type(left).__name__} & {"DPipe"} and {kind, type(left).__name__} & {"Add", "Sub"}
        start = len(self.found.pieces)
        self.put(*([] if is_open else ["("]))
        if sign.endswith("LIKE"):
            self._pattern(right)
        if mixed:
            self.problem("mixes || with + or -: put brackets")
        chains = rank != 4 and BINARY.get(type(left).__name__, ("", 0))[1] == rank
        if chains:
            self._only(left, "this", "expression")
            self._binary(left, is_open=True)
        else:
            self._operand(left, rank + 1)
        self.put(f" NOT {sign} " if node.args.get("negate") else f" {sign} ")
        self._operand(right, rank + 1)
        self.put(*([] if is_open else [")"]))
        if kind == "DPipe":
            self._note_constant(sign, start)

    def _Paren(self, node: Node) -> None:
        self._only(node, "this")
        self.write(node.this)

    def _Not(self, node: Node) -> None:
        self._only(node, "this")
        self.put("(NOT ")
        self._operand(node.this, 3)
        self.put(")")

    def _Neg(self, node: Node) -> None:
        self._only(node, "this")
        self.put("(-")
        if type(node.this).__name__ == "Neg":
            self.problem("has two signs before one number")
        self._operand(node.this, ATOM)
        self.put(")")

    def _Is(self, node: Node) -> None:
        self._only(node, "this", "expression")
        self.put("(")
        self.by_day += 1
        self._operand(node.this, 5)
        self.by_day -= 1
        self.put(" IS ")
        if type(node.expression).__name__ not in ("Null", "Boolean"):
            self.problem("compares by IS with something other than NULL, TRUE or FALSE")
        self.write(node.expression)
        self.put(")")

    def _In(self, node: Node) -> None:
        self._only(node, "this", "expressions")
        self.put("(")
        self._operand(node.this, 5)
        self.put(" IN (")
        if not node.expressions:
            self.problem("has an empty IN, or one with a query")
        for number, member in enumerate(node.expressions):
            self.put(*([", "] if number else []))
            if type(member).__name__ == "Placeholder":
                self._parameter(member, in_list=True)
            else:
                self.write(member)
        self.put("))")

    def _Between(self, node: Node) -> None:
        self._only(node, "this", "low", "high")
        self.put("(")
        for sign, operand in ((" BETWEEN ", node.this), (" AND ", node.args["low"]), (")", node.args["high"])):
            self._operand(operand, 5)
            self.put(sign)

    def _Case(self, node: Node) -> None:
        self._only(node, "this", "ifs", "default")
        self.put("CASE")
        if node.this is not None:
            self.put(" ")
            self.write(node.this)
        for one in node.args["ifs"]:
            self._only(one, "this", "true")
            self.put(" WHEN ")
            self.write(one.this)
            self.put(" THEN ")
            self.write(one.args["true"])
        if node.args.get("default") is not None:
            self.put(" ELSE ")
            self.write(node.args["default"])
        self.put(" END")

    def _Anonymous(self, node: Node) -> None:
        self._only(node, "this", "expressions")
        name = node.this.lower() if isinstance(node.this, str) else ""
        if not _FUNCTION.fullmatch(name):
            self.problem("calls a function by a name in quotes or with a point")
            return
        self.found.functions.append(name)
        given, start = list(node.expressions), len(self.found.pieces)
        self.by_day += name in OF_DAYS
        if len(given) > PATTERN_AT.get(name, len(given)):
            self._pattern(given[PATTERN_AT[name]])
        self.put(f"{name}(")
        if given and type(given[0]).__name__ == "Star" and name == "count" and len(given) == 1:
            self.put("1")
            spans = [(start + 1, start + 2)]
        elif given and name in UNIT_FIRST:
            self._unit(given[0].name)
            self.put(", ")
            spans = self._all(given[1:])
        elif len(given) == 1 and type(given[0]).__name__ == "Distinct":
            self._only(given[0], "expressions")
            self.found.distinct |= {n.name for n in given[0].expressions if type(n).__name__ == "Column"}
            self.put("DISTINCT ")
            spans = self._all(given[0].expressions)
        else:
            spans = self._all(given)
        self.put(")")
        self.by_day -= name in OF_DAYS
        if start == 0:
            self.found.arguments = spans
        if name in OF_ALL_KNOWN:
            self._unknown_where_one_is(start, spans)
        self._note_constant(name, start)

    def _unknown_where_one_is(self, start: int, spans: Sequence[tuple[int, int]]) -> None:
        """The call that began at `start`, unknown where one of its arguments is."""
        pieces = self.found.pieces
        if len(pieces) > _MOST_PIECES:
            self.problem("is too long with least() and greatest() within each other")
            return
        unknown = [[*pieces[first:last], " IS NULL"] for first, last in spans]
        tests = [piece for number, test in enumerate(unknown) for piece in ([" OR "] if number else []) + test]
        pieces[start:start] = ["IF(", *tests, ", NULL, "]
        self.put(")")

    def _pattern(self, node: Node) -> None:
        if type(node).__name__ not in ("Literal", "Placeholder"):
            self.problem("has a pattern that is no text in quotation marks: use startswith, contains or = for values")

    def _note_constant(self, made_by: str, start: int) -> None:
        """Texts put together out of texts alone would be folded before they run, `'no' || 'w'` into Spark's clock."""
        made_of = self.found.pieces[start:]
        has_text = any(isinstance(piece, str) and piece.startswith("'") for piece in made_of)
        if (
            made_by != "array"
            and has_text
            and not any(isinstance(piece, WrittenColumn | Parameter) for piece in made_of)
        ):
            self.found.constant_texts.add(made_by)

    def _unit(self, text: str) -> None:
        if text.upper() not in UNITS:
            self.problem(f"counts in '{text}': use {', '.join(sorted(UNITS))}")
        self.put(text.upper())

    def _Filter(self, node: Node) -> None:
        self._only(node, "this", "expression")
        condition = node.expression
        if type(node.this).__name__ != "Anonymous" or type(condition).__name__ != "Where":
            self.problem("filters something other than one aggregate")
            return
        self.write(node.this)
        self._only(condition, "this")
        self.put(" FILTER (WHERE ")
        self.write(condition.this)
        self.put(")")

    def _TryCast(self, node: Node) -> None:
        self._only(node, "this", "to")
        is_safe = bool(node.args.get("safe"))
        self.found.signs |= set() if is_safe else {"cast"}
        self.put("try_cast(" if is_safe else "cast(")
        start = len(self.found.pieces)
        self.write(node.this)
        self._note_constant("cast", start)
        self.put(f" AS {self._type(node.args['to'])})")

    def _type(self, kind: Node) -> str:
        self._only(kind, "this", "expressions")
        name = TYPES.get(kind.this.name if hasattr(kind.this, "name") else "", "")
        sizes = [str(size.this) for size in kind.expressions]
        if not name or bool(sizes) != (name == "decimal") or not all(size.isdecimal() for size in sizes):
            self.problem("casts to a type that is not listed: use decimal(p, s), " + ", ".join(sorted(TYPES.values())))
        return f"{name}({', '.join(sizes)})" if sizes else name

    def _Cast(self, node: Node) -> None:
        """A literal with its type before it: DATE'2026-03-31'."""
        self._only(node, "this", "to")
        kind = self._type(node.args["to"])
        text = str(node.this.this) if type(node.this).__name__ == "Literal" else ""
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            kind = ""
        if kind == "date" and len(text) == len("2026-03-31"):
            self.put(f"DATE'{moment:%Y-%m-%d}'")
        elif kind == "timestamp" and moment.tzinfo is None:
            self.put(f"TIMESTAMP'{moment:%Y-%m-%d %H:%M:%S}'")
        else:
            self.problem("has a typed literal other than DATE'yyyy-MM-dd' or TIMESTAMP'yyyy-MM-dd HH:mm:ss'")

    def _Interval(self, node: Node) -> None:
        self._only(node, "this", "unit")
        count = str(node.this.this) if type(node.this).__name__ == "Literal" else ""
        if not count.isdecimal() or type(node.args.get("unit")).__name__ != "Var":
            self.problem("has an interval that is not a whole number of one unit: INTERVAL 3 DAYS")
            return
        self.put(f"INTERVAL '{count}' ")
        unit = node.args["unit"].name.upper()
        self._unit(unit.removesuffix("S"))

    def _Literal(self, node: Node) -> None:
        self.put(quoted_text(node.this) if node.is_string else node.this)

    def _Null(self, _: Node) -> None:
        self.put("NULL")

    def _Boolean(self, node: Node) -> None:
        self.put("TRUE" if node.this else "FALSE")

    def _Placeholder(self, node: Node) -> None:
        self._parameter(node, in_list=False)

    def _parameter(self, node: Node, *, in_list: bool) -> None:
        self._only(node, "this")
        if not isinstance(node.this, str) or not _FUNCTION.fullmatch(node.this):
            self.problem("has a parameter that is not written as :small_letters")
            return
        self.put(Parameter(node.this, in_list))

    def _Column(self, node: Node) -> None:
        self._only(node, "this")
        if type(node.this).__name__ != "Identifier":
            self.problem("names all columns by *: name those that are meant")
            return
        self.put(WrittenColumn(node.this.name, self.by_day > 0))

    def _Star(self, _: Node) -> None:
        self.problem("names all columns by *: name those that are meant")
