"""Is a delivery as large as usual? A true manifest does not say so: a join gone wrong states ten times the rows truly.

A delivery without a manifest, whose sender declares nothing to compare with, must lie within a narrow band; a declared
one within a wide one, because it only has to stop what no busy day makes.

Each kind of file is compared with the deliveries accepted in the days before: median ± the larger of `width` robust
standard deviations (1.4826 × median absolute deviation) and `share` of the median. The day of the week is not looked
at: a source that is small on Sundays needs a `share` that allows for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from statistics import median

from pydantic import Field

from fundwatch.declared import Declared

_NORMAL = Decimal("1.4826")  # makes the median absolute deviation a standard deviation of a normal distribution
_UNITS = {"rows": "rows", "byte_count": "bytes", "money": "CNY"}


class Reach(Declared):
    """How far from the median is still usual: `width` robust standard deviations or `share` of it, the larger."""

    width: Decimal = Field(default=Decimal(8), gt=0)
    share: Decimal = Field(default=Decimal(4), ge=0)


class Band(Declared):
    """How far from the median is still usual. Under `minimum_nights` nothing is known to be usual."""

    days: int = Field(default=30, ge=1)
    minimum_nights: int = Field(default=5, ge=2)
    width: Decimal = Field(default=Decimal(4), gt=0)
    share: Decimal = Field(default=Decimal("0.5"), ge=0)
    declared: Reach = Reach()

    def of_declared(self) -> Band:
        """The band of deliveries whose manifest is true."""
        return self.model_copy(update={"width": self.declared.width, "share": self.declared.share})


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


def judge(tonight: Sequence[Figures], accepted: Sequence[Figures], night: date, band: Band) -> Judgement:
    """Compare tonight's files with those accepted in the `band.days` days before the night (others are left out)."""
    since = night - timedelta(days=band.days)
    nights: dict[str, dict[date, list[Figures]]] = defaultdict(lambda: defaultdict(list))
    for file in accepted:
        if since <= file.business_date < night:
            nights[file.kind][file.business_date].append(file)
    kinds: dict[str, list[Figures]] = defaultdict(list)
    for file in tonight:
        kinds[file.kind].append(file)
    outside: list[str] = []
    unjudged = []
    for kind in sorted({*nights, *kinds}):
        usual = nights.get(kind, {})
        if len(usual) < band.minimum_nights:
            unjudged += [f"{kind}: {len(usual)} nights known, {band.minimum_nights} make a band"] * (kind in kinds)
        elif kind in kinds:
            outside += _outside(kind, kinds[kind], usual, band)
        elif len(usual) == len({n for by_night in nights.values() for n in by_night}):
            outside.append(f"{kind}: not delivered, and it came on each of the last {len(usual)} nights")
    return Judgement(tuple(outside), tuple(unjudged))


def _outside(kind: str, tonight: Sequence[Figures], usual: Mapping[date, Sequence[Figures]], band: Band) -> list[str]:
    found = []
    for name, unit in _UNITS.items():
        value = _sum(tonight, name)
        known = [total for files in usual.values() if (total := _sum(files, name)) is not None]
        if value is None or len(known) < band.minimum_nights:
            continue
        middle = median(known)
        deviation = median([abs(v - middle) for v in known])
        reach = max(band.width * _NORMAL * deviation, band.share * abs(middle))
        if abs(value - middle) > reach:
            # money may be negative on a night of many reversals, counts may not
            least = middle - reach if unit == "CNY" else max(Decimal(0), middle - reach)
            found.append(
                f"{kind}: {value:,} {unit}, usual {least:,.0f}–{middle + reach:,.0f} "
                f"(median {middle:,.0f} of {len(known)} nights)"
            )
    return found


def _sum(files: Sequence[Figures], name: str) -> Decimal | None:
    """The figure over all files of a kind and night; None when no file has it."""
    values = [getattr(file, name) for file in files if getattr(file, name) is not None]
    return sum((Decimal(v) for v in values), Decimal(0)) if values else None
