"""Is a delivery as large as usual? A true manifest does not say so: a join gone wrong states ten times the rows truly,
and an export that broke off states its tenth truly.

A delivery without a manifest, whose sender declares nothing to compare with, must lie within a narrow band; a declared
one within a wide one, because it only has to stop what no busy and no quiet day makes.

Each kind of file is compared with its last accepted deliveries: median ± the larger of `width` robust standard
deviations (1.4826 × median absolute deviation) and `share` of the median. Where a floor is declared, the band ends
below at a share of the median, or lower where two nights were as quiet: what came twice is a habit, such as Sundays.
There is none before the nights known show both Sundays of two weeks.

Like is compared with like: a delivery covers the days since the source's delivery before it, so it is within the band
when its figures are, or when its figures a day are. A week's delivery after a month's, or a night after holidays, is as
usual by the day; a register that is always sent whole is so by the delivery. How many days the first one covers nobody
knows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from statistics import median

from pydantic import Field

from fundwatch.declared import Declared

_NORMAL = Decimal("1.4826")  # makes the median absolute deviation a standard deviation of a normal distribution
_UNITS = {"rows": "rows", "byte_count": "bytes", "money": "CNY"}


class Floor(Declared):
    """What is too little: under `share` of the median and under `of_quiet` of the second quietest night known.

    Nothing is, before the nights known go back `days` days; nor of a kind with a median under `rows` rows: in a small
    town one ward's bills make most of a night, and chance makes a fifth of it.
    """

    share: Decimal = Field(default=Decimal("0.2"), ge=0, lt=1)
    of_quiet: Decimal = Field(default=Decimal("0.5"), ge=0, le=1)
    days: int = Field(default=14, ge=0)
    rows: int = Field(default=200, ge=1)


class Reach(Declared):
    """How far from the median is still usual: `width` robust standard deviations or `share` of it, the larger; and not
    under the floor."""

    width: Decimal = Field(default=Decimal(8), gt=0)
    share: Decimal = Field(default=Decimal(4), ge=0)
    floor: Floor = Floor()


class Band(Declared):
    """How far from the median of the last `nights` deliveries of a kind is still usual; none is older than `days`.
    Under `minimum_nights` nothing is known to be usual.
    """

    nights: int = Field(default=30, ge=2)
    days: int = Field(default=400, ge=1)
    minimum_nights: int = Field(default=5, ge=2)
    width: Decimal = Field(default=Decimal(4), gt=0)
    share: Decimal = Field(default=Decimal("0.5"), ge=0)
    declared: Reach = Reach()


@dataclass(frozen=True)
class Figures:
    """One file: its kind, its night, its rows, its bytes as they lie there, its money (CNY) if it has any."""

    kind: str
    business_date: date
    rows: int
    byte_count: int
    money: Decimal | None = None


@dataclass(frozen=True)
class Judgement:
    """What lies outside the band, and the kinds of which too few nights are known to have one."""

    outside: tuple[str, ...]
    unjudged: tuple[str, ...]


def judge(
    tonight: Sequence[Figures], accepted: Sequence[Figures], night: date, band: Band, reach: Reach | None = None
) -> Judgement:
    """Compare tonight's files with those accepted before; `reach` is given where a true manifest declares them."""
    since = night - timedelta(days=band.days)
    known = [file for file in accepted if since <= file.business_date < night]
    covered = _days_covered({file.business_date for file in known} | {night})
    nights: dict[str, dict[date, list[Figures]]] = defaultdict(lambda: defaultdict(list))
    for file in known:
        nights[file.kind][file.business_date].append(file)
    kinds: dict[str, list[Figures]] = defaultdict(list)
    for file in tonight:
        kinds[file.kind].append(file)
    recent = sorted(covered.keys() - {night})[-band.nights :]
    outside: list[str] = []
    unjudged = []
    for kind in sorted({*nights, *kinds}):
        usual = {date: nights[kind][date] for date in sorted(nights[kind])[-band.nights :]}
        if len(usual) < band.minimum_nights:
            unjudged += [f"{kind}: {len(usual)} nights known, {band.minimum_nights} make a band"] * (kind in kinds)
        elif kind in kinds:
            outside += _outside(_Kind(kind, night, kinds[kind], usual, covered), band, reach)
        elif usual.keys() >= {*recent}:
            outside.append(f"{kind}: not delivered, and it came on each of the last {len(usual)} nights")
    return Judgement(tuple(outside), tuple(unjudged))


