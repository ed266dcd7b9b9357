"""The knowledge that a night rests on: what ships, the region's files, and the editions that are live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from fundwatch.errors import ExitCode, FundwatchError
from fundwatch.fingerprint import fingerprint
from fundwatch.lake.journal import Journal
from fundwatch.lake.store import Lake
from fundwatch.logs import log
from fundwatch.places import LakeAddress
from fundwatch.regions import Region, region_of
from fundwatch.settings import Settings
from rules.knowledge.editions import COLUMNS, TABLE, EditionEntry, LiveEdition, live_editions
from rules.knowledge.points import Knowledge, knowledge_fingerprint, load_knowledge

if TYPE_CHECKING:
    from jobs.job import Night
    from rules.knowledge.framed import Layer, PointsByClass

POINTS = "knowledge_point"
Counts = Mapping[str, Mapping[int, int]]  # points by class, and by length of prefix


class LostPointsError(FundwatchError):
    """An edition that is live has other points in the lake than were imported."""

    exit_code = ExitCode.FAULT


def editions_in(lake: LakeAddress) -> Journal:
    """The journal of what people said of editions."""
    return Journal(lake, TABLE, COLUMNS)


def entries_of(settings: Settings) -> list[EditionEntry]:
    """All that was said of editions, the oldest first; nothing where there is no lake."""
    return [EditionEntry.of_row(row) for row in editions_in(settings.lake_address).rows()]


def editions_live(settings: Settings, night: date) -> tuple[LiveEdition, ...]:
    """The editions of the region's chain that hold on the night."""
    return live_editions(entries_of(settings), night, region_of(settings).chain)


def knowledge_version(settings: Settings, night: date) -> str:
    """The version of all knowledge that holds on the night: that of the files alone where no edition is live."""
    of_files = knowledge_fingerprint(load_knowledge(region=region_of(settings)))
    live = editions_live(settings, night)
    return fingerprint(of_files, [edition.fingerprint for edition in live]) if live else of_files


def knowledge_for(night: Night) -> PointsByClass:
    """What holds on the night, as a scan takes it: points of files listed; with live editions all of them as one frame
    of spans, computed here. Raises CatalogueError, LostPointsError."""
    region = region_of(night.settings)
    of_files, live = load_knowledge(region=region), editions_live(night.settings, night.date)
    if not live:
        return of_files
    from rules.knowledge.framed import framed, layer_of_files, points_of  # nights without editions need none of it

    counts = counted_in(night.place.lake, live)
    layers = [layer_of_files(night.spark, n, points) for n, points in _by_region(of_files, region).items()]
    layers += [_layer(night, edition, region, counts[edition.version]) for edition in live]
    spans, by_length = framed(layers)
    many = sum(edition.points for edition in live)
    return points_of(night.materialize(spans, "knowledge", row_count=max(many, 1)), by_length)


def files_alone(settings: Settings, night: date, region: Region) -> Knowledge:
    """The points of files alone, for what does not look at editions yet; those that hold on the night are named in the
    log, for what rests on them may come out otherwise than on the night."""
    if live := live_editions(entries_of(settings), night, region.chain):
        names = ", ".join(edition.edition for edition in live)
        log.warning(
            "knowledge of the editions %s holds on %s and is not looked at: points of files alone", names, night
        )
    return load_knowledge(region=region)


def counted_in(lake: Lake, live: Sequence[LiveEdition]) -> dict[str, dict[str, dict[int, int]]]:
    """The points of live editions by version, class and length of prefix, without Spark. Raises LostPointsError where
    they are not as many as were imported."""
    found: dict[str, dict[str, dict[int, int]]] = {edition.version: {} for edition in live}
    if lake.exists(POINTS) and live:
        versions = ", ".join(f"'{edition.version}'" for edition in live)
        rows = lake.rows(
            POINTS,
            f"SELECT version, knowledge_class, prefix_length, count(*) AS points FROM {POINTS} "
            f"WHERE version IN ({versions}) GROUP BY version, knowledge_class, prefix_length",
        )
        for row in rows:
            found[row["version"]].setdefault(row["knowledge_class"], {})[row["prefix_length"]] = row["points"]
    for edition in live:
        there = sum(sum(of_class.values()) for of_class in found[edition.version].values())
        if there != edition.points:
            raise LostPointsError(
                f"edition {edition.edition}: {there:,} points lie in the lake, {edition.points:,} were imported",
                where=POINTS,
                do="restore the table from a copy, or import the same files again: their version is the same",
            )
    return found


def _by_region(of_files: Knowledge, region: Region) -> dict[int, Knowledge]:
    """Points by the place of their region in the chain."""
    found: dict[int, Knowledge] = {}
    for place, name in enumerate(region.chain):
        own = {of: [p for p in points if p.region == name] for of, points in of_files.items()}
        if kept := {of: points for of, points in own.items() if points}:
            found[place] = kept
    return found


def _layer(night: Night, edition: LiveEdition, region: Region, counts: Counts) -> Layer:
    from pyspark.sql import functions as F  # nights without editions need none of it

    from rules.knowledge.framed import Layer

    points = night.of_version(POINTS, edition.version)
    if edition.ends_before is not None:
        last = F.date_sub(F.lit(edition.ends_before), 1)
        points = points.filter(F.col("valid_from") <= last)
        points = points.withColumn("valid_to", F.least(F.coalesce("valid_to", last), last))
    return Layer(region.chain.index(edition.region), edition.place, points, counts)
