"""What is wrong with a catalogue between its parts, in sentences that name section, entry and key."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import chain

from features.catalogue.catalogue import Catalogue
from features.catalogue.declaration import CaseMix, RowGroup, Source, Statistic, WindowMeasure
from features.catalogue.indicator import Indicator
from features.catalogue.words import Words
from fundwatch.expressions.declared import (
    BOUNDED_AGGREGATES,
    DAY_MEASURE,
    FORMULA,
    ROW,
    WINDOW_AGGREGATES,
    WINDOW_MEASURE,
    Purpose,
    distinct_columns,
    functions_in,
    names_in,
    problems_in,
)

MOST_DAYS = 400  # the longest window
FARTHEST = 800  # as far back as formulas may look: a year's window and that of a year ago


def problems_of(catalogue: Catalogue) -> list[str]:
    """Everything that is wrong, by section."""
    wrong = [f"windows.{w}: a window has 1 to {MOST_DAYS} days" for w in catalogue.windows if not 1 <= w <= MOST_DAYS]
    if len(set(catalogue.windows)) < len(catalogue.windows):
        wrong.append("windows: a window occurs twice")
    wrong += Words({**catalogue.vocabulary.texts}).problems() if catalogue.words else ()
    wrong += _names_that_are_taken(catalogue)
    for check in (_sequences, _groups, _measures, _sets, _over, _case_mix):
        wrong += check(catalogue)
    wrong += _distinct_problems(catalogue)
    return [*wrong, *_indicators(catalogue, is_sound=not wrong)]


def _names_that_are_taken(catalogue: Catalogue) -> Iterator[str]:
    seen: dict[str, str] = {source.value: "a source" for source in Source}
    for section in ("sequences", "groups"):
        for name in getattr(catalogue, section):
            if name in seen:
                yield f"{section}.{name}: {seen[name]} has the same name"
            seen[name] = f"one of the {section}"
    taken: dict[str, str] = {}
    for section, what in (("measures", "a measure"), ("sets", "a set"), ("over", "an `over`")):
        for name in getattr(catalogue, section):
            if name in taken:
                yield f"{section}.{name}: {taken[name]} has the same name"
            taken[name] = what
    for name in catalogue.case_mix:
        for part in CaseMix.names_of(name):
            if part in taken:
                yield f"case_mix.{name}: {taken[part]} is called {part}"


def _base(catalogue: Catalogue, where: str, of: Source | str) -> Iterator[str]:
    """What is wrong with what `of` names: nothing is called so, it is made of itself, or its rows are nobody's."""
    if isinstance(of, str) and catalogue.base_of(of) is None:
        known = [*(source.value for source in catalogue.keys), *catalogue.sequences, *catalogue.groups]
        yield f"{where}: there are no rows '{of}'; there are {', '.join(known)}"
        return
    seen, step = set[str](), of
    while isinstance(step, str) and not isinstance(base := catalogue.base_of(step), Source):
        if step in seen or base is None:
            yield f"{where}: {step} is made of itself" if base else f"{where}: there are no rows '{step}'"
            return
        seen.add(step)
        step = base.of
    source = step if isinstance(step, Source) else Source(step)
    if source not in catalogue.keys:
        yield f"{where}: {source.value}: no row of it finds its {catalogue.entity}: fundwatch/contracts/entities.py"


def _known(catalogue: Catalogue, of: Source | str) -> frozenset[str]:
    """The columns and words that may be named over the rows."""
    columns = catalogue.columns_over(of)
    return columns | catalogue.vocabulary.within(columns)


def _text(where: str, text: str | None, purpose: Purpose, known: Collection[str]) -> Iterator[str]:
    if text is not None:
        yield from (f"{where}: {reported}" for reported in problems_in(text, purpose, known))


def _columns(where: str, names: Iterable[str], known: Collection[str]) -> Iterator[str]:
    for name in names:
        if name not in known:
            yield f"{where}: there is no column or word '{name}' in these rows"


