"""Beds and machines in proportion to the people a region has.

Honest stays fill bed slots, so that the honest census never exceeds the beds; on top of them every hospital
with wards has room for what the scenario stages in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, sqrt

from simulator.city.conduct import weight_of

STAYS_PER_PERSON_YEAR = 0.20  # about one admission per five insured and year, as nationwide bulletins say
MEAN_NIGHTS = 8.2
SLOT_OCCUPANCY = 0.95
LEVEL_SHARE = {"1": 0.42, "2": 0.45, "3": 0.13}  # of all bed-days
# Of approved beds, honest use: the larger the hospital, the fuller. Together 85 to 94 % (calibration: above 94 % in one
# pilot); by level only the order is known.
_OCCUPANCY = {"1": 0.95, "2": 0.90, "3": 0.80}
# In-patients staged over a quarter, by level: so many wherever anything is staged, and so many per person at scale 1.
_STAGED = {"1": (0.6, 0.00038), "2": (1.9, 0.00095), "3": (0.0, 0.0)}
_FEWEST_BEDS = 2  # a hospital with wards has some, whether or not honest slots fall to it
_BUSIEST, _TOGETHER = 3, 4  # deviations above the mean, and people who come together: a family, guests of a feast
_MACHINES = {  # at a hospital for so many people: (per 10,000 persons of its catchment, at least)
    "1": {"CT": (1, 2), "MRI": (1, 1), "DIALYSIS": (12, 10), "US": (3, 3), "ECG": (2, 2), "DR": (1, 2),
          "ENDO": (2, 2), "PFT": (1, 1), "REHAB": (3, 3)},
    "2": {"CT": (1, 1), "MRI": (1, 1), "DIALYSIS": (10, 6), "US": (2, 2), "ECG": (2, 1), "DR": (1, 1),
          "ENDO": (1, 1), "PFT": (1, 1), "REHAB": (2, 2)},
    "3": {"US": (2, 1), "ECG": (1, 1), "DR": (1, 1), "REHAB": (1, 1), "CT": (0, 1)},
}  # fmt: skip


def bed_slots(persons: int, level: str) -> int:
    """Bed slots that honest stays of this level keep occupied."""
    demand = persons * STAYS_PER_PERSON_YEAR * MEAN_NIGHTS / 365 * LEVEL_SHARE[level]
    return max(1, ceil(demand / SLOT_OCCUPANCY))


def staged_in(persons: int, level: str, hospitals: Sequence[str], scale: float) -> dict[str, float]:
    """In-patients staged on an average day in each hospital, by code: half anywhere, half where it is crooked."""
    always, per_person = _STAGED[level]
    together = always * (scale > 0) + persons * per_person * scale
    weights = {code: weight_of(code) for code in hospitals}
    whole = sum(weights.values())
    return {code: together * (0.5 / len(weights) + 0.5 * weight / whole) for code, weight in weights.items()}


def beds_for(slots: int, staged: float, level: str) -> int:
    """Approved beds of one hospital: as full as is usual at its level, and enough for the busiest day."""
    used = slots * SLOT_OCCUPANCY + staged
    busiest = ceil(staged + _BUSIEST * sqrt(staged)) + _TOGETHER if staged else 0
    return max(_FEWEST_BEDS, slots + busiest, round(used / _OCCUPANCY[level]))


def machines(level: str, catchment: int) -> dict[str, int]:
    """Machines by kind of a hospital for so many people."""
    return {kind: max(least, ceil(per * catchment / 10_000)) for kind, (per, least) in _MACHINES[level].items()}
