"""Export a night's data as declared: generalised, measured, and refused when it is not anonymous enough."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from fundwatch import __version__
from fundwatch.contracts import TABLES
from fundwatch.contracts.versions import known_on
from fundwatch.engine.lineage import made_of
from fundwatch.errors import CatalogueError, problems
from fundwatch.expressions.declared import (
    EXPORT_COLUMN,
    distinct_columns,
    functions_in,
    is_call,
    names_in,
    problems_in,
    written,
)
from fundwatch.expressions.queries import query_written
from fundwatch.lake.store import Lake
from fundwatch.pages import as_json, publish
from fundwatch.settings import Settings
from jobs.committed_stages import refuse_no_stage
from jobs.protect.export_linkage import Attack, attacked
from jobs.protect.export_pages import BuiltExport, data_files, page_of, report_of
from jobs.workplace import Workplace, reading
from privacy.release.anonymity import Anonymity, anonymity_of, measured, suppressed, with_small_cells_hidden
from privacy.release.declared import read_privacy
from privacy.release.exports import (
    OWN,
    PERSON,
    PROVIDER,
    Export,
    ExportColumn,
    ExportRefusedError,
    counts_persons,
    leaks,
    read_export,
)
from privacy.release.generalising import TREATMENTS

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame


@dataclass(frozen=True)
class Exported:
    """What an export's report says, with the versions of the tables it read and the folder it lies in."""

    report: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """The report."""
        return self.report


def export_night(settings: Settings, name: str, night: date, out: Path) -> Exported:
    """Export the night as conf/exports declares under the name. Raises ExportRefusedError before anything is written.

    A night may run meanwhile.
    """
    export = read_export(name, settings.conf)
    refuse_no_stage(Lake(settings.lake_address), night, *_stages_of(export.known, export.of_night))
    with reading(settings) as place:
        return Exported(write_export(export, place, night, out))


def write_export(export: Export, place: Workplace, night: date, out: Path) -> dict[str, Any]:
    """The export's folder `<out>/<name>-<date>`: data as CSV and Parquet, report, page, manifest."""
    rows, versions = exported_rows(export, place, night)
    made = _cells(export, rows) if export.measures else _records(export, rows, place.settings)
    files = data_files(made.rows)
    report = report_of(export, night, made)
    files["report.json"] = as_json(report).encode()
    files["report.html"] = page_of(export, night, made).encode()
    manifest = {
        "export": export.name,
        "export_fingerprint": export.fingerprint,
        "tier": export.tier,
        "audience": export.audience,
        "business_date": night,
        "software": f"fundwatch {__version__}",
        "rows": made.rows.num_rows,
        "versions": versions,
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }
    files["manifest.json"] = as_json(manifest).encode()
    folder = publish(out / f"{export.name}-{night}", files)
    return {**report, "versions": versions, "folder": str(folder)}


def own_rows(export: Export, place: Workplace, night: date, institution: str) -> tuple[pa.Table, dict[str, int]]:
    """A provider's own rows, after the same checks as any export's, and the table versions read.

    Raises CatalogueError where a column is made of what must not leave, ExportRefusedError where a row is another's.
    """
    rows, versions = exported_rows(export, place, night, institution)
    _refuse_leaks(export, rows)
    found = _in_memory(export, rows)
    if others := {*found.column(OWN).to_pylist()} - {institution}:
        raise ExportRefusedError(
            f"the export {export.name} for {institution} would hold rows of {len(others)} others", where=export.name
        )
    return found, versions


