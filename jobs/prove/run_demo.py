"""The first look: make a key, simulate deliveries, run their nights, and say what came out and how right it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from fundwatch.logs import log
from fundwatch.settings import Settings
from jobs.protect.manage_keys import make_missing_keys
from jobs.prove.evaluate_leads import Evaluated, evaluate_night
from jobs.prove.simulate_claims import deliver
from jobs.review.show_lead import NightList, night_list
from jobs.run_nights import NightReports, delivered_nights, run_nights
from simulator.scenario.scenario_file import read_scenario

PROFILE = "demo"
_PRESET = "demo"
_LISTED = 15


@dataclass(frozen=True)
class Demo:
    """The nights, the last list, and how right it is where that was asked for."""

    is_new: bool
    nights: NightReports
    shown: NightList
    evaluated: Evaluated | None

    def as_json(self) -> dict[str, Any]:
        """What every stage reports."""
        return {"is_new": self.is_new, "nights": self.nights.as_json()}


def run_demo(settings: Settings, last: date | None, *, with_evaluation: bool) -> Demo:
    """Everything up to `last`, or the preset's own last night. What lies there already is left as it is."""
    if made := make_missing_keys(settings):
        log.info("new keys: %s", ", ".join(map(str, made)))
    asked = {"nights.last": last, "seed": settings.seed}
    scenario = read_scenario(_PRESET, {key: value for key, value in asked.items() if value is not None})
    is_new = deliver(scenario, settings.landing_dir, settings.truth_dir)
    nights = run_nights(settings, delivered_nights(settings, scenario.nights[0], scenario.nights[-1]))
    return Demo(
        is_new=is_new or nights.is_new,
        nights=nights,
        shown=night_list(settings, nights.last, _LISTED),
        evaluated=evaluate_night(settings, nights.last, settings.truth_dir) if with_evaluation else None,
    )
