"""Play the examples of rules: every example in a world of its own, those of a batch in one scan, without a lake.

A rule that cannot be played (an example that no table holds, an expression that Spark's analyser refuses or that fails
on the rows) is named as broken, and the others are played all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
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
from rules.catalogue.examples import Worlds, columns_of, example_worlds
from rules.catalogue.load import load_rules
from rules.catalogue.proving import Played, RuleProof, proof_of
from rules.catalogue.rule import RuleSet, RuleState
from rules.frames.declaration import EARLIER_LIST
from rules.frames.indicators import STATISTICS
from rules.frames.inputs import ScanWindow
from rules.frames.registry import GRAINS, frames, tables_read
from rules.knowledge.points import Knowledge, load_knowledge

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_BESIDE = (TABLES[name] for name in (STATISTICS, *EARLIER_LIST))
_SUPPLIED = {table.name: frozenset(table.column_names) for table in (*CLEAN, *_BESIDE)}
_EVER = ScanWindow(date(1900, 1, 1), date(2199, 12, 31))
_BADLY_WRITTEN = (KeyError, ValueError, TypeError, ArithmeticError)  # what a cell of an example may come to
_LONGEST = 300
_SIDE_BY_SIDE = 2
# more rules at once make each other's frames wider and longer; fewer ask for the lines of their hits more often
_BATCH = 60


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
    from fundwatch.engine.frames import small_frame  # imports Spark

    active = (rule.model_copy(update={"state": RuleState.ACTIVE}) for rule in rule_set.rules)
    playing = rule_set.model_copy(update={"rules": tuple(active), "switched_off": {}})
    empty = {name: small_frame(session, columns_of(name), ()) for name in tables_read()}
    stage = _Stage(session, knowledge, empty)
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:  # Spark plans the scan of one batch while it computes another
        of_rule = {proof.rule_id: proof for proofs in pool.map(stage.proofs, _batches(playing)) for proof in proofs}
    return tuple(replace(of_rule[rule.id], state=rule.state) for rule in rule_set.rules)


def _batches(rule_set: RuleSet) -> list[RuleSet]:
    """The rules in batches, those of one frame together."""
    places = {frame.name: place for place, frame in enumerate(frames())}
    rules = sorted(rule_set.rules, key=lambda rule: places[GRAINS[rule.grain].frame.name])
    batches = (rules[first : first + _BATCH] for first in range(0, len(rules), _BATCH))
    return [rule_set.model_copy(update={"rules": tuple(some)}) for some in batches]


@dataclass(frozen=True)
class _Stage:
    """Where batches of rules play their examples; `empty` are the tables that a scan reads, without rows."""

    session: SparkSession
    knowledge: Knowledge
    empty: Mapping[str, DataFrame]

    def proofs(self, rule_set: RuleSet) -> list[RuleProof]:
        """The rules of one batch against their examples."""
        broken = _unwritable(rule_set)
        playing = rule_set.only({rule.id for rule in rule_set.rules} - broken.keys())
        worlds = example_worlds(playing)
        found: list[Any] = []
        broken |= _scanned(playing, lambda some: self._scan(some, worlds), found)
        played = Played.of(found)
        return [proof_of(rule, worlds, played, broken.get(rule.id, "")) for rule in rule_set.rules]

    def _scan(self, rule_set: RuleSet, worlds: Worlds) -> tuple[list[Any], dict[str, str]]:
        """The hits of the rules over the worlds of all, and the problem of each rule that the scan set aside."""
        from fundwatch.engine.frames import small_frame  # imports Spark
        from rules.engine.scan import scan  # imports Spark

        played = {name: small_frame(self.session, worlds.schema(name), rows) for name, rows in worlds.rows.items()}
        done = scan(
            rule_set,
            {**self.empty, **played},
            _SUPPLIED | worlds.columns,
            worlds.with_points(self.knowledge),
            _EVER,
            lambda rows: rows.localCheckpoint(),
            policies=read_policies(),
        )
        done = done.materialized(lambda parts: [rows.localCheckpoint() for rows in parts])
        problems = {row.rule_id: row.problem for row in done.states.collect() if row.problem}  # a row a rule
        return done.found.collect(), problems  # of examples alone


def _unwritable(rule_set: RuleSet) -> dict[str, str]:
    """By rule why the rows of its examples cannot be made, where they cannot. All are tried together first."""
    try:
        example_worlds(rule_set)
    except _BADLY_WRITTEN as error:
        if len(rule_set.rules) == 1:
            problem = f"an example cannot be written as rows: {' '.join(map(str, error.args))}"
            return {rule_set.rules[0].id: problem[:_LONGEST]}
        return {name: why for rule in rule_set.rules for name, why in _unwritable(rule_set.only({rule.id})).items()}
    return {}


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


def _session(settings: Settings, scratch: Scratch) -> SparkSession:
    """A session for few rows: nothing of it is worth compiling, and its files go with the command."""
    from fundwatch.engine.session import FEW_ROWS, start_session  # imports Spark

    conf, master = settings.spark()
    own = FEW_ROWS | {"spark.sql.warehouse.dir": str(scratch.root / "warehouse")}
    return start_session("fundwatch", scratch.spark_conf(conf | own), master)
