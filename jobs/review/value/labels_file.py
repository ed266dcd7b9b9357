"""Outcomes as a file of labels, which `fundwatch evaluate --truth` reads and from which a model may learn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from fundwatch.cells import csv_for_people
from fundwatch.lake.lock import refuse_no_lake
from fundwatch.lake.store import Lake
from fundwatch.places import put_file
from fundwatch.settings import Settings
from jobs.review.outcomes.people_said import PeopleSaid
from jobs.review.value.read_value import outcomes_in
from leads.ledger.labels import OutcomeLabel, labels_of


@dataclass(frozen=True)
class LabelsWritten:
    """How many labels were known on the day, by what they say and why they were looked at, and where they lie."""

    as_of: date
    labels: int
    by_kind: Mapping[str, int]
    by_choice: Mapping[str, int]
    file: Path

    def as_json(self) -> dict[str, Any]:
        return {"as_of": self.as_of, "labels": self.labels, "by_kind": dict(self.by_kind),
                "by_choice": dict(self.by_choice), "file": self.file}  # fmt: skip


def write_labels(settings: Settings, as_of: date, file: Path) -> LabelsWritten:
    """Write what was known as of the day. Raises NotReadyError without a lake."""
    refuse_no_lake(settings.lake_address)
    lake = Lake(settings.lake_address)
    labels = labels_of(outcomes_in(lake, as_of), PeopleSaid(lake.address).lines, as_of)
    table = csv_for_people(OutcomeLabel.columns(), (label.cells() for label in labels))
    put_file(file, table.content)
    kinds, choices = (Counter(getattr(label, name) for label in labels) for name in ("kind", "chosen_by"))
    return LabelsWritten(as_of, len(labels), dict(kinds), dict(choices), file)
