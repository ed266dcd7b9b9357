"""The frame of a job: what it reads and writes is declared; locking, skipping, the ledger and as-of reads are here.

A job module declares itself: `JOB = Job(name, reads, writes, needs, own_fingerprint, run)` and `run(night)`, which
takes
`night.known("claim_line")` (as known after the night), transforms with a domain package, and `night.write(...)`s.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar

from fundwatch import __version__
from fundwatch.contracts import TABLES
from fundwatch.contracts.successors import SUCCESSOR_TABLES
from fundwatch.engine.successors import Successors, successors_known
from fundwatch.errors import ContractError, NotReadyError
from fundwatch.fingerprint import fingerprint
from fundwatch.lake.lost_tables import refuse_lost
from fundwatch.lake.store import Lake, Written
from fundwatch.logs import log, step
from fundwatch.nights import nights_said
from fundwatch.settings import Settings, values_that_change
from jobs.declared_stages import verb_of
from jobs.workplace import Workplace

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Report = Mapping[str, Any]
RunKey = tuple[str, date]  # a job and a night
Result = TypeVar("Result")
FOLLOWED = "followed"  # of a committed run: the jobs that it followed of those that it may
_WORTH_A_JOB = 20_000
_IN_PARALLEL = 3  # commits mostly wait on the driver's planning and the disk: two cores serve three


@dataclass(frozen=True)
class Job:
    """One stage of a night.

    `reads` and `writes` name tables; `optional` ones may not exist, and read as tables without rows then. `needs` are
    jobs that must be committed for the same night, `history` jobs whose runs of every night up to this one are input,
    `follows` jobs whose newest earlier night is: their fingerprints enter this job's, and so do the settings that name
    it (`Changes` in fundwatch/settings.py). `may_follow` are jobs that it follows on some nights alone: its own
    fingerprint then has theirs, and its run in the ledger names them.
    `own_fingerprint` gives whatever else determines the result (catalogues, files), without Spark; it may refuse bad
    input.
    `outputs_exist` says whether files a job publishes outside the lake are still there. A session runs before `run` is
    called, for columns can be named only then, unless the job `starts_spark` itself when it has seen that it must.
    """

    name: str
    title: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    run: Callable[[Night], Report]
    own_fingerprint: Callable[[Workplace, date], object]
    needs: tuple[str, ...] = ()
    history: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()
    may_follow: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    outputs_exist: Callable[[Workplace, date], bool] = field(default=lambda _place, _night: True)
    starts_spark: bool = False


class Night:
    """One job at one business date: reads only what the job declared, writes only what it declared."""

    def __init__(self, job: Job, place: Workplace, date_: date, run_id: str, own_fingerprint: object = None) -> None:
        self.job, self.place, self.date, self.run_id = job, place, date_, run_id
        self.own_fingerprint = job.own_fingerprint(place, date_) if own_fingerprint is None else own_fingerprint
        self.versions_read: dict[str, int] = {}
        self.tables_written: dict[str, Written] = {}
        self.followed: set[str] = set()  # of the jobs that it may follow, those that it does
        self._unnamed = count()
        self._row_counts: dict[str, int] = {}

    @property
    def settings(self) -> Settings:
        return self.place.settings

    @property
    def spark(self) -> SparkSession:
        return self.place.spark

    def exists(self, table: str) -> bool:
        """Whether the table has been made."""
        self._declared(table, (*self.job.reads, *self.job.optional, *self.job.writes), "reads")
        return self.place.lake.exists(table)

    def known(self, table: str) -> DataFrame:
        """A clean table as known after the night, one row per key, under the ids that hold (see `successors`); no rows
        of an optional one that is not made.
        """
        self._note_read(table)
        if self._is_missing(table):
            return self._no_rows(table)
        rows = self.place.lake.known(self.spark, table, self.date)
        return self.successors.under_current_ids(rows, TABLES[table])

    @cached_property
    def successors(self) -> Successors:
        """Which ids go on under others after the night, by the tables of successors that the job declares."""
        declared = [table for table in SUCCESSOR_TABLES if table in self.job.optional]
        for table in declared:
            self._note_read(table)
        return successors_known(self.place.lake, self.date, declared)

    def of_night(self, table: str) -> DataFrame:
        """The rows of a derived table that this night made."""
        self._note_read(table)
        return self.place.lake.of_night(self.spark, table, self.date)

    def earlier(self, job: str) -> date | None:
        """The newest earlier night for which a job stands that this one `follows`: its fingerprint is part of this
        one's.
        """
        if job not in (*self.job.follows, *self.job.may_follow):
            raise ContractError(
                f"the job {self.job.name} follows {job} and does not declare it", where=f"jobs: {self.job.name}"
            )
        if job in self.job.may_follow:
            self.followed.add(job)
        return self.place.ledger.night_before(job, self.date)

    def of_earlier_night(self, table: str, job: str) -> DataFrame | None:
        """The rows that the earlier night of a followed job made, at the table's version now; None where there is
        none."""
        night = self.earlier(job)
        if night is None or not self.exists(table):
            return None
        self._note_read(table)
        return self.place.lake.of_night(self.spark, table, night, self.versions_read[table])

    def all_rows(self, table: str) -> DataFrame:
        """Every row of the table with its version columns, for histories and rollups; none of an optional one that is
        not made.
        """
        self._note_read(table)
        if self._is_missing(table):
            return self._no_rows(table)
        return self.place.lake.read(self.spark, table)

    def of_version(self, table: str, version: str) -> DataFrame:
        """Rows of one version of what people imported."""
        self._note_read(table)
        return self.place.lake.of_version(self.spark, table, version)

    def rows(self, table: str, query: str) -> list[dict[str, Any]]:
        """Few rows by SQL over the table's own name, without Spark."""
        self._note_read(table)
        return self.place.lake.rows(table, query)

    def write(self, table: str, rows: DataFrame) -> Written:
        """Replace what the night owns in the table, with intent and commit in the ledger."""
        return self._written(table, lambda: self.place.lake.write(rows, table, self.date))

    def add(self, table: str, rows: DataFrame) -> Written:
        """Append rows whose keys the table does not hold, with intent and commit in the ledger."""
        return self._written(table, lambda: self.place.lake.add(rows, table, self.date))

    def write_rows(self, table: str, rows: Sequence[tuple[Any, ...]]) -> Written:
        """The same for a few rows from memory, in the contract's order of columns."""
        return self._written(table, lambda: self.place.lake.write_rows(rows, table, self.date))

    def _written(self, table: str, write: Callable[[], Written]) -> Written:
        self._declared(table, self.job.writes, "writes")
        self.place.ledger.intend(self.run_id, self.job.name, self.date, table)
        done = write()
        self.place.ledger.written(self.run_id, self.job.name, self.date, done)
        self.tables_written[table] = done
        return done

    def materialize(self, rows: DataFrame, name: str = "", row_count: int = 0, of: Iterable[str] = ()) -> DataFrame:
        """Rows that are read more than once, computed when first read.

        A checkpoint and not a cache: it cuts the plan too, and most of a small night's time is planning. Many rows
        (`row_count` as far as it is known, or those of the tables that they are made `of`) are put down as Parquet
        under `name`: later passes read only the columns they need, and memory holds none of them. On a cluster all
        rows are: what an executor keeps is gone with it, and a checkpoint has no plan left to compute it again.
        """
        large = self.settings.stage_rows
        if self.settings.is_one_machine and max([row_count, *map(self._row_count, of)]) < large:
            # rows that take a core some seconds take them while other tables are made
            return rows.localCheckpoint(eager=row_count >= _WORTH_A_JOB)
        return self.place.lake.staged(rows, f"{self.job.name}/{name or next(self._unnamed)}")

    def _row_count(self, table: str) -> int:
        """How many rows the table held when it was first asked."""
        if table not in self._row_counts:
            lake = self.place.lake
            self._row_counts[table] = lake.row_count(table) if lake.exists(table) else 0
        return self._row_counts[table]

    def compute(self, frames: Sequence[DataFrame]) -> list[DataFrame]:
        """The rows of frames that are read more than once, each computed at once and by itself, a few at a time."""
        names = {str(number): rows for number, rows in enumerate(frames)}
        made = self.in_parallel(names, lambda name: self.materialize(names[name], row_count=_WORTH_A_JOB))
        return [made[name] for name in names]

    def write_all(self, tables: Mapping[str, DataFrame], added: Collection[str] = ()) -> None:
        """Write tables that do not depend on each other, a few at a time; `added` are appended to (see `add`)."""

        def put(table: str) -> Written:
            return (self.add if table in added else self.write)(table, tables[table])

        self.in_parallel(tables, put)

    def in_parallel(self, names: Iterable[str], make: Callable[[str], Result]) -> dict[str, Result]:
        """The result of `make` for each name, a few at a time. Raises the first error.

        Plans are made in parallel too: that is most of what a small night does.
        """
        with ThreadPoolExecutor(_IN_PARALLEL) as pool:
            pending = {name: pool.submit(make, name) for name in names}
            return {name: made.result() for name, made in pending.items()}

    def supplied(self) -> dict[str, frozenset[str]]:
        """The canonical columns that the night's source fills, by table; what is not there is unknown, not empty."""
        columns: dict[str, set[str]] = defaultdict(set)
        for row in self._supplied_columns():
            columns[row["table_name"]].add(row["column_name"])
        return {table: frozenset(names) for table, names in columns.items()}

    def dates_only(self) -> frozenset[str]:
        """The times, as `table.column`, of which the night's source knows the day alone: midnight is nobody's hour."""
        untimed = (row for row in self._supplied_columns() if row.get("has_time") is False)
        return frozenset(f"{row['table_name']}.{row['column_name']}" for row in untimed)

    def _supplied_columns(self) -> list[dict[str, Any]]:
        """The night's rows; a lake of an earlier version does not say of a time whether it is one."""
        return self.rows("supplied_column", f"SELECT * FROM supplied_column WHERE business_date = DATE '{self.date}'")

    def _is_missing(self, table: str) -> bool:
        """Whether the job can do without the table, and it has not been made."""
        return table in self.job.optional and not self.place.lake.exists(table)

    def _no_rows(self, table: str) -> DataFrame:
        from fundwatch.engine.frames import no_rows  # imports Spark

        return no_rows(self.spark, TABLES[table].schema())

    def _note_read(self, table: str) -> None:
        self._declared(table, (*self.job.reads, *self.job.optional, *self.job.writes), "reads")
        if self.place.lake.exists(table):
            self.versions_read.setdefault(table, self.place.lake.version(table))

    def _declared(self, table: str, names: tuple[str, ...], verb: str) -> None:
        if table not in names:
            raise ContractError(
                f"the job {self.job.name} {verb} {table} and does not declare it",
                where=f"jobs: {self.job.name}",
            )


