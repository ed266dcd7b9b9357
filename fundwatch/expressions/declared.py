"""Expressions of SQL that people declare, in mappings, rules, indicators, checks and exports: data, not code.

One way for all: the text is parsed (sqlglot's Spark dialect), every node of the tree must be of a kind that is listed,
every function on the list of its purpose, every name a column that is known there, compared without case as Spark does.
What then runs is SQL written again from the checked tree. The author's text never reaches Spark, because two parsers of
one text may differ: what one takes for a literal or a comment the other may run. `written` checks kinds and functions
once more, so that a text which no loader saw cannot run either. Names are written between back quotes, texts with the
escapes that both readers share, operators between brackets. What a function of the list makes of its arguments is left
to Spark's analyser; what a column is made of in the end is read from the analysed plan (fundwatch.engine.lineage).

The lists hold no function that reads a clock, a die, the machine, the session or a file, none that runs code by name or
fails with a value in its message, none whose result depends on the order of rows, no maps and no lambdas.
The parser is imported with the first expression: it costs some tenths of a second.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from fundwatch.errors import CatalogueError
from fundwatch.expressions.pieces import Parameter, Parsed, WrittenColumn
from fundwatch.expressions.tokens import is_clock, is_plain, quoted_name, quoted_text
from fundwatch.expressions.tree import parsed

Scalar = bool | int | float | date | str
Value = Scalar | list[str]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TEXTS = _words(
    "upper lower ucase lcase trim ltrim rtrim btrim length char_length character_length substring substr left right "
    "concat concat_ws replace translate lpad rpad reverse split split_part regexp_replace regexp_extract regexp_count "
    "regexp_substr regexp_like instr locate initcap startswith endswith contains"
)
_NUMBERS = _words(
    "abs round bround ceil ceiling floor sign signum sqrt power pow exp ln log10 mod pmod greatest least "
    "try_divide try_add try_subtract try_multiply"
)
_UNKNOWNS = _words("coalesce nullif nvl nvl2 ifnull isnull isnotnull equal_null if nanvl isnan")
_DATES = _words(
    "to_date date_add date_sub dateadd date_diff datediff add_months months_between last_day next_day trunc date_trunc "
    "year quarter month day dayofmonth dayofweek weekday dayofyear weekofyear hour minute second date_format "
    "timestampdiff timestampadd unix_date date_from_unix_date unix_seconds timestamp_seconds try_to_timestamp "
    "try_to_date"
)
_ARRAYS = _words(
    "array array_compact array_contains array_distinct array_join array_max array_min array_size cardinality size get "
    "try_element_at sort_array slice"
)
SCALARS_BY_KIND: Mapping[str, frozenset[str]] = {
    "texts": _TEXTS, "numbers": _NUMBERS, "what is unknown": _UNKNOWNS, "dates": _DATES, "arrays": _ARRAYS,
}  # fmt: skip
SCALARS = frozenset[str]().union(*SCALARS_BY_KIND.values())
AGGREGATES = _words(
    "count count_if sum avg mean min max min_by max_by bool_or bool_and every some any try_sum try_avg median "
    "percentile stddev stddev_samp stddev_pop variance var_samp var_pop corr approx_count_distinct"
)
# Each keeps a few numbers per group however many rows come. `count(distinct …)` keeps a day's distinct
# values: a day of one entity bounds them, and the loader allows one such column per source.
BOUNDED_AGGREGATES = frozenset({"sum", "count", "count_if"})
WINDOW_FUNCTIONS = frozenset({"row_number", "rank", "dense_rank", "lag", "lead"})
# a measure may gather what it looks at, so that a reason can tell it: the rows of one entity's window bound it;
# the order of a set is nobody's: who runs the measure sorts it. A list would hold a value for every row of the window,
# in every row
SETS = frozenset({"collect_set"})
_ANYWHERE = SCALARS | AGGREGATES | WINDOW_FUNCTIONS | SETS
# ANSI mode is on: one division by zero or bad cast ends a whole pass, and a bad cast tells the value
_SIGNS = {
    "/": "divides with '/': write try_divide(a, b)",
    "cast": "casts: write try_cast(a AS type)",
}
_COMPARING = _words("in not or and like rlike = <> != <=>")
_CHOOSING = _words("case when then else end true false")
_QUOTED, _SIGN = re.compile(r"'(?:[^'\\]|\\.)*'"), re.compile(r"[^\s(),]+")
_CLOCKS_AND_DICE = _words(
    "current_date current_timestamp curdate now localtimestamp current_time rand random randn uuid shuffle "
    "unix_timestamp monotonically_increasing_id spark_partition_id"
)


class ExpressionError(CatalogueError):
    """An expression may not run as it stands."""


@dataclass(frozen=True)
class Purpose:
    """Where an expression stands: what a message calls it, its functions, the signs and parameters that may stand."""

    what: str
    functions: frozenset[str]
    refused_signs: frozenset[str] = frozenset({"/", "cast"})
    takes_parameters: bool = False


MAPPING = Purpose("a mapping", SCALARS, frozenset({"cast"}))
GROUPED = Purpose("a table that is grouped", SCALARS | AGGREGATES, frozenset({"cast"}))
CHECK = Purpose("a check", SCALARS, frozenset({"cast"}), takes_parameters=True)
RULE = Purpose("a rule", SCALARS, takes_parameters=True)
RULE_MEASURE = Purpose("a measure of a rule", _ANYWHERE, takes_parameters=True)
DAY_MEASURE = Purpose("the functions whose memory is bounded", SCALARS | BOUNDED_AGGREGATES)
FORMULA = Purpose("a formula", SCALARS)
ROW = Purpose("what is said of a row", SCALARS)
# of a window's rows at once: exact, and the same in whatever order the rows come
WINDOW_AGGREGATES = _words("count count_if sum avg mean min max median percentile bool_or bool_and every some any")
WINDOW_MEASURE = Purpose("a measure of a window", SCALARS | WINDOW_AGGREGATES)
EXPORT_COLUMN = Purpose("a column of an export", SCALARS, frozenset())
EXPORT_MEASURE = Purpose("a measure of an export", SCALARS | AGGREGATES, frozenset())


def problems_in(text: str, purpose: Purpose, known: Collection[str] | None = None) -> list[str]:
    """What may not stand in the expression, as predicates of a sentence; empty when it is fit to run.

    `known` are the columns (and measures) that may be named; None where they are not known before Spark analyses.
    """
    found = parsed(text)
    if found.problems:
        return list(found.problems)
    reported = [_SIGNS[sign] for sign in sorted(found.signs & purpose.refused_signs)]
    refused = sorted(set(found.functions) - purpose.functions)
    reported += [_refused_function(name, purpose) for name in refused]
    reported += [
        f"makes by {name} a text that is the same in every row: write the text itself"
        for name in sorted(found.constant_texts - {*refused})
    ]
    if found.parameters and not purpose.takes_parameters:
        reported.append(f"has the parameter :{min(found.parameters)}, and {purpose.what} takes none")
    if known is not None:
        spelled = _spelling(frozenset(known))
        reported += [_unknown_name(n, purpose) for n in sorted(found.names) if n.lower() not in spelled]
        twice = sorted({n for n in found.names if len(spelled.get(n.lower(), ())) > 1})
        reported += [f"names '{n}', which stands for {' and '.join(sorted(spelled[n.lower()]))}" for n in twice]
    return reported


def _refused_function(name: str, purpose: Purpose) -> str:
    if name in _CLOCKS_AND_DICE:
        return f"asks a clock or a die by {name}(): a result depends on the data and the run alone"
    if purpose is DAY_MEASURE:
        return f"calls {name}(), which is not among {purpose.what}"
    return f"calls {name}(), which is not allowed in {purpose.what}"


def _unknown_name(name: str, purpose: Purpose) -> str:
    if name.lower() in _CLOCKS_AND_DICE:
        return f"asks a clock or a die by {name}: a result depends on the data and the run alone"
    return f"names '{name}', and there is no such column"


@lru_cache(maxsize=256)
def _spelling(known: frozenset[str]) -> Mapping[str, Collection[str]]:
    """The names by their small letters; asked for again by each of a catalogue's expressions over the same columns."""
    spelled: dict[str, set[str]] = {}
    for name in known:
        spelled.setdefault(name.lower(), set()).add(name)
    return spelled


