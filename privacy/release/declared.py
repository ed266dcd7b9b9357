"""What `conf/privacy/` declares: what the nightly report measures, levels of columns, who might re-link an export."""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import Field, model_validator

from fundwatch.declared import Declared, read_declared
from fundwatch.expressions.declared import EXPORT_COLUMN, problems_in
from fundwatch.expressions.queries import query_problems, query_written
from fundwatch.resources import conf_file
from fundwatch.settings import Settings
from privacy.release.exports import ExportColumn, Title

MEASURED = ("patient", "encounter")  # the tables that the nightly report may read
Kind = Literal["clean", "beside", "derived", "vault", "journal"]
_WRONG = "the declaration does not hold"


class Attacker(Declared):
    """Somebody who knows columns of an export of a person; `most` is the share of persons who may be found.

    Columns that an export has not are not used. An audience without a limit is shown the figures: nothing is refused.
    """

    title: Title
    knows: tuple[str, ...] = Field(min_length=1)
    most: dict[Literal["inside", "outside", "provider"], float] = Field(default_factory=dict)


class Linking(Declared):
    """How exports are attacked before they leave: by whom, and with what share of the persons as the sample known.

    `night` is, by set of the nightly report, the share of the lake's persons that may stand alone: more is reported
    there.
    """

    sample: float = Field(0.01, gt=0, le=1)
    attackers: dict[str, Attacker]
    night: dict[str, float] = Field(default_factory=dict)


class PrivacyDeclaration(Declared):
    """`conf/privacy/default.yaml`: what is measured, the level of each delivered column, the attackers."""

    k: int
    sensitive: str
    query: str
    sets: dict[str, dict[str, ExportColumn]]
    levels: dict[str | int, int | tuple[str, ...]]
    linkage: Linking

    @property
    def sql(self) -> str:
        """The query that runs."""
        return query_written(self.query, MEASURED)

    @model_validator(mode="after")
    def _holds(self) -> PrivacyDeclaration:
        found = [f"query: {reported}" for reported in query_problems(self.query, MEASURED)]
        for name, columns in self.sets.items():
            reported = (
                (column, problem) for column, c in columns.items() for problem in problems_in(c.of, EXPORT_COLUMN)
            )
            found += [f"sets.{name}.{column}: {problem}" for column, problem in reported]
        if found:
            raise ValueError("; ".join(found))
        return self

    def level(self, column: str) -> int:
        """The level of a delivered column, 1 to 5."""
        for level, columns in self.levels.items():
            if isinstance(columns, tuple) and column in columns:
                return int(level)
        default = self.levels.get("default", 3)
        return default if isinstance(default, int) else 3


class Risk(Declared):
    """One line of the impact assessment: what may happen, what is done against it, what is left."""

    what: Title
    measures: Title
    left: Title


class Record(Declared):
    """`conf/privacy/record.yaml`: what the bureau says of its processing; the rest the system knows."""

    controller: Title
    contact: Title
    purpose: Title
    basis: Title
    necessity: Title
    automated: Title
    landing_kept: Title
    zones: dict[str, Title]
    recipients: dict[str, Title]
    tables: dict[Kind, Title]
    risks: tuple[Risk, ...]

    @model_validator(mode="after")
    def _covers_every_kind(self) -> Record:
        if missing := sorted({*get_args(Kind)} - self.tables.keys()):
            raise ValueError(f"tables: what are {', '.join(missing)} there for?")
        return self


def read_privacy(settings: Settings, name: str = "default") -> PrivacyDeclaration:
    """The declaration in force. Raises CatalogueError with every problem."""
    return read_declared(PrivacyDeclaration, conf_file("privacy", name, settings.conf), _WRONG)


def read_record(settings: Settings) -> Record:
    """What the bureau says of its processing. Raises CatalogueError with every problem."""
    return read_declared(Record, conf_file("privacy", "record", settings.conf), _WRONG)
