"""The catalogue of indicators: what is measured each day, and what a window of days says about an entity."""

from __future__ import annotations

from features.catalogue.declaration import Catalogue, Indicator, Measure, NamedIndicator, Source
from features.catalogue.loader import load_catalogues, runnable

__all__ = [
    "Catalogue",
    "Indicator",
    "Measure",
    "NamedIndicator",
    "Source",
    "load_catalogues",
    "runnable",
]
