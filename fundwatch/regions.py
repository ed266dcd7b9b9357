"""Regions: what holds in one place beside the national rules, knowledge, indicators and peer groups.

One chain of overlays. The national catalogues ship with their packages. A region is a folder of the same things,
`conf/regions/<region>/` or `<your conf folder>/regions/<region>/`:

- `region.yaml`: its names, `within`, the wider region whose overlays hold here too (none: the nation alone), and the
  `currency` of its money where that is not the wider one's;
- `rules.yaml`: what differs of national rules, by id, and rules of the region's own;
- `indicators.yaml`: the same for indicators, by entity;
- `peers.yaml`: its own peer groups, in place of the nearest wider ones;
- `consequences.yaml`: what follows from confirmed outcomes (fines, points, grades), in place of the nearest wider one;
- `benefits.yaml`: the benefit policy of a pooling area, which holds for whom that area insures, wherever it is read;
- `inspection.yaml`: what differs of how leads are worked on: deadlines, second reviews, samples, codes;
- `knowledge/<class>.csv`: its own knowledge points;
- `codes/<list>.yaml`: codes of its sources that the national code lists lack.

What the narrowest region says holds; where it says nothing, the next wider one; at last the nation.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from fundwatch.declared import Declared, read_declared
from fundwatch.errors import CatalogueError, FundwatchError, some
from fundwatch.resources import conf_root

if TYPE_CHECKING:
    from fundwatch.settings import Settings

NATIONAL = "CN"
NATION_ALONE = "default"  # the setting `region` of who has no region of their own
CURRENCY = "CNY"  # the nation's
CURRENCY_CODE = r"^[A-Z]{3}$"  # as ISO 4217 has it
_HEAD = "region.yaml"
_FILES = (_HEAD, "rules.yaml", "indicators.yaml", "peers.yaml", "consequences.yaml", "inspection.yaml", "benefits.yaml")
_FOLDERS = ("knowledge", "codes")
_OF_PEOPLE = (".md", ".txt")  # what people leave beside, for people


class RegionHead(Declared):
    """`region.yaml`."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)
    within: str | None = None
    currency: str | None = Field(None, pattern=CURRENCY_CODE)


@dataclass(frozen=True)
class Region:
    """A chain of regions, the widest first and without the nation, and the folders that say what holds in each.

    `currency` is that of all money in the region's rules, indicators and lists.
    """

    names: tuple[str, ...] = ()
    folders: tuple[tuple[Traversable, ...], ...] = ()
    currency: str = CURRENCY

    @property
    def chain(self) -> tuple[str, ...]:
        """The names that knowledge points may bear here, the widest first."""
        return (NATIONAL, *self.names)

    def files(self, name: str) -> list[Traversable]:
        """The overlays of that name, in the order in which they are laid over the national catalogue."""
        places = [folder / name for level in self.folders for folder in level]
        return [place for place in places if place.is_file()]

    def without(self, names: Collection[str]) -> Region:
        """The same chain, in which the named regions say nothing."""
        levels = zip(self.names, self.folders, strict=True)
        return replace(self, folders=tuple(() if name in names else folders for name, folders in levels))

    def files_in(self, folder: str, suffix: str) -> list[Traversable]:
        """The files of a sub-folder that end in `suffix`, in the same order."""
        places = [place / folder for level in self.folders for place in level]
        found = [sorted(place.iterdir(), key=lambda file: file.name) for place in places if place.is_dir()]
        return [file for files in found for file in files if file.name.endswith(suffix) and file.is_file()]


def laid_over(national: Mapping[str, Any], region: Mapping[str, Any]) -> dict[str, Any]:
    """An entry with what a region says otherwise: mappings key by key, everything else in place of what was there."""
    both = {key: (national.get(key), reported) for key, reported in region.items()}
    return dict(national) | {
        key: laid_over(was, reported) if isinstance(was, Mapping) and isinstance(reported, Mapping) else reported
        for key, (was, reported) in both.items()
    }


def region_of(settings: Settings) -> Region:
    """The region in force. Raises FundwatchError for one that nobody has declared."""
    return read_region(settings.region, settings.conf)


def read_region(name: str, overlay: Path | None = None) -> Region:
    """The chain of a region. Raises FundwatchError naming the choices, CatalogueError for a head that does not hold."""
    chain: list[tuple[str, tuple[Traversable, ...]]] = []
    wanted: str | None = None if name == NATION_ALONE else name
    currency: str | None = None
    while wanted is not None:
        if wanted in [earlier for earlier, _ in chain]:
            raise CatalogueError(
                f"the region '{wanted}' lies within itself",
                where=f"regions/{chain[-1][0]}/{_HEAD}",
                do="fix `within`",
            )
        folders = _folders(wanted, overlay)
        chain.append((wanted, folders))
        head = _head(wanted, folders)
        wanted, currency = head.within, currency or head.currency  # the narrowest word holds
    chain.reverse()
    return Region(tuple(name for name, _ in chain), tuple(folders for _, folders in chain), currency or CURRENCY)


def region_names(overlay: Path | None = None) -> list[str]:
    """Every region that is declared, shipped or laid over."""
    places = [place for place in _places(overlay) if place.is_dir()]
    return sorted({f.name for place in places for f in place.iterdir() if (f / _HEAD).is_file()})


def _places(overlay: Path | None) -> list[Traversable]:
    return [conf_root() / "regions", *([overlay / "regions"] if overlay is not None else [])]


def _folders(name: str, overlay: Path | None) -> tuple[Traversable, ...]:
    """The region's folders: the shipped one, then the user's, which is laid over it."""
    is_plain = name not in ("", ".", "..") and not {"/", "\\"} & set(name)
    found = tuple(place / name for place in _places(overlay) if is_plain and (place / name).is_dir())
    if not any((folder / _HEAD).is_file() for folder in found):
        choices = ", ".join([NATION_ALONE, *region_names(overlay)])
        raise FundwatchError(
            f"there is no region named '{name}'",
            where=f"regions/{name}/{_HEAD}",
            do=f"choose one of: {choices}; or declare it in <conf>/regions/{name}/{_HEAD}",
        )
    for folder in found:
        _refuse_strangers(folder)
    return found


def _refuse_strangers(folder: Traversable) -> None:
    """Raise CatalogueError for what lies in a region's folder and nothing would read: a name mistyped says nothing."""
    strange = sorted(
        place.name
        for place in folder.iterdir()
        if place.name not in (_FOLDERS if place.is_dir() else _FILES)
        and not place.name.startswith(".")
        and not place.name.endswith(_OF_PEOPLE)
    )
    if strange:
        raise CatalogueError(
            f"a region's folder holds {', '.join(_FILES)} and the folders {' and '.join(_FOLDERS)}; "
            f"nothing reads {some(strange)}",
            where=str(folder),
            do="give it the name that is meant, or take it away",
        )


def _head(name: str, folders: Sequence[Traversable]) -> RegionHead:
    file = next(folder / _HEAD for folder in reversed(folders) if (folder / _HEAD).is_file())
    return read_declared(RegionHead, file, f"the region {name} does not hold")
