"""A delivery's course through the intake, noted in the delivery log; and where readable copies of its files may lie."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from fundwatch.delivery_log import Delivered, DeliveryLog, State
from fundwatch.errors import DeliveryError, GateError, HeldError
from fundwatch.fingerprint import fingerprint
from fundwatch.vault import Vault
from intake.delivery import Delivery
from intake.totals import Total
from jobs.intake_work import IntakeWork

_MONEY_TABLE = "claim_line"


@dataclass
class Course:
    """Where a delivery stands."""

    log: DeliveryLog
    delivered: Delivered

    @property
    def is_released(self) -> bool:
        """Whether a person has let this very content pass."""
        return self.log.is_released(self.delivered.business_date, self.delivered.print)

    def opened(self, delivery: Delivery) -> None:
        """Its batch and rows are known."""
        rows = sum(file.measured.rows for file in delivery.files)
        self.delivered = replace(self.delivered, batch_id=delivery.batch_id, files=len(delivery.files), rows=rows)

    def accepted(self, totals: Sequence[Total]) -> None:
        """All its tables stand."""
        amounts = [t.delivered_amount or Decimal(0) for t in totals if t.table_name == _MONEY_TABLE]
        done = replace(self.delivered, amount=sum(amounts, Decimal(0)))
        self.log.note(State.ACCEPTED, done)


@contextmanager
def noted_delivery(work: IntakeWork) -> Iterator[Course]:
    """Note that the night's delivery was received, and that it was held or refused when the block says so."""
    hashes = work.hashes
    log = DeliveryLog(work.night.place.lake.root)
    course = Course(
        log, Delivered(work.date, work.mapping.source, "", fingerprint(sorted(hashes.items())), len(hashes))
    )
    log.note(State.RECEIVED, course.delivered)
    try:
        yield course
    except HeldError as fault:
        log.note(State.HELD, course.delivered, why=fault.what)
        raise
    except (DeliveryError, GateError) as fault:
        log.note(State.REFUSED, course.delivered, why=fault.what)
        raise


@contextmanager
def scratch_in(vault: Vault) -> Iterator[Path]:
    """A folder for readable copies of delivered files, which name persons: in the vault, and gone with the block.

    What a killed run left there goes first.
    """
    vault.prepare()
    folder = vault.root / "scratch"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
