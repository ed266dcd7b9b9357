"""The detectors that are trained: what every entity type has a champion of, if it passes the gate."""

from __future__ import annotations

from collections.abc import Mapping

from models.detectors.detector import Detector
from models.detectors.isolation_forest import IsolationForest
from models.detectors.robust_peer import RobustPeer

DETECTORS: Mapping[str, type[Detector]] = {d.name: d for d in (RobustPeer, IsolationForest)}