def fingerprint_of(job: Job, place: Workplace, night: date) -> str:
    """The fingerprint of all that determines the job's result for the night. Raises NotReadyError if a need is
    unmet.
    """
    return _fingerprint_over(job, place, _upstream(job, place, night), job.own_fingerprint(place, night))


def _upstream(job: Job, place: Workplace, night: date) -> list[tuple[str, date, str]]:
    committed = place.ledger.committed_fingerprints()
    for need in job.needs:
        if (need, night) not in committed:
            raise NotReadyError(
                f"{verb_of(job.name)} needs {verb_of(need)} for {night}, which has not run",
                where=str(place.lake.address),
                do=f"run `fundwatch {verb_of(need)} --date {night}`, or `fundwatch nightly --date {night}`; "
                f"{nights_said(place.ledger.nights(need))}",
            )
    return [(name, when, made) for (name, when), made in sorted(upstream_of(job, night, committed).items())]


def _fingerprint_over(job: Job, place: Workplace, upstream: Sequence[object], own: object) -> str:
    return fingerprint(job.name, __version__, list(upstream), own, values_that_change(place.settings, job.name))


def refuse_too_early(job: Job, settings: Settings, night: date) -> None:
    """Raise what the job would refuse, before a lake is made for it: a mistyped folder leaves nothing behind."""
    if not Lake(settings.lake_address).is_made:
        fingerprint_of(job, Workplace(settings), night)