def _days_covered(nights: Collection[date]) -> dict[date, int | None]:
    """How many days the delivery of each night covers: those since the one before; None of the first."""
    ascending = sorted(nights)
    return {ascending[0]: None} | {later: (later - earlier).days for earlier, later in pairwise(ascending)}


@dataclass(frozen=True)
class _Kind:
    """A kind of file: tonight's files, those of the nights before, and the days that each night covers."""

    name: str
    night: date
    files: Sequence[Figures]
    usual: Mapping[date, Sequence[Figures]]
    covered: Mapping[date, int | None]

    def known(self, figure: str) -> dict[date, Decimal]:
        """The figure of each night that has it."""
        return {night: total for night, files in self.usual.items() if (total := _sum(files, figure)) is not None}

    def has_quiet_nights(self, floor: Floor) -> bool:
        """Whether enough is known to say what is too little."""
        goes_back = (self.night - min(self.usual)).days
        return goes_back >= floor.days and median(self.known("rows").values()) >= floor.rows

    def by_day(self, totals: Mapping[date, Decimal]) -> list[Decimal]:
        """The totals a day, of the nights whose days are known."""
        return [total / days for night, total in totals.items() if (days := self.covered[night])]


def _outside(kind: _Kind, band: Band, reach: Reach | None) -> list[str]:
    found = []
    floor = reach.floor if reach is not None and kind.has_quiet_nights(reach.floor) else None
    width, share = (band.width, band.share) if reach is None else (reach.width, reach.share)
    for name, unit in _UNITS.items():
        value, known = _sum(kind.files, name), kind.known(name)
        # where rows are declared and counted, bytes say only how the files are packed
        if value is None or len(known) < band.minimum_nights or (reach is not None and name == "byte_count"):
            continue
        least, most = _range([*known.values()], width, share, floor)
        if least <= value <= most or _is_usual_by_day(kind, value, known, band, width, share, floor):
            continue
        # money may be negative on a night of many reversals, counts may not
        least = least if unit == "CNY" else max(Decimal(0), least)
        found.append(
            f"{kind.name}: {value:,} {unit}, usual {least:,.0f}–{most:,.0f} "
            f"(median {median(known.values()):,.0f} of {len(known)} nights)"
        )
    return found


def _is_usual_by_day(
    kind: _Kind,
    value: Decimal,
    known: Mapping[date, Decimal],
    band: Band,
    width: Decimal,
    share: Decimal,
    floor: Floor | None,
) -> bool:
    days, by_day = kind.covered[kind.night], kind.by_day(known)
    if not (days and by_day):
        return False
    least, _ = _range(by_day, width, share, floor)
    # above, days explain a delivery when it is about what they bring: two of them do not explain the tenfold
    _, most = _range(by_day, band.width, band.share, None)
    return least <= value / days <= most


def _range(known: Sequence[Decimal], width: Decimal, share: Decimal, floor: Floor | None) -> tuple[Decimal, Decimal]:
    """The least and the most that is usual."""
    middle = median(known)
    deviation = median([abs(v - middle) for v in known])
    reach = max(width * _NORMAL * deviation, share * abs(middle))
    least, most = middle - reach, middle + reach
    if floor is not None:
        second_quietest = sorted(known)[min(1, len(known) - 1)]
        least = max(least, min(floor.share * middle, floor.of_quiet * second_quietest))
    return least, most


def _sum(files: Sequence[Figures], name: str) -> Decimal | None:
    """The figure over all files of a kind and night; None when no file has it."""
    values = [getattr(file, name) for file in files if getattr(file, name) is not None]
    return sum((Decimal(v) for v in values), Decimal(0)) if values else None
