"""How near a delivered world is to published figures: `python -m simulator.calibration LANDING FOLDER`.

Compares figure by figure with the tolerance stated in data/published.csv and writes calibration.md and
calibration.json. It reads the delivered files, not the simulator's objects. "Settlement numbers" of the
published table (2.5 a visit) are compared with order sheets, which is what such a city numbers.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from simulator.calibration.measures import measured


@dataclass(frozen=True, slots=True)
class Comparison:
    """One published figure and the world's; `tolerance` is relative to the published one."""

    measure: str
    statistic: str
    published: float
    measured: float | None
    tolerance: float
    source: str

    @property
    def difference(self) -> float | None:
        """Relative difference; None when the world does not have the figure."""
        if self.measured is None:
            return None
        if self.published == 0:
            return self.measured
        return self.measured / self.published - 1

    @property
    def agrees(self) -> bool:
        """Within the tolerance; a figure of zero must be zero."""
        return self.difference is not None and abs(self.difference) <= self.tolerance


def published() -> list[Comparison]:
    """The published figures, not yet measured."""
    path = Path(__file__).parent.parent / "data" / "published.csv"
    with path.open(encoding="utf-8", newline="") as text:
        return [
            Comparison(
                row["measure"], row["statistic"], float(row["value"]), None, float(row["tolerance"]), row["source"]
            )
            for row in csv.DictReader(text)
        ]


def compared(figures: Mapping[tuple[str, str], float]) -> list[Comparison]:
    """Every published figure beside the world's."""
    return [
        Comparison(
            figure.measure,
            figure.statistic,
            figure.published,
            figures.get((figure.measure, figure.statistic)),
            figure.tolerance,
            figure.source,
        )
        for figure in published()
    ]


def as_markdown(comparisons: Sequence[Comparison]) -> str:
    """A table of all figures, and before it where the world differs."""
    agreeing = sum(comparison.agrees for comparison in comparisons)
    lines = ["# Calibration", "", f"{agreeing} of {len(comparisons)} figures agree within their tolerance.", ""]
    apart = [c for c in comparisons if not c.agrees]
    if apart:
        lines += ["## Where the world differs", ""]
        lines += [f"- {c.measure} ({c.statistic}): {_text(c.measured)} instead of {_text(c.published)}" for c in apart]
        lines.append("")
    lines += ["## All figures", "", "| measure | statistic | published | measured | difference | tolerance | agrees |"]
    lines.append("|---|---|---|---|---|---|---|")
    for c in comparisons:
        text = "" if c.difference is None else f"{c.difference:+.0%}"
        lines.append(
            f"| {c.measure} | {c.statistic} | {_text(c.published)} | {_text(c.measured)} | {text} "
            f"| {c.tolerance:.0%} | {'yes' if c.agrees else 'no'} |"
        )
    return "\n".join(lines) + "\n"


def as_json(comparisons: Sequence[Comparison]) -> str:
    """The same, for programs."""
    rows = [asdict(c) | {"difference": c.difference, "agrees": c.agrees} for c in comparisons]
    return json.dumps(rows, ensure_ascii=False, indent=2) + "\n"


def calibrate(landing: Path, folder: Path) -> list[Comparison]:
    """Compare a landing zone with the published figures and write both reports into the folder."""
    comparisons = compared(measured(landing))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "calibration.md").write_text(as_markdown(comparisons), encoding="utf-8")
    (folder / "calibration.json").write_text(as_json(comparisons), encoding="utf-8")
    return comparisons


def _text(value: float | None) -> str:
    if value is None:
        return "not delivered"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Compare a delivered world with published figures.")
    parser.add_argument("landing", type=Path)
    parser.add_argument("folder", type=Path)
    chosen = parser.parse_args(arguments)
    calibrate(chosen.landing, chosen.folder)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
