"""Settings: what is in force, and where each value comes from.

Later sources win: defaults, the profile (`conf/profiles/`), a settings file, the environment (`FUNDWATCH_…`),
the command line. Every key is flat; a key nobody knows is refused, with the nearest known one.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator

from fundwatch.declared import Declared
from fundwatch.errors import SettingsError, problems
from fundwatch.places import LakeAddress, address_problem, lake_problem, local_uri
from fundwatch.resources import conf_file, read_yaml

ENVIRONMENT_PREFIX = "FUNDWATCH_"
DEFAULT_FILE = Path("fundwatch.yaml")
# read by other parts of fundwatch before settings exist, or by the scheduler; or secrets, which no setting may show
_NOT_SETTINGS = frozenset(
    {"FUNDWATCH_JARS", "FUNDWATCH_COMMAND", "FUNDWATCH_SETTINGS", "FUNDWATCH_KEY", "FUNDWATCH_VAULT_KEY"}
)
_SCHEDULER_PREFIX = "FUNDWATCH_AIRFLOW_"  # what the DAGs read, which refuse the unknown among them themselves


class Changes:
    """Marks a setting that changes the list, and names the stages (as in the ledger) whose result depends on its value.

    The value enters the fingerprints of these stages, and every list states it. What a setting only points to (a
    mapping, a region's rules) enters the stages that read it by its own content.
    """

    def __init__(self, *stages: str) -> None:
        self.stages = stages


class Settings(Declared):
    """Everything a user may set. Paths are relative to the working directory."""

    profile: str = Field("local", description="which file of conf/profiles/ gives the values below")
    source: Annotated[str, Changes("leads")] = Field(
        "national", description="which mapping of conf/sources/ reads the delivery"
    )
    conf: Path | None = Field(None, description="a folder laid over the shipped conf/")
    var: Path = Field(Path("var"), description="the folder of all that fundwatch makes, unless set one by one")
    landing: Path | None = Field(None, description="deliveries, one folder per business date (var/landing)")
    lake: str | None = Field(
        None,
        description="where the tables lie: a folder, hdfs://HOST:PORT/FOLDER or s3a://BUCKET/FOLDER (var/lake)",
    )
    truth: Path | None = Field(None, description="the simulator's labels, apart from the deliveries (var/truth)")
    lists: Path | None = Field(None, description="the published lists and workbooks (var/lists)")
    reports: Path | None = Field(None, description="quality reports and their pages (var/reports)")
    metrics: Path | None = Field(
        None, description="the newest night's figures, as a monitor reads them (var/metrics/fundwatch.prom)"
    )
    key_file: Path | None = Field(
        None,
        description="the pseudonymisation key, outside the lake (var/keys/pseudonym.key), or its two shares: A+B",
    )
    vault: Path | None = Field(None, description="what re-identification needs, sealed; and the audit log (var/vault)")
    vault_key_file: Path | None = Field(
        None, description="the vault's own key (var/keys/vault.key), or its two shares: A+B"
    )
    scratch: Path | None = Field(
        None, description="temporary files of runs, for their owner alone, swept by the next run (var/tmp)"
    )
    access: str = Field("default", description="which file of conf/access/ says who may ask for identities and approve")
    reidentify_tokens: int = Field(20, ge=1, le=200, description="how many tokens of a lead one request serves")
    reidentify_days: int = Field(30, ge=1, le=30, description="for how many days an approval holds at most")
    reidentify_same_account: bool = Field(
        False, description="requester and approver may share an operating-system account"
    )
    erased_persons: Annotated[Literal["quarantine", "accept"], Changes("intake")] = Field(
        "quarantine",
        description="rows of persons whose data were erased: quarantine or accept them; either way they are counted",
    )
    mlflow_uri: str | None = Field(None, description="MLflow's tracking store (sqlite in var/mlflow)")
    quality: Annotated[str, Changes("leads")] = Field(
        "default", description="which checks and gate limits of conf/quality/ hold"
    )
    region: Annotated[str, Changes("leads")] = Field(
        "default", description="which region's rules, knowledge, indicators and peers hold"
    )
    seed: Annotated[int, Changes("train", "leads")] = Field(
        20260331, description="the seed of everything drawn at random"
    )
    scan_days: Annotated[int, Changes("rules", "leads")] = Field(
        90, ge=1, le=3660, description="how many days of services the rules look back upon"
    )
    indicators: Annotated[Literal["learned", "all"], Changes("features")] = Field(
        "learned",
        description="what is computed each night: what models learn from, or all that is declared, of whatever entity",
    )
    shadow_rules: Annotated[bool, Changes("rules")] = Field(
        False, description="scan the rules in shadow too, which are counted and make no lead: a night takes longer"
    )
    overlay_approval: bool = Field(
        False, description="what a region says of rules holds on a night only once two people approved it as it is"
    )
    train_if_missing: bool = Field(True, description="a night for which no model was ever made trains them")
    forest_trees: Annotated[int, Changes("train")] = Field(
        100, ge=10, le=2000, description="trees of the isolation forest"
    )
    list_size: Annotated[int, Changes("leads")] = Field(
        50, ge=1, description="how many leads a published list holds at most"
    )
    score_share: Annotated[float, Changes("leads")] = Field(
        0.02, gt=0, lt=1, description="the share of entities whose scores may become a lead"
    )
    letter_amount: Annotated[float, Changes("leads")] = Field(
        50, ge=0, description="the money of a lead below which it is not worth a letter: listed apart, after all others"
    )
    case_gap_days: Annotated[int, Changes("leads")] = Field(
        60, ge=0, description="for how many days a finding may be gone and still be the same case when it comes back"
    )
    teams: Annotated[str, Changes("leads")] = Field(
        "default", description="which teams of conf/teams/ leads are given out to, and how many each can take"
    )
    learned_weights: Annotated[bool, Changes("leads")] = Field(
        True, description="how right a rule was in earlier inspections raises or lowers the priority of its leads"
    )
    false_share_limit: float = Field(
        0.5, ge=0, le=1, description="a rule that was wrong more often than this is proposed for shadow in the ledger"
    )
    stage_rows: int = Field(300_000, ge=1, description="rows from which a table is staged on disk, not in memory")
    stall_minutes: float = Field(
        10, gt=0, description="after how long without any progress a run says what it waits for, again and again"
    )
    stall_limit_minutes: float = Field(
        0, ge=0, description="after how long without any progress Spark's work is stopped; 0: never"
    )
    rebuilt_tables: str = Field(
        "", description="tables, with commas, that are lost for good and made again: their absence is no problem then"
    )
    show_faults: bool = Field(False, description="print unexpected errors in full; they may quote rows of the delivery")
    spark_master: str = Field("local[*]", description="Spark's master; `submit` keeps what spark-submit gave")
    spark_driver_memory: str = Field("3g", description="heap of the driver")
    spark_shuffle_partitions: int = Field(4, ge=1, description="shuffle partitions before adaptive coalescing")
    spark_listing_partitions: int = Field(
        2, ge=1, description="in how many parts tables' logs are read and folders listed: few for many small tables"
    )
    spark_conf: dict[str, str] = Field(default_factory=dict, description="any further Spark settings")

    @field_validator(
        "conf", "var", "landing", "truth", "lists", "reports", "metrics", "key_file", "vault", "vault_key_file",
        "scratch",
        mode="before",
    )  # fmt: skip
    @classmethod
    def _no_address(cls, value: object) -> object:
        if value is not None and (problem := address_problem(str(value))):
            raise ValueError(problem)
        return value

    @field_validator("lake", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        if value is not None and (problem := lake_problem(str(value))):
            raise ValueError(problem)
        return str(value) if isinstance(value, Path) else value

    def _under_var(self, value: Path | None, *parts: str) -> Path:
        return value if value is not None else self.var.joinpath(*parts)

    @property
    def landing_dir(self) -> Path:
        return self._under_var(self.landing, "landing")

    @property
    def lake_address(self) -> LakeAddress:
        return LakeAddress(str(self.var / "lake") if self.lake is None else self.lake)

    @property
    def truth_dir(self) -> Path:
        return self._under_var(self.truth, "truth")

    @property
    def lists_dir(self) -> Path:
        return self._under_var(self.lists, "lists")

    @property
    def reports_dir(self) -> Path:
        return self._under_var(self.reports, "reports")

    @property
    def metrics_file(self) -> Path:
        return self._under_var(self.metrics, "metrics", "fundwatch.prom")

    @property
    def key_path(self) -> Path:
        return self._under_var(self.key_file, "keys", "pseudonym.key")

    @property
    def scratch_dir(self) -> Path:
        return self._under_var(self.scratch, "tmp")

    @property
    def events_dir(self) -> Path:
        """Where Spark's event logs go after a run, if they are switched on and no other place is set."""
        return self.var / "spark-events"

    @property
    def vault_dir(self) -> Path:
        return self._under_var(self.vault, "vault")

    @property
    def vault_key_path(self) -> Path:
        return self._under_var(self.vault_key_file, "keys", "vault.key")

    @property
    def tracking_uri(self) -> str:
        """MLflow's store: the given one, or a SQLite file whose folder is made here."""
        if self.mlflow_uri is not None:
            return self.mlflow_uri
        return f"sqlite:///{(self.var / 'mlflow' / 'mlflow.db').resolve()}"

    @property
    def artifact_dir(self) -> Path:
        return self.var / "mlflow" / "artifacts"

    @property
    def is_one_machine(self) -> bool:
        """Whether Spark's rows live in one process, which no executor can leave."""
        return self._own_master is not None and self._own_master.startswith("local")

    @property
    def _own_master(self) -> str | None:
        """The master that the settings name; None where spark-submit gave one."""
        is_submitted = self.spark_master == "submit" or "PYSPARK_GATEWAY_PORT" in os.environ  # set by spark-submit
        return None if is_submitted else self.spark_master

    def spark(self) -> tuple[dict[str, str], str | None]:
        """Spark's settings and master (None under spark-submit)."""
        conf = {
            "spark.driver.memory": self.spark_driver_memory,
            "spark.sql.shuffle.partitions": str(self.spark_shuffle_partitions),
            # Delta's and Spark's defaults of 50 and 10,000 tasks cost a small night seconds a table
            "spark.databricks.delta.snapshotPartitions": str(self.spark_listing_partitions),
            "spark.sql.sources.parallelPartitionDiscovery.parallelism": str(self.spark_listing_partitions),
            "spark.sql.warehouse.dir": local_uri(self.var.resolve() / "spark-warehouse"),
        }
        return conf | self.spark_conf, self._own_master


@dataclass(frozen=True)
class InForce:
    """Settings together with the origin of each value."""

    settings: Settings
    origin: Mapping[str, str]


def load_settings(
    options: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
    file: Path | None = None,
) -> InForce:
    """Merge all sources. Raises SettingsError naming every problem, its source, and the nearest known key."""
    environment = os.environ if environment is None else environment
    layers: list[tuple[str, Mapping[str, Any]]] = []
    path = file or (Path(environment["FUNDWATCH_SETTINGS"]) if "FUNDWATCH_SETTINGS" in environment else None)
    if path is None and DEFAULT_FILE.is_file():
        path = DEFAULT_FILE
    if path is not None:
        layers.append((f"file {path}", _file_layer(path)))
    layers.append(("environment", _environment_layer(environment)))
    layers.append(("command line", {k: v for k, v in (options or {}).items() if v is not None}))
    profile_name, overlay = _choice(layers, "profile", "local"), _choice(layers, "conf", None)
    profile = conf_file("profiles", str(profile_name), Path(overlay) if overlay else None)
    layers.insert(0, (f"profile {profile_name}", read_yaml(profile) or {}))
    return _validated(layers)


def _choice(layers: list[tuple[str, Mapping[str, Any]]], key: str, default: str | None) -> Any:
    for _, values in reversed(layers):
        if key in values:
            return values[key]
    return default


def _file_layer(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        raise SettingsError("the settings file does not exist", where=str(path), do="give another path, or none")
    content = read_yaml(path)
    if content is not None and not isinstance(content, dict):
        raise SettingsError("a settings file holds `key: value` lines", where=str(path), do="fix the file")
    return content or {}


def _is_setting(name: str) -> bool:
    if name in _NOT_SETTINGS or name.startswith(_SCHEDULER_PREFIX):
        return False
    return name.startswith(ENVIRONMENT_PREFIX)


def _environment_layer(environment: Mapping[str, str]) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    for name, text in environment.items():
        if _is_setting(name):
            key = name.removeprefix(ENVIRONMENT_PREFIX).lower()
            found[key] = dict(p.split("=", 1) for p in text.split(",") if "=" in p) if key == "spark_conf" else text
    return found


def _validated(layers: list[tuple[str, Mapping[str, Any]]]) -> InForce:
    known = set(Settings.model_fields)
    merged: dict[str, Any] = {}
    origin = dict.fromkeys(known, "default")
    wrong: list[str] = []
    for name, values in layers:
        for key, value in values.items():
            if key not in known:
                near = difflib.get_close_matches(str(key), known, n=1)
                wrong.append(f"{name}: no setting is named '{key}'" + (f"; did you mean '{near[0]}'?" if near else ""))
                continue
            merged[key], origin[key] = value, name
    try:
        settings = Settings(**merged)
    except ValidationError as caught_error:
        for error in caught_error.errors():
            key = str(error["loc"][0])
            reported = error["msg"].removeprefix("Value error, ")
            wrong.append(f"{origin.get(key, 'settings')}: {key} = {error['input']!r}: {reported}")
        raise SettingsError(problems("the settings do not hold", wrong), do="fix what is named") from caught_error
    if wrong:
        raise SettingsError(
            problems("the settings do not hold", wrong),
            do="fix what is named; the command `settings` lists all that there are",
        )
    return InForce(settings, origin)


def stages_changed(kind: type[Settings] = Settings) -> dict[str, tuple[str, ...]]:
    """The settings that change a list, by name, with the stages whose result depends on each."""
    marks = ((name, mark) for name, field in kind.model_fields.items() for mark in field.metadata)
    return {name: mark.stages for name, mark in marks if isinstance(mark, Changes)}


def values_that_change(settings: Settings, stage: str | None = None) -> dict[str, object]:
    """The values of the settings that change what the stage makes; without a stage, of all that change a list."""
    changed = stages_changed(type(settings))
    return {name: getattr(settings, name) for name, stages in changed.items() if stage is None or stage in stages}