def upstream_of(
    job: Job, night: date, committed: Mapping[RunKey, str], followed: Collection[str] = ()
) -> dict[RunKey, str]:
    """The runs of other stages and nights that the job's result for the night rests on, with their fingerprints;
    `followed` are those jobs that it follows beside the declared ones."""
    keys = [(need, night) for need in job.needs]
    keys += [key for key in committed if key[0] in job.history and key[1] <= night]
    for name in (*job.follows, *followed):
        keys += sorted(key for key in committed if key[0] == name and key[1] < night)[-1:]
    return {key: committed[key] for key in keys if key in committed}


def _has_outputs(job: Job, place: Workplace, night: date, run_id: str) -> bool:
    return not place.ledger.gave_up(run_id) and job.outputs_exist(place, night)


def run_job(job: Job, place: Workplace, night: date) -> Report:
    """Run the job for the night unless it is committed already with the same fingerprint. The report says `is_new`."""
    refuse_lost(place.lake, place.ledger, (*job.reads, *job.optional, *job.writes), place.settings.rebuilt_tables)
    upstream, own = _upstream(job, place, night), job.own_fingerprint(place, night)
    run_fingerprint = _fingerprint_over(job, place, upstream, own)
    last = place.ledger.committed(job.name, night)
    if last is not None and last.fingerprint == run_fingerprint and _has_outputs(job, place, night, last.run_id):
        log.info("%-64s   nothing to do: done before with the same input", f"{night} {job.title}")
        return {**last.detail, "is_new": False}
    run_id = place.ledger.start(job.name, night, run_fingerprint)
    context = Night(job, place, night, run_id, own)  # what the fingerprint was made of is what the run must find
    if not job.starts_spark:
        _ = place.spark
    with step(f"{night} {job.title}") as facts:
        report = dict(job.run(context)) | ({FOLLOWED: sorted(context.followed)} if context.followed else {})
        facts.update({k: v for k, v in report.items() if isinstance(v, (int, str))})
    place.ledger.read_versions(run_id, job.name, night, context.versions_read)
    place.ledger.commit(run_id, job.name, night, run_fingerprint, report)
    return {**report, "is_new": True}
