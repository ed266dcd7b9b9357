"""Fee lines that stand together: a person's lines at one place on one day, the lines of one order or one receipt."""

from __future__ import annotations

from rules.frames.declaration import Grain
from rules.frames.lines import LINES

_OF_ENCOUNTER = ("patient_id", "institution_id", "encounter_id")
GRAINS = (
    Grain(
        "patient_place_day", LINES, ("patient_id", "institution_id", "service_date"), ("patient_id", "institution_id")
    ),
    Grain(
        "stay_day",
        LINES,
        ("encounter_id", "service_date"),
        _OF_ENCOUNTER,
    ),
    Grain("receipt", LINES, ("encounter_id", "settlement_id"), _OF_ENCOUNTER),
)
