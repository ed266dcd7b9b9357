"""Reading the catalogue: all problems in one error, and what can run on the columns a source supplies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from importlib.resources.abc import Traversable
from itertools import chain
from typing import Any

from pydantic import ValidationError

from features.catalogue.declaration import Catalogue, DaySet, Indicator, Measure, Source
from fundwatch.contracts import TABLES
from fundwatch.contracts.entities import ENTITIES
from fundwatch.declared import model_problems
from fundwatch.errors import CatalogueError, FundwatchError, problems
from fundwatch.expressions.declared import (
    BOUNDED_AGGREGATES,
    DAY_MEASURE,
    FORMULA,
    distinct_columns,
    functions_in,
    names_in,
    problems_in,
)
from fundwatch.regions import Region, laid_over
from fundwatch.resources import package_files, read_yaml

# The columns of each canonical table that the source's mapping fills.
Supplied = Mapping[str, frozenset[str]]


def load_catalogues(region: Region | None = None) -> dict[str, Catalogue]:
    """The catalogue of each entity as it holds in the region. Raises CatalogueError naming every problem of every file.

    A region's `indicators.yaml` says by entity what differs of the shipped file, and what it adds.
    """
    overlays = [] if region is None else region.files("indicators.yaml")
    return read_catalogues(package_files("features", "catalogue", ".yaml"), overlays)


def read_catalogues(files: list[Traversable], overlays: Sequence[Traversable] = ()) -> dict[str, Catalogue]:
    """The catalogues in these files, by entity. Raises CatalogueError naming each problem's file and key."""
    found: dict[str, Catalogue] = {}
    changes, wrong = _changes(overlays)
    for file in files:
        where = file.name
        try:
            content = read_yaml(file)
            entity = content.get("entity") if isinstance(content, dict) else None
            for overlay, change in changes.get(str(entity), ()):
                where, content = f"{where} with {overlay}", laid_over(content, change)
            catalogue = Catalogue.model_validate(content)
        except ValidationError as error:
            wrong += [f"{where}: {text}" for text in model_problems(error)]
        except FundwatchError as error:
            wrong.append(f"{where}: {error.what}")
        else:
            wrong += [f"{where}: {text}" for text in _problems_of(catalogue)]
            if catalogue.entity in found:
                wrong.append(f"{where}: the entity {catalogue.entity} is declared in another file too")
            found[catalogue.entity] = catalogue
    if not wrong:
        wrong = [f"no file declares the entity {entity}" for entity in ENTITIES if entity not in found]
    if wrong:
        raise CatalogueError(problems("the indicator catalogue does not hold", wrong), do="fix what is named")
    return found


def _changes(overlays: Sequence[Traversable]) -> tuple[dict[str, list[tuple[Traversable, dict[str, Any]]]], list[str]]:
    """What the overlays change, by entity and in order, each with its file; and what is wrong with them."""
    changes: dict[str, list[tuple[Traversable, dict[str, Any]]]] = {}
    wrong: list[str] = []
    for file in overlays:
        try:
            content = read_yaml(file)
        except FundwatchError as error:
            wrong.append(f"{file}: {error.what}")
            continue
        if not isinstance(content, dict) or not set(content) <= {*ENTITIES}:
            wrong.append(f"{file}: holds what differs by entity ({', '.join(ENTITIES)}), and nothing else")
            continue
        for entity, change in content.items():
            if not isinstance(change, dict) or "entity" in change:
                wrong.append(f"{file}: {entity}: a mapping of what differs, without `entity`")
            else:
                changes.setdefault(entity, []).append((file, change))
    return changes, wrong


def _problems_of(catalogue: Catalogue) -> list[str]:
    wrong = [f"windows.{w}: a window has at least one day" for w in catalogue.windows if w < 1]
    if len(set(catalogue.windows)) < len(catalogue.windows):
        wrong.append("windows: a window occurs twice")
    lost = [s.value for s in catalogue.sources if s not in catalogue.keys]
    wrong += [f"{name}: no row of it finds its {catalogue.entity}: fundwatch/contracts/entities.py" for name in lost]
    for name in sorted(catalogue.sets.keys() & catalogue.measures.keys()):
        wrong.append(f"sets.{name}: a measure has the same name")
    for name, day_set in catalogue.sets.items():
        wrong += _unknown_columns(f"sets.{name}", day_set.of, {day_set.column})
    for name, measure in catalogue.measures.items():
        wrong += _measure_problems(f"measures.{name}", measure)
    return wrong + _distinct_problems(catalogue) + _indicator_problems(catalogue)


