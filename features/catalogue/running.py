"""What of a catalogue can run on the columns a source supplies, and why the rest cannot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set

from features.catalogue.catalogue import Catalogue, Taken
from features.catalogue.declaration import CaseMix, DaySet, Measure, RowGroup, Sequence, Source
from features.catalogue.sources import MADE_HERE, Place, contexts_of, place_of
from fundwatch.expressions.declared import names_by_time, names_in

# The columns of each canonical table that the source's mapping fills.
Supplied = Mapping[str, frozenset[str]]
# made by the pipeline of every delivery
_ALWAYS = {"business_date", "original_line_id", "is_removal", "known_from", "known_to"}
_ENTRIES = {"claim_line_entry": "claim_line", "settlement_entry": "settlement"}


def runnable(
    catalogue: Catalogue, supplied: Supplied, dates_only: Set[str] = frozenset()
) -> tuple[Catalogue, dict[str, str]]:
    """The part of the catalogue that runs on the supplied columns, and why each other indicator does not.

    A column no mapping fills is unknown, so what needs it is left out; it never becomes a zero. No more does a time of
    which only the day is known (`dates_only`, as `table.column`): at midnight nobody was.
    """
    why_not: dict[str, str] = {}
    lacking = {name: _lacking(catalogue, taken, supplied) for name, taken in catalogue.names.items()}
    untimed = {name: _times(catalogue, taken) & dates_only for name, taken in catalogue.names.items()}
    for name, indicator in catalogue.indicators.items():
        reads = catalogue.measured(indicator)
        missing = frozenset[str]().union(*(lacking[read] for read in reads))
        by_day = frozenset[str]().union(*(untimed[read] for read in reads))
        if missing:
            why_not[name] = f"the source does not supply {', '.join(sorted(missing))}"
        elif by_day:
            why_not[name] = f"the source has dates only: {', '.join(sorted(by_day))}"
    if not why_not:
        return catalogue, {}
    kept = {n: i for n, i in catalogue.indicators.items() if n not in why_not}
    return narrowed(catalogue, kept), {n.column: why_not[n.name] for n in catalogue.named if n.name in why_not}


def narrowed(catalogue: Catalogue, indicators: Iterable[str]) -> Catalogue:
    """The catalogue with these indicators alone, and what they are made of, other indicators among it."""
    wanted = catalogue.with_named(indicators)
    kept = {name: one for name, one in catalogue.indicators.items() if name in wanted}
    read = frozenset[str]().union(*(catalogue.measured(one) for one in kept.values()))
    over = {n: m for n, m in catalogue.over.items() if n in read}
    sets = {n: s for n, s in catalogue.sets.items() if n in read}
    reached = _reached(catalogue, [*over.values(), *sets.values()])
    return catalogue.model_copy(
        update={
            "measures": {n: m for n, m in catalogue.measures.items() if n in read},
            "sets": sets,
            "over": over,
            "sequences": {n: _made_of(s, reached[n]) for n, s in catalogue.sequences.items() if n in reached},
            "groups": {n: _valued(g, reached[n]) for n, g in catalogue.groups.items() if n in reached},
            "case_mix": {n: m for n, m in catalogue.case_mix.items() if read & {*CaseMix.names_of(n)}},
            "indicators": kept,
        }
    )


def _reached(catalogue: Catalogue, taken: Iterable[Taken]) -> dict[str, set[str]]:
    """The sequences and groups that these are made of, each with the names that are read of its rows."""
    words, found = catalogue.vocabulary, dict[str, set[str]]()
    asked: list[tuple[Source | str, list[str]]] = [(one.of, texts_of(one)) for one in taken]
    while asked:
        of, texts = asked.pop()
        base = of if isinstance(of, Source) else catalogue.base_of(of)
        if isinstance(of, Source) or not isinstance(base, Sequence | RowGroup):
            continue
        names = found.setdefault(of, set())
        names |= frozenset[str]().union(*(words.columns(text) for text in texts))
        if isinstance(base, RowGroup):
            values = [text for name, text in base.values.items() if name in names]
            asked.append((base.of, [*values, *base.by, *([base.where] if base.where else [])]))
    return found


def _made_of(sequence: Sequence, names: Set[str]) -> Sequence:
    """The sequence with what is read of it alone: what nobody reads may be made of columns that nobody supplies."""
    parts = ("previous", "next", "latest_before")
    return sequence.model_copy(
        update={part: {n: text for n, text in getattr(sequence, part).items() if n in names} for part in parts}
    )


def _valued(group: RowGroup, names: Set[str]) -> RowGroup:
    """The group with the values that are read alone."""
    return group.model_copy(update={"values": {n: text for n, text in group.values.items() if n in names}})


def rows_read(catalogue: Catalogue, of: Source | str, texts: Iterable[str]) -> dict[Source, frozenset[str]]:
    """The columns that expressions over a source, a sequence or a group are made of in the end, by the source."""
    words = catalogue.vocabulary
    names = frozenset[str]().union(*(words.columns(text) for text in texts))
    base = of if isinstance(of, Source) else catalogue.base_of(of)
    if isinstance(base, Source):
        return {base: names}
    if isinstance(base, Sequence):
        own = [text for name, text in base.made.items() if name in names]
        inner = [*(names - base.made.keys()), *own, *base.by, base.order, *([base.where] if base.where else [])]
        return rows_read(catalogue, base.of, inner)
    if isinstance(base, RowGroup):
        values = [text for name, text in base.values.items() if name in names]
        return rows_read(catalogue, base.of, [*values, *base.by, *([base.where] if base.where else [])])
    raise KeyError(of)


def texts_of(taken: Taken) -> list[str]:
    """The expressions that it is made of, over the rows that it is of."""
    if isinstance(taken, Measure):
        return [taken.value]
    if isinstance(taken, DaySet):
        return [text for text in (taken.column, taken.where) if text]
    if isinstance(taken, CaseMix):
        return [text for text in (taken.value, taken.where, *taken.strata) if text]
    return [taken.value] if taken.value else []


def columns_read(catalogue: Catalogue, taken: Taken) -> tuple[Source, frozenset[str]]:
    """The source that it is of in the end, and the columns over its rows that it and their entity are made of."""
    ((source, names),) = rows_read(catalogue, taken.of, texts_of(taken)).items()
    return source, names | key_columns(catalogue, source)


def key_columns(catalogue: Catalogue, source: Source) -> frozenset[str]:
    """The columns by which rows of the source find their entity."""
    key = catalogue.keys[source]
    return frozenset[str]().union(*(names_in(text) for text in (*key.parts, *([key.only] if key.only else []))))


def _lacking(catalogue: Catalogue, taken: Taken, supplied: Supplied) -> frozenset[str]:
    source, names = columns_read(catalogue, taken)
    needed = {(source.table, name) for name in source.day_of}
    for context in contexts_of(source, names):
        needed |= {(context.table, inside) for inside in context.by.values()}
        for outside in context.by:
            needed |= _inside(source, outside)
    for name in names | ({source.moment} if not source.day_of else frozenset()):
        needed |= _inside(source, name)
    lacking = set()
    for table, column in needed:
        known = supplied.get(_ENTRIES.get(table, table), frozenset())
        if table not in MADE_HERE and column not in known and column not in _ALWAYS:
            lacking.add(f"{table}.{column}")
    return frozenset(lacking)


def _inside(source: Source, name: str) -> set[tuple[str, str]]:
    """The columns of clean tables that a column of the source's rows is made of."""
    place = place_of(source, name) or Place(name)
    if place.context is None:
        return {(source.table, place.sql)} if place.sql not in ("day", "moment", "bed_day") else set()
    return {(place.context.table, column) for column in names_in(place.context.columns[name])}


def _times(catalogue: Catalogue, taken: Taken) -> frozenset[str]:
    """The times whose time of day it looks at."""
    return _times_over(catalogue, taken.of, texts_of(taken))


def _times_over(catalogue: Catalogue, of: Source | str, texts: Iterable[str]) -> frozenset[str]:
    source = catalogue.source_of(of)
    base = of if isinstance(of, Source) else catalogue.base_of(of)
    found = frozenset[str]().union(*(catalogue.vocabulary.times(text, source) for text in texts))
    names = frozenset[str]().union(*(catalogue.vocabulary.columns(text) for text in texts))
    if isinstance(base, Sequence):
        by_time = frozenset[str]().union(*(names_by_time(text, names) for text in texts))
        made = [text for name, text in base.made.items() if name in by_time]
        return found | _times_over(catalogue, base.of, [*made, *([base.where] if base.where else [])])
    if isinstance(base, RowGroup):
        values = [text for name, text in base.values.items() if name in names]
        return found | _times_over(catalogue, base.of, [*values, *base.by, *([base.where] if base.where else [])])
    return found
