"""Labelled synthetic claims: `simulate(scenario, landing, truth)` writes deliveries and, apart, the truth."""

from __future__ import annotations

from simulator.faults.spoiling import take_resent
from simulator.scenario.scenario import Scenario, ScenarioError
from simulator.simulation import NightSummary, Summary, simulate

__all__ = ["NightSummary", "Scenario", "ScenarioError", "Summary", "simulate", "take_resent"]