def _sequences(catalogue: Catalogue) -> Iterator[str]:
    for name, sequence in catalogue.sequences.items():
        where, known = f"sequences.{name}", _known(catalogue, sequence.of)
        yield from _base(catalogue, where, sequence.of)
        if sequence.of.span is not None:
            yield f"{where}: rows in force on a day have no order"
        yield from _columns(f"{where}.by", sequence.by, known)
        yield from _columns(f"{where}.order", (sequence.order,), known)
        yield from _text(f"{where}.where", sequence.where, ROW, known)
        for made, text in sequence.made.items():
            yield from _text(f"{where}.{made}", text, ROW, known)
            if made in known:
                yield f"{where}.{made}: these rows have a column or word of that name"


def _groups(catalogue: Catalogue) -> Iterator[str]:
    for name, group in catalogue.groups.items():
        where, found = f"groups.{name}", [*_base(catalogue, f"groups.{name}", group.of)]
        yield from found
        if found:
            continue
        known = _known(catalogue, group.of)
        yield from _columns(f"{where}.by", group.by, known)
        yield from _text(f"{where}.where", group.where, ROW, known)
        if group.in_order is not None and group.in_order not in group.by:
            yield f"{where}.in_order: {group.in_order} is not among `by`"
        for value, text in group.values.items():
            yield from _text(f"{where}.values.{value}", text, WINDOW_MEASURE, known)
            yield from _aggregates(f"{where}.values.{value}", text)
            if value in group.by or value in ("row_count", "gap_days"):
                yield f"{where}.values.{value}: the group has a column of that name"


def _aggregates(where: str, text: str) -> Iterator[str]:
    if not functions_in(text) & WINDOW_AGGREGATES:
        yield f"{where}: takes one value from many rows; use one of {', '.join(sorted(WINDOW_AGGREGATES))}"


def _measures(catalogue: Catalogue) -> Iterator[str]:
    for name, measure in catalogue.measures.items():
        where = f"measures.{name}"
        yield from _base(catalogue, where, measure.of)
        yield from _text(where, measure.value, DAY_MEASURE, _known(catalogue, measure.of))
        if measure.of.span is not None:
            yield f"{where}: {measure.of.value} are in force and happen on no day: measure them under `over`"
        if not functions_in(measure.value) & BOUNDED_AGGREGATES:
            yield f"{where}: a measure adds up rows; use one of {', '.join(sorted(BOUNDED_AGGREGATES))}"


def _distinct_problems(catalogue: Catalogue) -> Iterator[str]:
    """Distinct counts of two columns multiply the scan's rows (Spark expands them): one is the limit."""
    for source in catalogue.sources:
        values = (m.value for m in catalogue.measures.values() if m.of is source)
        columns = sorted(set(chain.from_iterable(distinct_columns(value) for value in values)))
        if len(columns) > 1:
            yield f"measures: {source.value} counts distinct {' and distinct '.join(columns)}; one is allowed"


def _sets(catalogue: Catalogue) -> Iterator[str]:
    for name, day_set in catalogue.sets.items():
        where, found = f"sets.{name}", [*_base(catalogue, f"sets.{name}", day_set.of)]
        yield from found
        if not found:
            yield from _text(f"{where}.column", day_set.column, ROW, _known(catalogue, day_set.of))
            yield from _text(f"{where}.where", day_set.where, ROW, _known(catalogue, day_set.of))


def _over(catalogue: Catalogue) -> Iterator[str]:
    for name, measure in catalogue.over.items():
        where, found = f"over.{name}", [*_base(catalogue, f"over.{name}", measure.of)]
        yield from found
        if found:
            continue
        yield from _window_measure(catalogue, where, measure)


def _window_measure(catalogue: Catalogue, where: str, measure: WindowMeasure) -> Iterator[str]:
    known = _known(catalogue, measure.of)
    if measure.statistic is None and measure.value is not None:
        yield from _text(f"{where}.value", measure.value, WINDOW_MEASURE, known)
        yield from _aggregates(f"{where}.value", measure.value)
        if distinct_columns(measure.value):
            yield f"{where}.value: counts what is distinct in a whole window: declare a set of it"
    else:
        yield from _text(f"{where}.value", measure.value, ROW, known)
    base = catalogue.base_of(measure.of)
    if measure.statistic is Statistic.LONGEST_RUN and not (isinstance(base, RowGroup) and base.in_order):
        yield f"{where}: a longest run is of a group that says `in_order`"