def names_in(text: str, known: Collection[str] | None = None) -> frozenset[str]:
    """The columns that the expression names: as it writes them, or those of `known` in their own spelling."""
    names = _names_in(text)
    if known is None:
        return names
    return _spelled(names, known)


@lru_cache(maxsize=8192)
def _names_in(text: str) -> frozenset[str]:
    """As the expression writes them: a catalogue's check asks for the same of every word again and again."""
    return parsed(text).names


def _spelled(names: Collection[str], known: Collection[str]) -> frozenset[str]:
    """Those of `known` that are among the names, large and small letters being one."""
    spelled = _spelling(frozenset(known))
    return frozenset[str]().union(*(spelled.get(name.lower(), ()) for name in names))


def names_by_time(text: str, known: Collection[str]) -> frozenset[str]:
    """The columns of `known` that the expression names otherwise than for their day, or for whether they are known."""
    return _spelled({p.text for p in parsed(text).pieces if isinstance(p, WrittenColumn) and not p.by_day}, known)


def parameters_in(text: str) -> frozenset[str]:
    """The names of the `:named` parameters."""
    return parsed(text).parameters


def functions_in(text: str) -> frozenset[str]:
    """The functions that the expression calls, in small letters."""
    return frozenset(parsed(text).functions)


def distinct_columns(text: str) -> frozenset[str]:
    """The columns whose distinct values the expression counts."""
    return frozenset(parsed(text).distinct)


