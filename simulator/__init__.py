"""Labelled synthetic claims: `simulate(scenario, landing, truth)` writes deliveries and, apart, the truth."""

from __future__ import annotations

from simulator.faults.spoiling import take_resent
from simulator.scenario.scenario import Scenario, ScenarioError
from simulator.scenario.sizing import scenario_for_lines
from simulator.simulation import NightSummary, Summary, simulate

__all__ = ["NightSummary", "Scenario", "ScenarioError", "Summary", "scenario_for_lines", "simulate", "take_resent"]
