"""Staged behaviour: each scheme beside the honest look-alikes a detector must leave alone."""

from __future__ import annotations

from simulator.schemes.line_schemes import LINE_SCHEMES
from simulator.schemes.patterns import PATTERNS
from simulator.schemes.stage import Scheme, Stage, stage_all
from simulator.schemes.stay_schemes import STAY_SCHEMES
from simulator.schemes.visit_schemes import VISIT_SCHEMES

SCHEMES: tuple[Scheme, ...] = (*LINE_SCHEMES, *STAY_SCHEMES, *VISIT_SCHEMES, *PATTERNS)

__all__ = ["SCHEMES", "Scheme", "Stage", "stage_all"]
