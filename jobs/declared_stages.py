"""The stages of a night, each declared once: the command line, the night's order and the DAGs derive from here.

A new stage is one entry of STAGES and the module that holds its JOB; `python -m jobs.stages_file` then writes what the
DAGs read. Nothing heavy is imported here, for help must be instant.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from fundwatch.errors import ContractError

Schedule = Literal["nightly", "training"]


@dataclass(frozen=True)
class Task:
    """How Airflow runs a stage: in which DAG, how often it is retried, how many hours it may take, and whether its end
    is the publication that others wait for."""

    dag: Schedule = "nightly"
    retries: int = 2
    hours: float = 3
    publishes: bool = False


@dataclass(frozen=True)
class Stage:
    """One stage.

    `name` stands in the lake's ledger and in reports; `verb` is what people type and the id of its task. `module`
    holds its JOB, and is the script that spark-submit starts. `needs` names the stages that must be committed for the
    same night. `earlier_word` is a word that people typed before, and that still works.
    """

    name: str
    verb: str
    help: str
    module: str
    needs: tuple[str, ...] = ()
    task: Task = field(default_factory=Task)
    earlier_word: str = ""

    @property
    def is_nightly(self) -> bool:
        """Whether it belongs to every night."""
        return self.task.dag == "nightly"


@dataclass(frozen=True)
class NightReport:
    """A command that reports on a night once a stage of it is committed; nothing waits for it."""

    verb: str
    follows: str
    task: Task = field(default_factory=Task)


INTAKE = Stage(
    "intake", "intake", "take one night's delivery in: check, quarantine, net, pseudonymise", "jobs.load_delivery"
)
BUILD = Stage(
    "features",
    "build",
    "build daily rollups, indicators and peer statistics",
    "jobs.build_features",
    needs=("intake",),
    earlier_word="features",
)
SCAN = Stage(
    "rules",
    "scan",
    "scan the claims with all detection rules",
    "jobs.scan_rules",
    needs=("intake", "features"),
    earlier_word="rules",
)
TRAIN = Stage(
    "train",
    "train",
    "train the detectors on the night's indicators and register them",
    "jobs.train_models",
    needs=("features",),
    task=Task(dag="training", hours=6),
)
SCORE = Stage(
    "score",
    "score",
    "score every patient, doctor and institution with the champions",
    "jobs.score_entities",
    needs=("features",),
)
PUBLISH = Stage(
    "leads",
    "publish",
    "fuse hits and scores into the ranked list and publish it",
    "jobs.publish_leads",
    needs=("rules", "score"),
    task=Task(publishes=True),
    earlier_word="leads",
)

STAGES = (INTAKE, BUILD, SCAN, TRAIN, SCORE, PUBLISH)
REPORTS = (NightReport("privacy", follows="intake"),)

# words for looking at things and acting on them: no stage may be typed as one of these
NOUNS = frozenset({"rules", "knowledge", "leads", "indicators", "deliveries", "source"})


def night_stages(stages: Iterable[Stage] = STAGES) -> tuple[Stage, ...]:
    """The stages of a night in the order in which they run: as declared, each after those it needs.

    Raises ContractError where stages need each other, or one that no night runs.
    """
    waiting, ordered = [stage for stage in stages if stage.is_nightly], list[Stage]()
    while waiting:
        done = {stage.name for stage in ordered}
        ready = next((stage for stage in waiting if done.issuperset(stage.needs)), None)
        if ready is None:
            named = ", ".join(f"{stage.name} (needs {', '.join(stage.needs)})" for stage in waiting)
            raise ContractError(f"no order of a night runs {named}", where="jobs/declared_stages.py")
        ordered.append(ready)
        waiting.remove(ready)
    return tuple(ordered)


def verb_of(name: str) -> str:
    """What people type for a job of the ledger; a job that is no stage is called by its own name."""
    return next((stage.verb for stage in STAGES if stage.name == name), name)