def exported_rows(
    export: Export, place: Workplace, night: date, institution: str | None = None
) -> tuple[DataFrame, dict[str, int]]:
    """The query's rows with the export's columns (and what its measures read), and the table versions read; a
    provider's are those of the institution alone."""
    if (export.audience == PROVIDER) != (institution is not None):
        raise ExportRefusedError(
            f"the export {export.name} is for one institution at a time",
            where=export.name,
            do="`fundwatch leads self-check INSTITUTION` makes it",
        )
    unknown = sorted({c.treatment for c in export.columns.values()} - set(TREATMENTS))
    if unknown:
        known = ", ".join(TREATMENTS)
        raise CatalogueError(
            f"no treatment is named {', '.join(unknown)}", where=export.name, do=f"choose from {known}"
        )
    versions = views_of_night(place, night, export.known, export.of_night, institution)
    rows = place.spark.sql(query_written(export.query, export.tables))
    is_counted = PERSON in rows.columns and counts_persons(made_of(rows.select(PERSON))[PERSON])
    if export.limits is not None and _knows_persons(export) and not is_counted:
        raise CatalogueError(
            f"the query of {export.name} does not yield {PERSON}, so k would count rows and not persons",
            where=export.name,
            do=f"select {PERSON} beside the rest: it is counted, and does not leave",
        )
    return treated(rows, export.columns, keep_all=bool(export.measures)), versions


def _knows_persons(export: Export) -> bool:
    return any(PERSON in TABLES[table].column_names for table in export.tables)


def _refuse_counted_rows(export: Export, rows: DataFrame, counts: str) -> None:
    """Raises CatalogueError where the measure by which cells are hidden counts more than persons: a join multiplies
    rows, and never persons."""
    measure = export.measures[counts]
    columns = [name for name in rows.columns if name in names_in(measure, rows.columns)]
    is_of_persons = len(columns) == 1 and counts_persons(made_of(rows.select(*columns))[columns[0]])
    is_distinct = is_call(measure) and functions_in(measure) == {"count"} and bool(distinct_columns(measure))
    if _knows_persons(export) and not (is_of_persons and is_distinct):
        raise CatalogueError(
            f"cells.counts of {export.name}: {counts} would count rows and not persons",
            where=export.name,
            do=f"let it be count(DISTINCT {PERSON}), and let the query select {PERSON}, whole",
        )


def views_of_night(
    place: Workplace, night: date, known: tuple[str, ...], of_night: tuple[str, ...], institution: str | None = None
) -> dict[str, int]:
    """Make each table, as of the night and at its newest version, a view of its own name; the versions. Of an
    institution alone, tables that say whose a row is hold no other's.

    Raises NotReadyError when the stage that makes them does not stand for the night.
    """
    refuse_no_stage(place.lake, night, *_stages_of(known, of_night))
    versions = {name: place.lake.version(name) for name in (*known, *of_night) if place.lake.exists(name)}
    for name in known:
        rows = place.lake.read(place.spark, name, versions.get(name))
        _own(rows.filter(known_on(night)), institution).createOrReplaceTempView(name)
    for name in of_night:
        rows = place.lake.read(place.spark, name, versions.get(name))
        _own(rows.filter(F.col("business_date") == F.lit(night)), institution).createOrReplaceTempView(name)
    return versions


def _own(rows: DataFrame, institution: str | None) -> DataFrame:
    """The institution's rows, where one is meant and the rows say whose they are."""
    return rows if institution is None or OWN not in rows.columns else rows.filter(F.col(OWN) == F.lit(institution))


def _stages_of(known: tuple[str, ...], of_night: tuple[str, ...]) -> list[str]:
    """The stages that make what is read."""
    return [stage for stage, tables in (("intake", known), ("leads", of_night)) if tables]


def treated(rows: DataFrame, columns: Mapping[str, ExportColumn], *, keep_all: bool = False) -> DataFrame:
    """The declared columns, generalised, and the person of each row, to be counted and left behind.

    With `keep_all` all of the query's own columns too, which measures are made from.
    """
    texts = [f"{n}: {t}" for n, column in columns.items() for t in problems_in(column.of, EXPORT_COLUMN, rows.columns)]
    if texts:
        raise CatalogueError(problems("the columns do not fit their query", texts), do="fix what is named")
    made = [F.expr(TREATMENTS[column.treatment](written(column.of))).alias(name) for name, column in columns.items()]
    others = [F.col(name) for name in rows.columns if name not in columns and (keep_all or name == PERSON)]
    return rows.select(*made, *others)


