"""Labelled synthetic claims: `simulate(scenario, landing, truth)` writes deliveries and, apart, the truth."""

from __future__ import annotations

from simulator.scenario import Scenario, ScenarioError
from simulator.simulation import NightSummary, Summary, simulate
from simulator.spoiling import take_resent

__all__ = ["NightSummary", "Scenario", "ScenarioError", "Summary", "simulate", "take_resent"]
