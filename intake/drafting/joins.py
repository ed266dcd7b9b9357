"""Which id is which: a column whose values are the ids of another file's rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from intake.drafting.sampling import Look, Values

_ENOUGH = 0.5  # of the column's values; a sample holds the beginning of each file alone
_NEARLY_ALL = 0.9
_SEVERAL = 10  # values that are no chance, though most of the column's are not in the sample


@dataclass(frozen=True)
class Key:
    """The column that identifies the rows of a file, whose ids they are, and whether that is sure.

    `others` are those whose id the same column is there too: a claim that is a visit and its settlement at once.
    """

    kind: str
    look: Look
    header: str
    is_sure: bool
    others: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Join:
    """A column whose values are the ids of a key, with the share of them that is."""

    header: str
    key: Key
    share: float
    is_distinctive: bool

    @property
    def is_nearly_whole(self) -> bool:
        return self.share >= _NEARLY_ALL

    @property
    def why(self) -> str:
        """In words."""
        return f"{self.share:.0%} of its values are those of {self.key.look.file.name}'s {self.key.header}"


def joins_of(look: Look, keys: Sequence[Key]) -> dict[str, Join]:
    """By header, the other file whose ids its values are: the one that most of them are found in."""
    found: dict[str, Join] = {}
    for header in look.header:
        values = look.values[header]
        if values.formats or not values.fingerprints:
            continue
        for key in keys:
            one = None if key.look is look else _joined(header, values, key)
            if one is not None and (header not in found or one.share > found[header].share):
                found[header] = one
    return found


def _joined(header: str, values: Values, key: Key) -> Join | None:
    there = key.look.values[key.header].fingerprints
    common = len(values.fingerprints & there)
    share = common / len(values.fingerprints)
    if share >= _ENOUGH or (values.is_distinctive and common >= _SEVERAL):
        return Join(header, key, share, values.is_distinctive)
    return None


def kinds_by_header(joins: Mapping[str, Join]) -> dict[str, str]:
    """By header, whose id it is, where values alone decide: they are distinctive, and nearly all of them are there."""
    return {h: one.key.kind for h, one in joins.items() if one.is_distinctive and one.is_nearly_whole}
