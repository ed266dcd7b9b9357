"""What a check found of a mapping, in figures: nothing here could identify a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from intake.drafting.trial import FileColumns
from jobs.onboard.enables import Enabled
from jobs.onboard.scan_sample import SampleScanned

ReportRow = Mapping[str, Any]


@dataclass(frozen=True)
class Report:
    """What a mapping makes of a sample. Rows are counts, sums, dates and short codes.

    `unclaimed` says of each entry of the delivery that no file of the mapping takes what to do: a night holds it.
    """

    source: str
    night: date
    sample: int
    share_limit: float
    drift: tuple[str, ...]
    unclaimed: tuple[str, ...]
    files: tuple[FileColumns, ...]
    rows_of_files: Mapping[str, int]
    totals: tuple[ReportRow, ...]
    codes: tuple[ReportRow, ...]
    columns: tuple[ReportRow, ...]
    constants: frozenset[tuple[str, str]]
    unknown: Mapping[str, tuple[str, ...]]
    strange: tuple[ReportRow, ...]
    keys: tuple[ReportRow, ...]
    references: tuple[ReportRow, ...]
    scanned: SampleScanned
    enabled: tuple[Enabled, ...]

    def as_json(self) -> dict[str, Any]:
        """The same for programs."""
        return {**asdict(self), "constants": sorted(self.constants), "stopped_by_the_gate": self.too_faulty()}

    def too_faulty(self) -> list[str]:
        """The files whose share of faulty rows would stop a night."""
        return [t["file_name"] for t in self.totals if faulty_share(t) > self.share_limit]


def faulty_share(total: ReportRow) -> float:
    """The share of faulty rows among those that the source itself calls valid."""
    valid = total["delivered_lines"] - total["excluded_lines"]
    return (total["quarantined_lines"] - total["excluded_lines"]) / valid if valid else 0.0