def _case_mix(catalogue: Catalogue) -> Iterator[str]:
    for name, mix in catalogue.case_mix.items():
        where, known = f"case_mix.{name}", _known(catalogue, mix.of)
        yield from _base(catalogue, where, mix.of)
        yield from _text(f"{where}.where", mix.where, ROW, known)
        yield from _text(f"{where}.value", mix.value, ROW, known)
        yield from _columns(f"{where}.strata", mix.strata, known)


def _indicators(catalogue: Catalogue, *, is_sound: bool) -> Iterator[str]:
    known = catalogue.names.keys() | catalogue.indicators.keys()
    for name, indicator in catalogue.indicators.items():
        where = f"indicators.{name}"
        yield from (f"{where}: there is no measure or set '{n}'" for n in sorted(indicator.reads - known))
        yield from _windows(where, catalogue, indicator)
        for key, text in (("formula", indicator.base), ("when", indicator.when)):
            if text:
                yield from _text(f"{where}.{key}", text, FORMULA, known)
        if is_sound and not indicator.reads - known:
            yield from _in_other_indicators(catalogue, where, indicator)
    read = frozenset[str]().union(*(_reads(catalogue, i) for i in catalogue.indicators.values()))
    for name, taken in catalogue.taken.items():
        names = CaseMix.names_of(name) if isinstance(taken, CaseMix) else (name,)
        if not read & {*names}:
            yield f"{name}: no indicator reads it"


def _reads(catalogue: Catalogue, indicator: Indicator) -> frozenset[str]:
    return indicator.reads & catalogue.names.keys()


def _windows(where: str, catalogue: Catalogue, indicator: Indicator) -> Iterator[str]:
    for window in catalogue.windows_of(indicator):
        if window + max(indicator.offsets(window)) > FARTHEST:
            yield f"{where}: over {window} days it looks back more than {FARTHEST} days: say shorter windows"
    for window in indicator.windows:
        if not 1 <= window <= MOST_DAYS:
            yield f"{where}.windows: {window}: a window has 1 to {MOST_DAYS} days"
    if len({*indicator.windows}) < len(indicator.windows):
        yield f"{where}.windows: a window occurs twice"


def _in_other_indicators(catalogue: Catalogue, where: str, indicator: Indicator) -> Iterator[str]:
    """What is wrong with how it is made of others: of itself, of such as are known later, over other windows."""
    for other in sorted(indicator.reads & (catalogue.indicators.keys() - catalogue.names.keys())):
        if catalogue.indicators[other].formula is None:
            yield f"{where}: {other} is no formula over a window, and cannot stand in one"
        elif _reaches(catalogue, other, {*()}):
            yield f"{where}: {other} is made of itself"
            return
    for other in indicator.compared:
        if other not in catalogue.indicators:
            yield f"{where}: there is no indicator '{other}'"
        elif catalogue.indicators[other].is_of_peers:
            yield f"{where}: {other} is itself made of places among peers"
        elif not {*catalogue.windows_of(indicator)} <= {*catalogue.windows_of(catalogue.indicators[other])}:
            yield f"{where}: {other} has not all of its windows"
    yield from (f"{where}.formula: {reported}" for reported in _populations(catalogue, indicator))


def _reaches(catalogue: Catalogue, name: str, on_the_way: set[str]) -> bool:
    """Whether following the indicators that the formula names comes back to one of them."""
    if name in on_the_way:
        return True
    inner = catalogue.indicators[name].reads & (catalogue.indicators.keys() - catalogue.names.keys())
    return any(_reaches(catalogue, other, on_the_way | {name}) for other in inner)


def _populations(catalogue: Catalogue, indicator: Indicator) -> Iterator[str]:
    """What a ratio is made of is of one table: lines, encounters and settlements of a window are not the same care."""
    if "try_divide" not in functions_in(indicator.base or "true") or indicator.mixes:
        return
    taken = [catalogue.names[name] for name in names_in(indicator.base) if name in catalogue.names]
    sources = sorted({catalogue.source_of(one.of).value for one in taken})
    if len(sources) > 1:
        yield (
            f"divides {' by '.join(sources)}, which are not the same care: take all of a ratio from one source, or say "
            "under `mixes` why it may"
        )