def _unknown_columns(where: str, source: Source, columns: set[str] | frozenset[str]) -> list[str]:
    known = TABLES[source.table].column_names
    return [f"{where}: {source.table} has no column '{c}'" for c in sorted(columns) if c not in known]


def _measure_problems(where: str, measure: Measure) -> list[str]:
    known = TABLES[measure.of.table].column_names
    wrong = [f"{where}: {reported}" for reported in problems_in(measure.value, DAY_MEASURE, known)]
    if not functions_in(measure.value) & BOUNDED_AGGREGATES:
        wrong.append(f"{where}: a measure adds up rows; use one of {', '.join(sorted(BOUNDED_AGGREGATES))}")
    return wrong


def _distinct_problems(catalogue: Catalogue) -> list[str]:
    """Distinct counts of two columns multiply the scan's rows (Spark expands them): one is the limit."""
    wrong = []
    for source in catalogue.sources:
        values = (m.value for m in catalogue.measures.values() if m.of is source)
        columns = sorted(set(chain.from_iterable(distinct_columns(value) for value in values)))
        if len(columns) > 1:
            wrong.append(f"measures: {source.value} counts distinct {' and distinct '.join(columns)}; one is allowed")
    return wrong


def _indicator_problems(catalogue: Catalogue) -> list[str]:
    known = catalogue.measures.keys() | catalogue.sets.keys()
    wrong = []
    for name, indicator in catalogue.indicators.items():
        where = f"indicators.{name}"
        wrong += [f"{where}: there is no measure or set '{n}'" for n in sorted(indicator.reads - known)]
        wrong += [f"{where}.formula: {reported}" for reported in _populations(catalogue, indicator)]
        for key, text in (("formula", indicator.formula), ("when", indicator.when)):
            wrong += [
                f"{where}.{key}: {reported}" for reported in (problems_in(text, FORMULA) if text is not None else ())
            ]
    read = set(chain.from_iterable(i.reads for i in catalogue.indicators.values()))
    return wrong + [f"{name}: no indicator reads it" for name in sorted(known - read)]


def _populations(catalogue: Catalogue, indicator: Indicator) -> Iterator[str]:
    """What a ratio is made of is of one source: lines, encounters and settlements of a window are not the same care."""
    if "try_divide" not in functions_in(indicator.formula):
        return
    taken = catalogue.taken
    sources = sorted({taken[name].of.value for name in names_in(indicator.formula) if name in taken})
    if len(sources) > 1:
        yield f"divides {' by '.join(sources)}, which are not the same care: take all of a ratio from one source"


def runnable(
    catalogue: Catalogue, supplied: Supplied, dates_only: Set[str] = frozenset()
) -> tuple[Catalogue, dict[str, str]]:
    """The part of the catalogue that runs on the supplied columns, and why each other indicator does not.

    A column no mapping fills is unknown, so what needs it is left out; it never becomes a zero. No more does a time of
    which only the day is known (`dates_only`, as `table.column`): at midnight nobody was.
    """
    lacking = {name: _lacking(catalogue, declared, supplied) for name, declared in catalogue.taken.items()}
    untimed = {name: _untimed(declared, dates_only) for name, declared in catalogue.taken.items()}
    why_not = {}
    for name, indicator in catalogue.indicators.items():
        missing = frozenset[str]().union(*(lacking[read] for read in indicator.reads))
        by_day = frozenset[str]().union(*(untimed[read] for read in indicator.reads))
        if missing:
            why_not[name] = f"the source does not supply {', '.join(sorted(missing))}"
        elif by_day:
            why_not[name] = f"the source has dates only: {', '.join(sorted(by_day))}"
    narrowed = catalogue.model_copy(
        update={
            "measures": {n: m for n, m in catalogue.measures.items() if not lacking[n] and not untimed[n]},
            "sets": {n: s for n, s in catalogue.sets.items() if not lacking[n]},
            "indicators": {n: i for n, i in catalogue.indicators.items() if n not in why_not},
        }
    )
    return narrowed, {n.column: why_not[n.name] for n in catalogue.named if n.name in why_not}


def _untimed(declared: Measure | DaySet, dates_only: Set[str]) -> frozenset[str]:
    times = declared.times if isinstance(declared, Measure) else ()
    return frozenset(f"{declared.of.table}.{column}" for column in times) & dates_only


def _lacking(catalogue: Catalogue, declared: Measure | DaySet, supplied: Supplied) -> frozenset[str]:
    key, table = catalogue.keys[declared.of], declared.of.table
    columns = declared.columns if isinstance(declared, Measure) else {declared.column}
    day = declared.of.day_of or {key.day}
    missing = {key.id, *day, *columns} - supplied.get(table, frozenset())
    return frozenset(f"{table}.{column}" for column in missing)
