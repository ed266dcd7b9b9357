"""The knowledge that a night rests on: what ships, the region's files, and the editions that are live."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from fundwatch.errors import ExitCode, FundwatchError
from fundwatch.fingerprint import fingerprint
from fundwatch.lake.journal import Journal
from fundwatch.lake.store import Lake
from fundwatch.places import LakeAddress
from fundwatch.regions import Region, region_of
from fundwatch.settings import Settings
from jobs.review.read_leads import quoted
from rules.knowledge.classes import CLASSES
from rules.knowledge.editions import COLUMNS, TABLE, EditionEntry, LiveEdition, live_editions
from rules.knowledge.points import (
    Knowledge,
    KnowledgePoint,
    PointLayer,
    knowledge_fingerprint,
    laid_over,
    load_knowledge,
)

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


def knowledge_version(
    settings: Settings, night: date, region: Region | None = None, classes: Collection[str] = tuple(CLASSES)
) -> str:
    """The version of the knowledge that holds on the night, of all of it unless classes are named: that of the files
    alone where no edition is live."""
    region = region or region_of(settings)
    of_files = load_knowledge(region=region)
    version = knowledge_fingerprint({name: points for name, points in of_files.items() if name in classes})
    live = live_editions(entries_of(settings), night, region.chain)
    return fingerprint(version, [edition.fingerprint for edition in live]) if live else version


def knowledge_for(night: Night, region: Region | None = None) -> PointsByClass:
    """What holds on the night (in the region of its settings, unless another is given), as a scan takes it: points of
    files listed; with live editions all of them as one frame of spans, computed here. Raises CatalogueError,
    LostPointsError."""
    region = region or region_of(night.settings)
    of_files, live = load_knowledge(region=region), live_editions(entries_of(night.settings), night.date, region.chain)
    if not live:
        return of_files
    from rules.knowledge.framed import framed, layer_of_files, points_of  # nights without editions need none of it

    counts = counted_in(night.place.lake, live)
    layers = [layer_of_files(night.spark, one.region, one.points) for one in _layers(of_files, region)]
    layers += [_layer(night, edition, region, counts[edition.version]) for edition in live]
    spans, by_length = framed(layers)
    many = sum(edition.points for edition in live)
    name = "_".join(("knowledge", *region.names))
    return points_of(night.materialize(spans, name, row_count=max(many, 1)), by_length)


def points_in_force(settings: Settings, night: date, region: Region, codes: Collection[str] | None = None) -> Knowledge:
    """The points of files and of the editions that hold on the night, one by one, without Spark: of those that speak
    of the codes alone, where some are given. Raises CatalogueError, LostPointsError."""
    of_files, live = load_knowledge(region=region), live_editions(entries_of(settings), night, region.chain)
    if codes is not None:
        of_files = {name: [p for p in own if any(map(p.speaks_of, codes))] for name, own in of_files.items()}
    if not live:
        return of_files
    lake = Lake(settings.lake_address)
    counted_in(lake, live)
    layers = [(layer.region, 0, layer) for layer in _layers(of_files, region)]
    for edition in live:
        place = region.chain.index(edition.region)
        layers.append((place, edition.place, PointLayer(place, _points_of(lake, edition, codes))))
    return laid_over([layer for _, _, layer in sorted(layers, key=lambda one: one[:2])])


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


def _layers(of_files: Knowledge, region: Region) -> list[PointLayer]:
    """Points of files by the place of their region in the chain."""
    layers = []
    for place, name in enumerate(region.chain):
        own = {of: [p for p in points if p.region == name] for of, points in of_files.items()}
        if kept := {of: points for of, points in own.items() if points}:
            layers.append(PointLayer(place, kept))
    return layers


def _points_of(lake: Lake, edition: LiveEdition, codes: Collection[str] | None) -> Knowledge:
    """An edition's points, up to the day before another one replaces it."""
    last = edition.ends_before and edition.ends_before - timedelta(days=1)
    found: dict[str, list[KnowledgePoint]] = {}
    for row in rows_of_versions(lake, [edition.version], codes):
        if last is not None and row["valid_from"] > last:
            continue
        ends = [day for day in (row["valid_to"], last) if day is not None]
        found.setdefault(row["knowledge_class"], []).append(
            KnowledgePoint(
                code=f"{row['code']}*" if row["prefix_length"] else row["code"],
                cells=json.loads(row["cells"]),
                name=row["name"] or "",
                region=row["region"],
                valid_from=row["valid_from"],
                valid_to=min(ends, default=None),
                source=f"{row['source']} ({edition.edition})",
            )
        )
    return found


def rows_of_versions(
    lake: Lake, versions: Collection[str], codes: Collection[str] | None = None
) -> list[dict[str, Any]]:
    """The points of versions as the lake has them: of those that speak of the codes alone, where some are given."""
    if not versions or not lake.exists(POINTS):
        return []
    where = f"version IN ({quoted(versions)})"
    if codes is not None:
        speaks = ["false"]
        for code in sorted(codes):
            (text,) = (quoted([code]),)
            speaks.append(f"(prefix_length = 0 AND code = {text})")
            speaks.append(f"(prefix_length > 0 AND left({text}, prefix_length) = code)")
        where += f" AND ({' OR '.join(speaks)})"
    return lake.rows(POINTS, f"SELECT * FROM {POINTS} WHERE {where}")


def _layer(night: Night, edition: LiveEdition, region: Region, counts: Counts) -> Layer:
    from pyspark.sql import functions as F  # nights without editions need none of it

    from rules.knowledge.framed import Layer

    points = night.of_version(POINTS, edition.version)
    if edition.ends_before is not None:
        last = F.date_sub(F.lit(edition.ends_before), 1)
        points = points.filter(F.col("valid_from") <= last)
        points = points.withColumn("valid_to", F.least(F.coalesce("valid_to", last), last))
    return Layer(region.chain.index(edition.region), edition.place, points, counts)