def is_call(text: str) -> bool:
    """Whether the expression is the call of one function, as OVER (…) may follow it."""
    return parsed(text).is_call


def is_comparison_of_a_code(text: str) -> bool:
    """Whether all that the expression says is which texts, written out in it, the text of one column is or is not.

    A choice that says what any other text means (`ELSE false`) does no more.
    """
    found = parsed(text)
    if found.problems or len(found.names) != 1 or not {*found.functions} <= _TEXTS | _UNKNOWNS:
        return False
    bare = _QUOTED.sub("''", "".join(piece for piece in found.pieces if isinstance(piece, str)))
    signs = {word.lower() for word in _SIGN.findall(bare.replace("''", " "))} - _TEXTS - _UNKNOWNS
    leaves_open = "case" in signs and "else" not in signs
    return "''" in bare and signs <= _COMPARING | _CHOOSING and not leaves_open


def texts_in(text: str) -> tuple[str, ...]:
    """The texts that are written out in the expression."""
    return tuple(t for p in parsed(text).pieces if isinstance(p, str) for t in (q[1:-1] for q in _QUOTED.findall(p)))


def list_parameters_outside_in(text: str) -> frozenset[str]:
    """The parameters that stand where a list cannot."""
    return frozenset(p.name for p in parsed(text).pieces if isinstance(p, Parameter) and not p.in_list)


def written(
    text: str,
    *,
    names: Mapping[str, str] | None = None,
    params: Mapping[str, Value] | None = None,
    where: str = "",
) -> str:
    """The SQL that runs: the checked expression, with parameters as literals and SQL of ours in place of `names`.

    With a condition of ours as `where` the expression, the call of one aggregate, sees only the rows that meet it: its
    arguments are unknown in all others, and no aggregate counts what is unknown.
    Raises ExpressionError for what may stand nowhere, KeyError for a parameter that is not given.
    """
    found, refused = parsed(text), set(parsed(text).functions) - _ANYWHERE
    if found.problems or refused:
        reported = [*found.problems, *(f"calls {name}()" for name in sorted(refused))]
        raise ExpressionError(f"an expression {'; '.join(reported)}", do="write it otherwise")
    put = {name.lower(): sql for name, sql in (names or {}).items()}
    opened, closed = _conditional(found) if where else (frozenset(), frozenset())
    parts = []
    for place, piece in enumerate(found.pieces):
        parts += [f"IF({where}, "] if place in opened else []
        if isinstance(piece, WrittenColumn):
            parts.append(put.get(piece.text.lower()) or quoted_name(piece.text))
        elif isinstance(piece, Parameter):
            parts.append(literal((params or {})[piece.name]))
        else:
            parts.append(piece)
        parts += [", NULL)"] if place + 1 in closed else []
    return "".join(parts)


def _conditional(found: Parsed) -> tuple[frozenset[int], frozenset[int]]:
    """Where the arguments begin and end that a condition applies to: the first, and all that are made of columns."""
    spans = [
        (start, end)
        for number, (start, end) in enumerate(found.arguments)
        if number == 0 or any(isinstance(piece, WrittenColumn) for piece in found.pieces[start:end])
    ]
    return frozenset(start for start, _ in spans), frozenset(end for _, end in spans)


def is_aggregate(text: str) -> bool:
    """Whether the expression is the call of one aggregate over arguments, as a condition on its rows needs."""
    found = parsed(text)
    return found.is_call and bool(found.arguments) and found.functions[0] in AGGREGATES | SETS


def literal(value: Value) -> str:
    """The value as Spark SQL writes it; a list becomes its members, for use inside IN (…)."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, date):
        return f"DATE'{value.isoformat()}'"
    if isinstance(value, str):
        if not is_plain(value) or is_clock(value):
            raise ExpressionError(
                f"the text {value!r} holds control characters, or is the name of a moment", do="write another"
            )
        return quoted_text(value)
    return ", ".join(literal(member) for member in value)


def all_of(conditions: Sequence[str]) -> str:
    """True where every condition is true; unknown counts as not true."""
    return " AND ".join(f"coalesce(({c}), FALSE)" for c in conditions) or "TRUE"
