"""How far people with staged care stand out, beside published figures of people labelled as fraud.

`python -m simulator.calibration.contrast LANDING TRUTH` prints, for the chronic-benefit users of a delivered world,
each measure of those with staged care and of all, and the same two of one city (data/published_contrast.csv).
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from simulator.calibration.measures import half_years, statistics_of


@dataclass(frozen=True, slots=True)
class Contrast:
    """A measure of labelled persons and of all, published and in this world."""

    measure: str
    statistic: str
    published_labelled: float
    published_all: float
    labelled: float | None = None
    everybody: float | None = None

    @property
    def published_ratio(self) -> float | None:
        """How many times the labelled have of it, as published."""
        return self.published_labelled / self.published_all if self.published_all else None

    @property
    def ratio(self) -> float | None:
        """How many times the labelled have of it here; None where nobody has any."""
        return self.labelled / self.everybody if self.labelled is not None and self.everybody else None


def published_contrasts() -> list[Contrast]:
    """The published figures, not yet measured."""
    path = Path(__file__).parent.parent / "data" / "published_contrast.csv"
    with path.open(encoding="utf-8", newline="") as text:
        return [
            Contrast(row["measure"], row["statistic"], float(row["labelled"]), float(row["all"]))
            for row in csv.DictReader(text)
        ]


def contrasts(landing: Path, truth: Path) -> list[Contrast]:
    """Every published contrast beside the world's; labelled is whom a staged scheme's label names."""
    users, scale = half_years(landing)
    with (truth / "labels.csv").open(encoding="utf-8", newline="") as text:
        named = {row["psn_no"] for row in csv.DictReader(text) if row["kind"] == "scheme"}
    labelled = [own for number, own in users.items() if number in named]
    found = []
    for figure in published_contrasts():
        theirs, all_of_them = (
            statistics_of(figure.measure, people, scale).get(figure.statistic) for people in (labelled, users.values())
        )
        found.append(
            Contrast(
                figure.measure, figure.statistic, figure.published_labelled, figure.published_all, theirs, all_of_them
            )
        )
    return found


def as_markdown(found: Iterable[Contrast]) -> str:
    """The contrasts as a table."""
    lines = ["| measure | statistic | published labelled | all | × | labelled here | all | × |", "|" + "---|" * 8]
    for one in found:
        cells = (one.published_labelled, one.published_all, one.published_ratio, one.labelled, one.everybody, one.ratio)
        lines.append(f"| {one.measure} | {one.statistic} | " + " | ".join(_text(cell) for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _text(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Compare people with staged care with all, beside published figures.")
    parser.add_argument("landing", type=Path)
    parser.add_argument("truth", type=Path)
    chosen = parser.parse_args(arguments)
    print(as_markdown(contrasts(chosen.landing, chosen.truth)), end="")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
