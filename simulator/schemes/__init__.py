"""Staged behaviour: each scheme beside the honest look-alikes a detector must leave alone."""

from __future__ import annotations

from simulator.schemes.laboratory_schemes import LABORATORY_SCHEMES
from simulator.schemes.line_schemes import LINE_SCHEMES
from simulator.schemes.medicine_schemes import MEDICINE_SCHEMES
from simulator.schemes.patterns import PATTERNS
from simulator.schemes.purchase_schemes import PURCHASE_SCHEMES
from simulator.schemes.stage import Scheme, Stage, play_one, stage_all
from simulator.schemes.stay_schemes import STAY_SCHEMES
from simulator.schemes.supply_schemes import SUPPLY_SCHEMES
from simulator.schemes.therapy_schemes import THERAPY_SCHEMES
from simulator.schemes.visit_schemes import VISIT_SCHEMES

SCHEMES: tuple[Scheme, ...] = (
    *LINE_SCHEMES, *STAY_SCHEMES, *VISIT_SCHEMES, *PATTERNS,
    *PURCHASE_SCHEMES, *SUPPLY_SCHEMES, *MEDICINE_SCHEMES, *LABORATORY_SCHEMES, *THERAPY_SCHEMES,
)  # fmt: skip

__all__ = ["SCHEMES", "Scheme", "Stage", "play_one", "stage_all"]