def _refuse_leaks(export: Export, reported: DataFrame) -> None:
    """Raises CatalogueError where a column or measure is made of what must not leave; before any job runs."""
    found = leaks(export, made_of(reported))
    if found:
        raise CatalogueError(
            problems(f"the export {export.name} would let too much out", found),
            where=export.name,
            do="leave the column out, or count what it is made of",
        )


def _records(export: Export, rows: DataFrame, settings: Settings) -> BuiltExport:
    _refuse_leaks(export, rows)
    limits = export.bounds()
    if limits is None:
        return BuiltExport(_in_memory(export, rows), None, None, 0, 0)
    lake = rows = rows.localCheckpoint()
    before = after = measure(rows, export)
    if before.problems(limits) and export.on_violation == "suppress":
        rows = suppressed(rows, export.quasi, export.sensitive, limits, person_of(rows)).localCheckpoint()
        after = measure(rows, export)
    found = after.problems(limits) or ([] if after.rows else ["no row is left"])
    attacks: dict[str, Attack] = {}
    if not found and person_of(rows) is not None:
        attacks = attacked(export, rows, lake, read_privacy(settings).linkage, PERSON, settings.seed)
        found = [problem for attack in attacks.values() for problem in attack.problems()]
    if found:
        raise ExportRefusedError(
            problems(f"the export {export.name} is refused", found),
            where=f"{before.rows} rows, {before.uniqueness:.2%} of them alone over {', '.join(export.quasi)}",
            do="generalise a quasi-identifier further, leave one out, or say on_violation: suppress",
        )
    return BuiltExport(_in_memory(export, rows), before, after, before.rows - after.rows, 0, attacks)


def measure(rows: DataFrame, export: Export) -> Anonymity:
    """The measures of an export's rows: one Spark job."""
    limits = export.bounds()
    row = measured(rows, export.quasi, export.sensitive, limits.k if limits else 1, person_of(rows)).first()
    return anonymity_of(row or ())


def person_of(rows: DataFrame) -> str | None:
    """The column that classes are counted by, where the rows have it."""
    return PERSON if PERSON in rows.columns else None


def _cells(export: Export, rows: DataFrame) -> BuiltExport:
    if export.cells is None:
        raise CatalogueError("a table of cells needs `cells`", where=export.name)
    measures = [F.expr(written(sql)).alias(name) for name, sql in export.measures.items()]
    cells = rows.groupBy(*export.columns).agg(*measures)
    _refuse_leaks(export, cells)
    margins, counts = export.cells.margins, export.cells.counts
    _refuse_counted_rows(export, rows, counts)
    shown = with_small_cells_hidden(cells, counts, list(export.measures), margins, export.cells.least)
    reported = _in_memory(export, shown)
    hidden = sum(reported.column("is_suppressed").to_pylist())
    if reported.num_rows == hidden:
        raise ExportRefusedError(
            f"the export {export.name} is refused: every one of its {hidden} cells would be hidden",
            do="make the columns coarser, so that a cell holds more people",
        )
    return BuiltExport(reported, None, None, 0, hidden)


def _in_memory(export: Export, rows: DataFrame) -> pa.Table:
    """The rows, bounded by the declaration and in a fixed order. Raises ExportRefusedError for more."""
    left_behind = () if PERSON in export.columns else (PERSON,)
    reported = rows.drop(*left_behind).limit(export.most_rows + 1).toArrow()
    if reported.num_rows > export.most_rows:
        raise ExportRefusedError(
            f"the export {export.name} has more than {export.most_rows} rows", do="narrow the query, or raise most_rows"
        )
    return reported.sort_by([(name, "ascending") for name in reported.column_names])


if __name__ == "__main__":
    from jobs.command_line import main_of_script

    main_of_script(__file__)
