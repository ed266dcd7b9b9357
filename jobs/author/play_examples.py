"""Play the examples of rules: every example in a world of its own, all of them in one scan, without a lake.

A rule that cannot be played (an example that no table holds, an expression that Spark's analyser refuses or that fails
on the rows) is named as broken, and the others are played all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from fundwatch.contracts import CLEAN, TABLES
from fundwatch.errors import ExitCode, FundwatchError
from fundwatch.logs import step
from fundwatch.regions import region_of
from fundwatch.scratch import Scratch
from fundwatch.settings import Settings
from jobs.review.show_catalogues import known_name
from rules.benefits.policies import read_policies
from rules.catalogue.examples import Worlds, example_worlds
from rules.catalogue.load import load_rules
from rules.catalogue.proving import Played, RuleProof, proof_of
from rules.catalogue.rule import Rule, RuleSet, RuleState
from rules.frames.declaration import EARLIER_LIST
from rules.frames.indicators import STATISTICS
from rules.frames.inputs import ScanWindow
from rules.frames.registry import tables_read
from rules.knowledge.points import Knowledge, load_knowledge

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_BESIDE = (TABLES[name] for name in (STATISTICS, *EARLIER_LIST))
_SUPPLIED = {table.name: frozenset(table.column_names) for table in (*CLEAN, *_BESIDE)}
_EVER = ScanWindow(date(1900, 1, 1), date(2199, 12, 31))
_BADLY_WRITTEN = (KeyError, ValueError, TypeError, ArithmeticError)  # what a cell of an example may come to
_LONGEST = 300


class ExamplesFailedError(FundwatchError):
    """Rules do not stand their examples."""

    exit_code = ExitCode.FAULT


@dataclass(frozen=True)
class ExamplesPlayed:
    """How each rule stood its examples."""

    proofs: tuple[RuleProof, ...]

    @property
    def failed(self) -> list[str]:
        """The rules that did not stand them, or could not be played."""
        return [proof.rule_id for proof in self.proofs if not proof.holds]

    def as_json(self) -> dict[str, Any]:
        return {"rules": [asdict(proof) | {"holds": proof.holds} for proof in self.proofs], "failed": self.failed}

    def problem(self) -> ExamplesFailedError | None:
        """What to end with where a rule does not stand its examples."""
        if not self.failed:
            return None
        return ExamplesFailedError(
            f"{len(self.failed)} of {len(self.proofs)} rules do not stand their examples: {', '.join(self.failed)}",
            do="fix the rule or its example; `fundwatch rules test RULE` plays one alone",
            result=self.as_json(),
        )


def play_examples(settings: Settings, names: Sequence[str] = ()) -> ExamplesPlayed:
    """Play the examples of the named rules of the region, or of all. Nothing stays on the disk.

    Raises CatalogueError for a catalogue that does not hold, FundwatchError for a rule that there is not.
    """
    region = region_of(settings)
    rule_set = load_rules(region=region)
    every = [rule.id for rule in rule_set.rules]
    wanted = {known_name("rule", name, every) for name in names}
    rule_set = rule_set.only(wanted) if wanted else rule_set
    from fundwatch.engine.session import stop_session  # imports Spark

    with TemporaryDirectory(prefix="fundwatch-") as folder:
        scratch = Scratch(Path(folder))
        with step("Spark starts"):
            session = _session(settings, scratch)
        try:
            with step(f"{len(rule_set.rules)} rules play their examples"):
                return ExamplesPlayed(prove(session, rule_set, load_knowledge(region=region)))
        finally:
            stop_session(session)


def prove(session: SparkSession, rule_set: RuleSet, knowledge: Knowledge) -> tuple[RuleProof, ...]:
    """Every rule of the set against its examples, whatever its state and where it is switched off."""
    broken = {rule.id: problem for rule in rule_set.rules if (problem := _unwritable(rule_set, rule))}
    fit = [rule.model_copy(update={"state": RuleState.ACTIVE}) for rule in rule_set.rules if rule.id not in broken]
    playing = rule_set.model_copy(update={"rules": tuple(fit), "switched_off": {}})
    worlds = example_worlds(playing)
    found: list[Any] = []
    broken |= _scanned(playing, lambda some: _scan(session, some, worlds, worlds.with_points(knowledge)), found)
    played = Played.of(found)
    return tuple(proof_of(rule, worlds, played, broken.get(rule.id, "")) for rule in rule_set.rules)


def _unwritable(rule_set: RuleSet, rule: Rule) -> str:
    """Why the rows of the rule's examples cannot be made; empty where they can."""
    try:
        example_worlds(rule_set.only({rule.id}))
    except _BADLY_WRITTEN as error:
        return f"an example cannot be written as rows: {' '.join(map(str, error.args))}"[:_LONGEST]
    return ""


def _scanned(
    rule_set: RuleSet, scan: Callable[[RuleSet], tuple[list[Any], dict[str, str]]], found: list[Any]
) -> dict[str, str]:
    """Add to `found` the hits of the rules; why some could not be scanned, by rule. Where a scan fails, its halves are
    scanned, down to the rule that is at fault."""
    from pyspark.errors import PySparkException  # Spark is loaded for who plays, and for no other command

    if not rule_set.rules:
        return {}
    try:
        hits, problems = scan(rule_set)
    except PySparkException as error:
        if len(rule_set.rules) == 1:
            return {rule_set.rules[0].id: f"the scan fails: {str(error).splitlines()[0]}"[:_LONGEST]}
        middle = len(rule_set.rules) // 2
        halves = (rule_set.rules[:middle], rule_set.rules[middle:])
        parts = [_scanned(rule_set.model_copy(update={"rules": half}), scan, found) for half in halves]
        return parts[0] | parts[1]
    found += hits
    return problems


def _scan(
    session: SparkSession, rule_set: RuleSet, worlds: Worlds, knowledge: Knowledge
) -> tuple[list[Any], dict[str, str]]:
    """The hits of the rules over the worlds of all, and the problem of each rule that the scan set aside."""
    from fundwatch.engine.frames import small_frame  # imports Spark
    from rules.engine.scan import scan  # imports Spark

    tables = {
        name: small_frame(session, worlds.schema(name), worlds.rows.get(name, []))
        for name in sorted({*tables_read(), *worlds.rows})
    }
    supplied, policies = _SUPPLIED | worlds.columns, read_policies()
    done = scan(rule_set, tables, supplied, knowledge, _EVER, lambda rows: rows.localCheckpoint(), policies=policies)
    done = done.materialized(lambda frames: [rows.localCheckpoint() for rows in frames])
    problems = {row.rule_id: row.problem for row in done.states.collect() if row.problem}  # a row a rule
    return done.found.collect(), problems  # of examples alone


def _session(settings: Settings, scratch: Scratch) -> SparkSession:
    """A session for few rows: nothing of it is worth compiling, and its files go with the command."""
    from fundwatch.engine.session import FEW_ROWS, start_session  # imports Spark

    conf, master = settings.spark()
    own = FEW_ROWS | {"spark.sql.warehouse.dir": str(scratch.root / "warehouse")}
    return start_session("fundwatch", scratch.spark_conf(conf | own), master)
