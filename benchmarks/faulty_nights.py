"""Spoiled deliveries taken in as an operator would: run; look; release, or take what was sent again; run again."""

from __future__ import annotations

import csv
import logging
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from benchmarks.canaries import planter_of
from fundwatch.errors import DeliveryError, FundwatchError, GateError, HeldError
from fundwatch.lake.delivery_log import DeliveryLog
from fundwatch.settings import Settings
from intake.source.load import mapping_in_force
from jobs.job import run_job
from jobs.load_delivery import JOB
from jobs.protect.manage_keys import make_missing_keys
from jobs.workplace import Workplace
from simulator import Scenario, simulate
from simulator.calibration.delivered import unpacked
from simulator.faults.spoiling import spoil_delivery, take_resent
from simulator.scenario.misdeliveries import BY_NAME

# What came is right although the night is held: an operator who has asked the sender lets it pass.
RIGHT_AS_IT_CAME: Mapping[str, str] = {
    "no_manifest": "the sender confirmed rows and sums by telephone; the manifest was lost on the way",
    "": "the sender confirmed the figures: a busy night",
}
_OPERATOR = "李工"
_MONEY = {"fee_list": "det_item_fee_sumamt", "setl": "medfee_sumamt"}
PARTS = ("delivered", "accepted", "quarantined", "duplicate")


@dataclass(frozen=True)
class Balance:
    """Lines of all files, and the money (CNY) of fee lines and of settlements, by what became of them.

    `landed_lines` and `landed_amount` are read from the delivered files, apart from the intake.
    """

    lines: Mapping[str, int]
    amounts: Mapping[str, Decimal]
    landed_lines: int
    landed_amount: Decimal

    @property
    def line_difference(self) -> int:
        return self.landed_lines - sum(self.lines[part] for part in PARTS[1:])

    @property
    def amount_difference(self) -> Decimal:
        return self.landed_amount - sum((self.amounts[part] for part in PARTS[1:]), Decimal(0))


_RESENT = "what was sent again was taken"


@dataclass(frozen=True)
class NightRun:
    """One night: its mishap (or none), what ought to come of it, what came at first, and how it ended."""

    night: date
    mishap: str
    expected: str
    outcomes: tuple[str, ...]
    reported: tuple[str, ...]
    action: str
    balance: Balance | None
    report: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_as_expected(self) -> bool:
        """A duplicate delivery is one that is taken in and has copies in it."""
        first = self.outcomes[0]
        if self.expected == "duplicate":
            return first == "accepted" and bool(self.balance) and self.report.get("duplicates", 0) > 0
        return first == self.expected


def make_faulty_deliveries(scenario: Scenario, var: Path) -> None:
    """The scenario's deliveries under `var`, canaries planted before they were spoiled; the truth; keys."""
    settings = Settings(var=var)
    make_missing_keys(settings)
    with tempfile.TemporaryDirectory() as other:
        simulate(scenario, Path(other) / "landing", settings.truth_dir)
        simulate(replace(scenario, mishaps={}), settings.landing_dir, Path(other) / "truth")
    planter = planter_of(mapping_in_force(settings))
    for night in scenario.nights:
        planter.plant(settings.landing_dir / str(night))
    for night, (mishap, _) in spoiled_nights_of(settings).items():
        spoiled = scenario.spoiled[night]
        if spoiled.kind.name == mishap:
            earlier = settings.landing_dir / str(spoiled.source or night)
            spoil_delivery(scenario, settings.landing_dir, spoiled, earlier)


def spoiled_nights_of(settings: Settings) -> dict[date, tuple[str, str]]:
    """The mishap of each spoiled night and what a receiver ought to do, as the truth has it."""
    with (settings.truth_dir / "mishaps.csv").open(encoding="utf-8", newline="") as text:
        rows = [row for row in csv.DictReader(text) if row["kind"] in BY_NAME]
    return {date.fromisoformat(row["night"]): (row["kind"], row["outcome"]) for row in rows}


