"""What one file lends to the rows of another: columns of the one row that fits, or sums over all that do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from pydantic import Field, field_validator, model_validator

from fundwatch.declared import Declared
from intake.source.columns import is_of


class Lookup(Declared):
    """Columns of another file of the same delivery, found by key; `on`, `columns` and `sums` read `here: there`.

    Each row finds one row there, or becomes a problem: LOOKUP_MISSING (none) or LOOKUP_TWICE (several that differ).
    `sums` add up a column over all rows of the key: unknown where one of them is; `none` is the sum of no row at all.
    """

    source: str = Field(alias="from")
    on: dict[str, str] = Field(min_length=1)
    columns: dict[str, str] = Field(default_factory=dict)
    sums: dict[str, str] = Field(default_factory=dict)
    none: str | None = None
    where: str | None = None

    @property
    def lent(self) -> dict[str, str]:
        """All that the other file lends, here: there."""
        return {**self.columns, **self.sums}

    @field_validator("none", mode="before")
    @classmethod
    def _number_as_text(cls, given: Any) -> Any:
        return str(given) if isinstance(given, (int, float)) else given

    @field_validator("where", mode="before")
    @classmethod
    def _sql_alone(cls, given: Any) -> Any:
        if given is not None and not isinstance(given, str):
            raise ValueError(
                "a lookup's `where` is SQL over the other file's columns, as \"kind = 'FUND'\"; codes to keep and drop "
                "(of, keep, drop) decide of the rows of the file itself, beside its `from`"
            )
        return given

    @model_validator(mode="after")
    def _lends_something(self) -> Lookup:
        if not self.lent:
            raise ValueError("name columns or sums")
        if self.none is not None and (self.columns or not is_of("decimal", self.none)):
            raise ValueError("`none` is the number that stands for no row, of a lookup of sums alone")
        if twice := sorted({*self.columns} & {*self.sums}):
            raise ValueError(f"{', '.join(twice)} stands there twice")
        return self

    @model_validator(mode="before")
    @classmethod
    def _on_is_a_word(cls, given: Any) -> Any:
        """YAML 1.1 reads the key `on` as true."""
        return (
            {"on" if key is True else key: value for key, value in given.items()} if isinstance(given, dict) else given
        )

    @field_validator("on", "columns", "sums", mode="before")
    @classmethod
    def _same_names(cls, given: Any) -> Any:
        """A list holds names that are the same here and there, or pairs `here: there`."""
        if not isinstance(given, list):
            return given
        pairs = [one if isinstance(one, dict) else {one: one} for one in given if isinstance(one, (str, dict))]
        if len(pairs) != len(given):
            raise ValueError("a list holds names of columns, or pairs of them as here: there")
        named = [name for pair in pairs for name in pair]
        if twice := sorted({str(name) for name in named if named.count(name) > 1}):
            raise ValueError(f"{', '.join(twice)} stands there twice")
        return {name: other for pair in pairs for name, other in pair.items()}


def in_turn(
    lookups: Sequence[Lookup], own: Collection[str], lends: Callable[[Lookup], Collection[str]]
) -> tuple[Lookup, ...]:
    """The lookups that can be made of rows with the columns `own`, each behind those that lend it a key.

    Left out are those of which a key is nowhere: one that nothing `lends`, or that waits for them in a circle.
    """
    there, turn, waiting = {*own}, list[Lookup](), [*lookups]
    while ready := [lookup for lookup in waiting if {*lookup.on} <= there]:
        turn += ready
        waiting = [lookup for lookup in waiting if lookup not in ready]
        there.update(*(lends(lookup) for lookup in ready))
    return tuple(turn)
