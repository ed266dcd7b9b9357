"""What can go wrong with a delivery as a whole, and on which nights it does.

A scenario's section `mishaps` names kinds, each with a rate (of nights) or a list of nights. A night has one at
most, so that what comes of it can be reported; lists go before rates, and kinds in the order below. The first night,
which carries the history, is spoiled by name only. What befalls single lines is dirt (see simulator.faults.writing).

What a receiver ought to do is the kind's `outcome`:

* accepted: the delivery is sound, however strange it looks, but for a few rows that go into quarantine;
* duplicate: it is taken in, and the rows that were delivered before count as copies;
* refused: nothing of it can be trusted, because files and manifest contradict each other or the mapping;
* held: it can be read and contradicts nothing, but somebody has to look at it first, because its figures are beyond
  the usual or nobody vouches for them (a receiver may let one without a manifest pass whose figures are as usual).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Literal

from simulator.streams import Hand

Outcome = Literal["accepted", "held", "refused", "duplicate"]
When = float | tuple[date, ...]  # a share of nights, or the nights
FEES, ENCOUNTERS, SETTLEMENTS = "fee_list", "mdtrt", "setl"


@dataclass(frozen=True, slots=True)
class Misdelivery:
    """One kind of spoiled delivery. `table` is the one whose file is spoiled; `detail` may name {source}."""

    name: str
    outcome: Outcome
    table: str
    detail: str

    @property
    def is_fixed(self) -> bool:
        """Whether the sender has to send the night once more."""
        return self.outcome in ("refused", "held")

    @property
    def needs_source(self) -> bool:
        """Whether it takes something from an earlier delivery."""
        return "{source}" in self.detail


MISDELIVERIES = (
    Misdelivery("sent_again_renamed", "duplicate", FEES, "the file of {source} once more, under another name"),
    Misdelivery("sent_again_repacked", "duplicate", FEES, "the rows of {source} once more, packed again: other bytes"),
    Misdelivery("sent_again_in_part", "duplicate", FEES, "three in ten of the rows of {source} beside the night's own"),
    Misdelivery("same_batch_id", "refused", FEES, "the batch id of {source} over other content"),
    Misdelivery("truncated_gzip", "refused", FEES, "a gzip file cut off at six tenths of its bytes"),
    Misdelivery("half_csv", "refused", FEES, "a plain file cut off in the middle of a row half way down"),
    Misdelivery("mixed_encodings", "accepted", ENCOUNTERS, "this file in another encoding than the others"),
    Misdelivery("mixed_encodings_within", "refused", FEES, "the lower half of the file in another encoding"),
    Misdelivery("unknown_column", "refused", FEES, "a column rsv_fld1 that nobody announced"),
    Misdelivery("missing_column", "refused", FEES, "the column cnt left out"),
    Misdelivery("renamed_column", "refused", FEES, "the column cnt called fee_cnt"),
    Misdelivery("reordered_columns", "accepted", FEES, "the columns in reverse order"),
    Misdelivery("retyped_column", "refused", FEES, "fee_ocur_time as dd.mm.yyyy"),
    Misdelivery("new_code", "refused", FEES, "chrgitm_lv 9, which no table of codes has, in one row of twenty"),
    Misdelivery("stray_code", "accepted", FEES, "chrgitm_lv 9 in one row of three hundred"),
    Misdelivery("wrong_row_count", "refused", FEES, "the manifest states three rows more than there are"),
    Misdelivery("wrong_sum", "refused", FEES, "the manifest states 1000.00 yuan more than there are"),
    Misdelivery("no_manifest", "held", FEES, "files without a manifest"),
    Misdelivery("empty_file", "refused", SETTLEMENTS, "a file of no bytes, stated as such"),
    Misdelivery("header_only", "refused", SETTLEMENTS, "a file with a header and no row, stated as such"),
    Misdelivery("tenth_of_size", "held", FEES, "the first tenth of the rows, stated as such"),
    Misdelivery("tenfold_size", "held", FEES, "every row ten times, as after a join gone wrong, stated as such"),
)
BY_NAME: Mapping[str, Misdelivery] = {kind.name: kind for kind in MISDELIVERIES}


@dataclass(frozen=True, slots=True)
class Spoiled:
    """One night's mishap; `source` is the earlier sound night it takes from."""

    night: date
    kind: Misdelivery
    source: date | None = None

    @property
    def detail(self) -> str:
        """What is wrong with it, in words."""
        return self.kind.detail.format(source=self.source)


def spoiled_nights(seed: int, nights: Iterable[date], asked: Mapping[str, When]) -> dict[date, Spoiled]:
    """The mishap of each night that has one; nights added later change none of the earlier.

    A kind that takes from an earlier delivery is left out where no sound one came before.
    """
    found: dict[date, Spoiled] = {}
    sound: list[date] = []
    for number, night in enumerate(nights):
        kind = _kind_of(seed, night, asked, by_rate=number > 0)
        if kind is None or (kind.needs_source and not sound):
            sound.append(night)
        else:
            found[night] = Spoiled(night, kind, sound[-1] if kind.needs_source else None)
    return found


def mishap_problems(nights: tuple[date, ...], last_day: date, asked: Mapping[str, When]) -> list[str]:
    """Names that do not exist, rates and nights that cannot be, nights that two kinds name."""
    found, taken = [], dict[date, str]()
    for name, when in asked.items():
        if name not in BY_NAME:
            near = "".join(f"; did you mean {match}?" for match in get_close_matches(name, BY_NAME, 1))
            found.append(f"mishaps.{name}: there is no mishap of that name{near}")
        elif not isinstance(when, tuple):
            found += [] if 0 <= when <= 1 else [f"mishaps.{name} is {when}; it lies between 0 and 1"]
        else:
            for night in when:
                found += _list_problems(name, night, nights, last_day, taken)
                taken[night] = name
    return found


def _list_problems(
    name: str, night: date, nights: tuple[date, ...], last_day: date, taken: dict[date, str]
) -> list[str]:
    found = []
    if night not in nights and not (nights and nights[-1] < night <= last_day):
        found.append(f"mishaps.{name}: {night} is not one of the nights")
    if night in taken:
        found.append(f"mishaps.{name}: {night} has {taken[night]} already; a night has one mishap at most")
    if BY_NAME[name].needs_source and nights and night <= nights[0]:
        found.append(f"mishaps.{name}: no delivery comes before {night} to take from")
    return found


def _kind_of(seed: int, night: date, asked: Mapping[str, When], *, by_rate: bool) -> Misdelivery | None:
    kinds = [(BY_NAME[name], when) for name, when in asked.items()]
    kinds.sort(key=lambda entry: MISDELIVERIES.index(entry[0]))
    for kind, when in kinds:
        if isinstance(when, tuple) and night in when:
            return kind
    for kind, when in kinds:
        if by_rate and not isinstance(when, tuple) and Hand(seed, f"mishap/{kind.name}/{night}").chance(when):
            return kind
    return None
