"""Which files of a delivery are here again, and whether a batch stands for one content: pure decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from fundwatch.errors import DeliveryError, problems
from intake.files.delivery import Delivery, LandedFile


class FileState(StrEnum):
    """What became of a file that was delivered earlier."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True)
class RecordedFile:
    """What the lake remembers of a delivered file. `content_sha256` is null where an older version wrote the row."""

    business_date: date
    source: str
    batch_id: str
    file_name: str
    kind: str
    sha256: str
    content_sha256: str | None
    rows: int
    state: FileState = FileState.ACCEPTED

    def holds(self, file: LandedFile) -> bool:
        """Whether the file is this one, whatever its name, packing or encoding."""
        if self.kind != file.kind:
            return False
        if self.sha256 == file.measured.sha256:
            return True
        return self.content_sha256 is not None and self.content_sha256 == file.measured.content_sha256


@dataclass(frozen=True)
class Sorted:
    """The files of a delivery: those that an earlier night accepted, each with that record, and the others."""

    again: tuple[tuple[LandedFile, RecordedFile], ...]
    fresh: tuple[LandedFile, ...]

    def notes(self) -> list[str]:
        """Which files are here again, in words."""
        return [
            f"{file.name}: here again; accepted on {was.business_date} as {was.file_name} (batch {was.batch_id})"
            for file, was in self.again
        ]


def sort_delivery(delivery: Delivery, recorded: Sequence[RecordedFile]) -> Sorted:
    """Tell what is here again from what is new. The same night taken up once more is not "again".

    Only files that were accepted count: what was refused may be fixed and sent under the same batch. Part of a batch
    may be sent again. Raises DeliveryError naming each file whose batch stands with other content, and each that the
    delivery holds twice.
    """
    mine = [r for r in recorded if r.source == delivery.source and r.state is FileState.ACCEPTED]
    found = [*_twice(delivery.files), *_other_content(delivery, mine)]
    if found:
        raise DeliveryError(
            problems("the delivery does not stand beside what was accepted before", found),
            where=f"batch {delivery.batch_id}, {delivery.business_date}",
            do="have what is new sent as a batch of its own, and each file once",
        )
    # a later night does not change what an earlier one was, should that run again
    earlier = [r for r in mine if r.business_date < delivery.business_date]
    again, fresh = [], []
    for file in delivery.files:
        # nothing is nobody's copy
        record = next((r for r in earlier if r.holds(file)), None) if file.measured.rows else None
        if record is None:
            fresh.append(file)
        else:
            again.append((file, record))
    return Sorted(tuple(again), tuple(fresh))


def _twice(files: Sequence[LandedFile]) -> list[str]:
    seen: dict[tuple[str, str], str] = {}
    found = []
    for file in (one for one in files if one.measured.rows):
        content = file.kind, file.measured.content_sha256 or file.measured.sha256
        first = seen.setdefault(content, file.name)
        if first != file.name:
            found.append(f"{file.name}: holds the same as {first}")
    return found


def _other_content(delivery: Delivery, recorded: Sequence[RecordedFile]) -> list[str]:
    """Files that the batch did not hold when it was accepted."""
    batch = [r for r in recorded if r.batch_id == delivery.batch_id]
    if not batch:
        return []
    nights = ", ".join(sorted({str(r.business_date) for r in batch}))
    return [
        f"{file.name}: the batch {delivery.batch_id} was accepted on {nights} without this content"
        for file in delivery.files
        if not any(r.holds(file) for r in batch)
    ]
