"""How many alerts analysis rules raise on simulated worlds, as `python -m scripts.measure_alerts` put them down.

An alert is a hit; its share is of the settlements of the scanned days, for it is these that somebody would have to look
at. Guangxi screened 180,000 settlements and kept 1.75 %: active rules together stay within that.
"""

from __future__ import annotations

import csv
from dataclasses import astuple, dataclass, fields
from datetime import date
from functools import cache
from importlib.resources import files
from io import StringIO

BUDGET = 0.0175  # alerts per settlement, all active rules together
_FILE = "measured.csv"


@dataclass(frozen=True)
class MeasuredAlerts:
    """What a version of a rule judged and hit on the night of a world that a seed made, of so many settlements."""

    rule_id: str
    rule_version: str
    world: str
    seed: int
    night: date
    judged: int
    hits: int
    settlements: int

    @property
    def words(self) -> str:
        """The share, and where it was measured."""
        return f"{self.alert_share:.3%} ({self.hits}/{self.judged}; {self.world} {self.seed})"

    @property
    def alert_share(self) -> float:
        """Alerts per settlement."""
        return self.hits / self.settlements if self.settlements else 0.0

    def row(self) -> tuple[object, ...]:
        """The values of COLUMNS."""
        return astuple(self)


def alerts_of(rule_id: str, version: str) -> list[MeasuredAlerts]:
    """What was measured of the rule as it is defined now."""
    return [one for one in measured_alerts() if (one.rule_id, one.rule_version) == (rule_id, version)]


COLUMNS = tuple(one.name for one in fields(MeasuredAlerts))


@cache
def measured_alerts() -> tuple[MeasuredAlerts, ...]:
    """Every measurement that ships, by rule, world and seed."""
    text = (files("rules") / "analysis" / _FILE).read_text(encoding="utf-8")
    return tuple(
        MeasuredAlerts(
            row["rule_id"], row["rule_version"], row["world"], int(row["seed"]), date.fromisoformat(row["night"]),
            int(row["judged"]), int(row["hits"]), int(row["settlements"]),
        )
        for row in csv.DictReader(StringIO(text, newline=""))
    )  # fmt: skip