def run_faulty_night(place: Workplace, night: date) -> NightRun:
    """Take one night in. Raises the error of a night that cannot be taken in although it was sent again."""
    mishap, expected = spoiled_nights_of(place.settings).get(night, ("", "accepted"))
    outcomes: list[str] = []
    reported: list[str] = []
    actions: list[str] = []
    while not outcomes or outcomes[-1] != "accepted":
        try:
            report = run_job(JOB, place, night)
            outcomes.append("accepted")
        except (DeliveryError, GateError) as error:
            outcomes.append("held" if isinstance(error, HeldError) else "refused")
            reported.append(in_one_line(error))
            _keep(place.settings, night, error)
            actions.append(_answer(place, night, mishap, error, actions))
    reported += [str(note) for note in report["notes"]]
    action = "; ".join(actions)
    return NightRun(night, mishap, expected, tuple(outcomes), tuple(reported), action, balance_of(place, night), report)


def _answer(place: Workplace, night: date, mishap: str, error: FundwatchError, before: Sequence[str]) -> str:
    """What the operator does about it, in words. Raises the error where nothing can be done.

    What was sent again and is held all the same (in a small town two reversals may be a large share of a night) is
    released, once.
    """
    why = RIGHT_AS_IT_CAME.get("" if _RESENT in before else mishap)
    action = f"released: {why}"
    if isinstance(error, HeldError) and why is not None and action not in before:
        DeliveryLog(place.lake.address).release(night, by=_OPERATOR, why=why)
        return action
    if _RESENT not in before and take_resent(place.settings.landing_dir, night):
        return _RESENT
    raise error


def balance_of(place: Workplace, night: date) -> Balance:
    """What became of the night's lines and money, by the control totals, against the files as they lie there."""
    rows = place.lake.rows("control_total", f"SELECT * FROM control_total WHERE business_date = DATE '{night}'")
    lines = {part: sum(row[f"{part}_lines"] for row in rows) for part in PARTS}
    amounts = {part: sum((row[f"{part}_amount"] or Decimal(0) for row in rows), Decimal(0)) for part in PARTS}
    return Balance(lines, amounts, *_landed(place.settings.landing_dir / str(night)))


def _landed(folder: Path) -> tuple[int, Decimal]:
    """Rows of all files and money of fee lines and settlements, read with no more than a CSV reader."""
    count, amount = 0, Decimal(0)
    for file in sorted(folder.glob("*.csv*")):
        with unpacked(file) as stream:
            content = stream.read()
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("gb18030")
        column = _MONEY.get(file.name.partition(".")[0].removesuffix("_2"))  # sent again, under another name
        for row in csv.DictReader(text.splitlines()):
            count += 1
            amount += _signed(row, column) if column else Decimal(0)
    return count, amount


def _signed(row: Mapping[str, str], column: str) -> Decimal:
    """The money of a row. A settlement flagged as one that takes back another does so whatever sign it bears."""
    money = _money(row[column])
    return -abs(money) if row.get("refd_setl_flag") == "1" else money


def _money(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal(0)  # the intake cannot read it either: the line counts, its money is nobody's


def in_one_line(error: FundwatchError) -> str:
    """What the operator reads, in one line."""
    return " | ".join(part.strip() for part in error.what.splitlines())


def _keep(settings: Settings, night: date, error: BaseException) -> None:
    """The error with all that led to it, where canaries are searched for."""
    folder = settings.var / "refusals"
    folder.mkdir(exist_ok=True)
    (folder / f"{night}.txt").write_text("".join(traceback.format_exception(error)), encoding="utf-8")


def log_to(file: Path) -> None:
    """Write what the run logs to a file as well."""
    file.parent.mkdir(parents=True, exist_ok=True)
    for name in ("fundwatch", "py4j", "great_expectations"):
        logging.getLogger(name).addHandler(logging.FileHandler(file, encoding="utf-8"))
