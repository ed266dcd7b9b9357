"""Tables beside the claims: what one is, and how the engine asks it for rows.

`simulator/beside/extra_tables.py` lists them in EXTRA_TABLES; a scenario switches each on or off by its name.

An extra table may answer any of four questions; those it leaves None are not asked:

* `of_visit(hand, visit)`: rows of one settled encounter, honest or staged, asked in the block that made it.
* `of_person(hand, person, first, last)`: rows of one insured person, honest or staged, over the history.
* `tally(visit)`: whole numbers by key, such as ((institution, item, "2026-03"), units sold). They are summed
  over all blocks, so that the sums depend neither on the order of blocks nor on the number of processes.
* `at_end(hand, world, sums)`: rows made once from the sums and the providers, such as stock that balances.

A row comes as Dated(upload date, sort key, values in the order of `columns`). It is delivered in the night
that carries its upload date. Chance comes from the given hand only: it belongs to this table and to the block
(or staged instance) that asks, so that no other table and no staged encounter shifts what it draws.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from simulator.care.records import Visit
from simulator.city.people import Person
from simulator.streams import Hand

if TYPE_CHECKING:
    from simulator.city.providers import Providers
    from simulator.scenario.scenario import Scenario

Key = tuple[str, ...]


class Dated(NamedTuple):
    """One row of an extra table."""

    uploaded: date
    key: str  # rows of one table are delivered in the order of their keys, within a block
    values: tuple[str, ...] | str  # a table of very many rows may give the finished line


@dataclass(frozen=True, slots=True)
class EndOfWorld:
    """What an `at_end` function may read."""

    scenario: Scenario
    providers: Providers


@dataclass(frozen=True, slots=True)
class ExtraTable:
    """One table of the delivery that is made beside the claims; see the module for its questions."""

    name: str  # the file's name without ending, as the national layout has it
    columns: tuple[str, ...]
    of_visit: Callable[[Hand, Visit], Iterable[Dated]] | None = None
    of_person: Callable[[Hand, Person, date, date], Iterable[Dated]] | None = None
    tally: Callable[[Visit], Iterable[tuple[Key, int]]] | None = None
    at_end: Callable[[Hand, EndOfWorld, Mapping[Key, int]], Iterable[Dated]] | None = None
    is_usual: bool = field(default=True)  # delivered unless the scenario switches it off
