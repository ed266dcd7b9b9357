"""A delivery's course through the intake: in the delivery log and on the night's quality page, whatever becomes of it;
and where readable copies of its files may lie."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from fundwatch.errors import DeliveryError, GateError, HeldError
from fundwatch.fingerprint import fingerprint
from fundwatch.lake.delivery_log import DeliveryLog, DeliveryState, LoggedDelivery
from fundwatch.pages import publish
from intake.files.delivery import Delivery
from intake.quality_page import FOLDER, PAGE, QualityReport
from intake.rows.totals import Total
from jobs.loading.intake_work import IntakeWork
from privacy.vault.vault import Vault

_MONEY_TABLE = "claim_line"


@dataclass
class Course:
    """Where a delivery stands, and what the night's quality page will say of it."""

    log: DeliveryLog
    delivered: LoggedDelivery
    report: QualityReport
    folder: Path

    @property
    def is_released(self) -> bool:
        """Whether a person has let this very content pass."""
        return self.log.is_released(self.delivered.business_date, self.delivered.fingerprint)

    def opened(self, delivery: Delivery) -> None:
        """Its batch and rows are known."""
        rows = sum(file.measured.rows for file in delivery.files)
        self.delivered = replace(self.delivered, batch_id=delivery.batch_id, files=len(delivery.files), rows=rows)
        self.report.batch_id, self.report.drift = delivery.batch_id, delivery.notes()

    def accepted(self, totals: Sequence[Total]) -> None:
        """All its tables stand."""
        amounts = [t.delivered_amount or Decimal(0) for t in totals if t.table_name == _MONEY_TABLE]
        done = replace(self.delivered, amount=sum(amounts, Decimal(0)))
        self.log.note(DeliveryState.ACCEPTED, done)
        self.publish("released" if self._was_released() else "accepted")

    def publish(self, outcome: str, why: str = "") -> None:
        """Write the night's quality page."""
        self.report.outcome, self.report.why = outcome, why
        self.report.history = self.log.history(self.delivered.business_date)
        publish(self.folder, self.report.files())

    @property
    def page(self) -> Path:
        """Where the quality page lies."""
        return self.folder / PAGE

    def _was_released(self) -> bool:
        mine = [
            row
            for row in self.log.history(self.delivered.business_date)
            if row["fingerprint"] == self.delivered.fingerprint
        ]
        return any(row["state"] == DeliveryState.RELEASED for row in mine)


@contextmanager
def noted_delivery(work: IntakeWork) -> Iterator[Course]:
    """Note that the night's delivery was received, and that it was held or refused when the block says so."""
    settings, hashes = work.night.settings, work.hashes
    log = DeliveryLog(work.night.place.lake.address)
    delivered = LoggedDelivery(work.date, work.mapping.source, "", fingerprint(sorted(hashes.items())), len(hashes))
    report = QualityReport(work.date, work.mapping.source)
    course = Course(log, delivered, report, settings.reports_dir / work.date.isoformat() / _folder(log, delivered))
    log.note(DeliveryState.RECEIVED, course.delivered)
    try:
        yield course
    except HeldError as error:
        log.note(DeliveryState.HELD, course.delivered, why=error.what)
        course.publish("held", error.what)
        raise
    except (DeliveryError, GateError) as error:
        log.note(DeliveryState.REFUSED, course.delivered, why=error.what)
        course.publish("refused", error.what)
        raise


def _folder(log: DeliveryLog, delivered: LoggedDelivery) -> str:
    """The page's folder. A second delivery of a night that stands must not take the place of the first one's page."""
    nights = [n for n in log.current() if n.delivery.business_date == delivered.business_date]
    others = [n for n in nights if n.state is DeliveryState.ACCEPTED and n.delivery.key != delivered.key]
    return f"{FOLDER}-{delivered.fingerprint[:8]}" if others else FOLDER


@contextmanager
def scratch_in(vault: Vault) -> Iterator[Path]:
    """A folder for readable copies of delivered files, which name persons: in the vault, and gone with the block.

    What a killed run left there goes first.
    """
    vault.prepare()
    scratch = vault.scratch
    scratch.sweep()
    with scratch.folder("delivery") as folder:
        yield folder
