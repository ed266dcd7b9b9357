"""Editions looked at: listed with their state, what speaks of a code, compared, checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from fundwatch.errors import ExitCode, FundwatchError, problems
from fundwatch.lake.store import Lake
from fundwatch.regions import region_of
from fundwatch.settings import Settings
from jobs.curate.edition_rows import EditionDiff, compared, points_of_code, said_in_lake
from jobs.curate.in_force import LostPointsError, counted_in, entries_of
from jobs.review.show_catalogues import KnowledgeRow, known_name, listed_knowledge
from rules.knowledge.classes import CLASSES
from rules.knowledge.editions import EditionAction, EditionEntry, LiveEdition, live_editions
from rules.knowledge.points import KnowledgePoint, load_knowledge

_FILES = "files"


class KnowledgeCheckError(FundwatchError):
    """Knowledge in the lake is not what was imported."""

    exit_code = ExitCode.FAULT


@dataclass(frozen=True)
class EditionRow:
    """A version of an edition: where it holds, how many points it has and rows it left to people, how far it is."""

    edition: str
    version: str
    region: str
    points: int
    curated: int
    state: str
    from_date: date | None
    replaces: str
    begins: date | None
    imported_by: str
    approved_by: str
    files: str


@dataclass(frozen=True)
class KnowledgeListed:
    """The classes of knowledge with the points of files and of live editions, and every version of an edition."""

    classes: tuple[KnowledgeRow, ...]
    editions: tuple[EditionRow, ...]

    def as_json(self) -> dict[str, Any]:
        return {"classes": [asdict(row) for row in self.classes], "editions": [asdict(row) for row in self.editions]}


@dataclass(frozen=True)
class SpeakingPoint:
    """A point that speaks of a code, from a file or an edition, and whether that is live."""

    knowledge_class: str
    code: str
    cells: str
    name: str
    region: str
    valid_from: date
    valid_to: date | None
    source: str
    edition: str
    state: str


@dataclass(frozen=True)
class CodeShown:
    """All that speaks of a code."""

    code: str
    points: tuple[SpeakingPoint, ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class KnowledgeChecked:
    """What was looked at, and what is wrong."""

    classes: int
    points_of_files: int
    versions: int
    points_of_editions: int
    wrong: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def problem(self) -> KnowledgeCheckError | None:
        """What to end with where something is wrong."""
        if not self.wrong:
            return None
        return KnowledgeCheckError(
            problems("the knowledge does not hold", list(self.wrong)), do="see each", result=self.as_json()
        )


def listed(settings: Settings, night: date | None = None) -> KnowledgeListed:
    """Every class and every edition; the points of editions are those that are live on the night, or that anybody
    approved. Raises CatalogueError."""
    entries = entries_of(settings)
    live = live_editions(entries, night or date.max, region_of(settings).chain)
    own: dict[str, int] = {}
    for of_version in counted_in(Lake(settings.lake_address), live).values():
        for name, lengths in of_version.items():
            own[name] = own.get(name, 0) + sum(lengths.values())
    classes = [
        KnowledgeRow(row.name, row.name_zh, row.name_en, row.matched_by, row.points + own.get(row.name, 0))
        for row in listed_knowledge(settings)
    ]
    return KnowledgeListed(tuple(classes), tuple(_rows(entries, live)))


def _rows(entries: Sequence[EditionEntry], live: Sequence[LiveEdition]) -> list[EditionRow]:
    """The versions as they were imported, the oldest first, each with the last that was said of it."""
    versions: dict[str, EditionEntry] = {}
    for entry in entries:
        versions[entry.version] = entry
    holding = {edition.version for edition in live}
    return [
        EditionRow(
            e.edition, e.version, e.region, e.points, e.curated, _state(e, holding), e.from_date, e.replaces, e.begins,
            e.proposed_by, e.approved_by, e.files,
        )
        for e in versions.values()
    ]  # fmt: skip


def _state(entry: EditionEntry, live: set[str]) -> str:
    if entry.version in live:
        return "live"
    return "waiting" if entry.action == EditionAction.IMPORTED else "not live"


def shown_code(settings: Settings, code: str, night: date | None = None) -> CodeShown:
    """All points that speak of a code or a name: of files, and of every version of an edition. Raises FundwatchError
    where none does."""
    found = [
        _of_file(name, point)
        for name, points in load_knowledge(region=region_of(settings)).items()
        for point in points
        if point.speaks_of(code)
    ]
    states = {row.version: row.state for row in listed(settings, night).editions}
    found += [
        SpeakingPoint(
            row["knowledge_class"], f"{row['code']}*" if row["prefix_length"] else row["code"], row["cells"],
            row["name"], row["region"], row["valid_from"], row["valid_to"], row["source"], row["edition"], row["state"],
        )
        for row in points_of_code(Lake(settings.lake_address), code, states)
    ]  # fmt: skip
    if not found:
        known_name("class of knowledge, and no point of a code,", code, CLASSES)
    return CodeShown(code, tuple(found))


def _of_file(name: str, point: KnowledgePoint) -> SpeakingPoint:
    cells = ", ".join(f"{cell} {text}" for cell, text in point.cells.items())
    return SpeakingPoint(
        name,
        point.code,
        cells,
        point.name,
        point.region,
        point.valid_from,
        point.valid_to,
        point.source,
        _FILES,
        "live",
    )


def diff(settings: Settings, before: str, after: str) -> EditionDiff:
    """What the second edition, or version of one, says that the first does not. Raises FundwatchError for one that
    there is not."""
    entries, lake = entries_of(settings), Lake(settings.lake_address)
    first, second = (_version(entries, name) for name in (before, after))
    named = (f"{before.partition('@')[0]}@{first}", f"{after.partition('@')[0]}@{second}")
    return compared(said_in_lake(lake, first), said_in_lake(lake, second), named)


def _version(entries: Sequence[EditionEntry], name: str) -> str:
    """The newest version of an edition, or the one that is named behind an @."""
    edition, _, version = name.partition("@")
    found = [e.version for e in entries if e.edition == edition and (not version or e.version == version)]
    if not found:
        known = sorted({entry.edition for entry in entries})
        raise FundwatchError(
            f"there is no edition '{name}'", do=f"name one of: {', '.join(known) or 'none was imported'}"
        )
    return found[-1]


def checked(settings: Settings) -> KnowledgeChecked:
    """Whether files hold and all versions of editions lie in the lake as they were imported. Raises CatalogueError for
    files that do not hold."""
    of_files = load_knowledge(region=region_of(settings))
    versions: dict[str, EditionEntry] = {e.version: e for e in entries_of(settings)}
    wrong, lake = [], Lake(settings.lake_address)
    for entry in versions.values():
        edition = LiveEdition(entry.edition, entry.version, entry.region, entry.points, 1)
        try:
            counts = counted_in(lake, [edition])[entry.version]
        except LostPointsError as error:
            wrong.append(error.what)
            continue
        wrong += [
            f"{entry.edition}: no class of knowledge is named '{name}' any more"
            for name in counts
            if name not in CLASSES
        ]
    points = sum(entry.points for entry in versions.values())
    return KnowledgeChecked(len(CLASSES), sum(map(len, of_files.values())), len(versions), points, tuple(wrong))
