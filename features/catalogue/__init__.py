"""The catalogue of indicators: what is measured each day and window, and what it says about an entity."""

from __future__ import annotations

from features.catalogue.catalogue import Catalogue, NamedIndicator
from features.catalogue.declaration import Indicator, Measure, Source
from features.catalogue.loader import load_catalogues, shown_catalogue
from features.catalogue.running import runnable

__all__ = [
    "Catalogue",
    "Indicator",
    "Measure",
    "NamedIndicator",
    "Source",
    "load_catalogues",
    "runnable",
    "shown_catalogue",
]
