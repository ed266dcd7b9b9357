"""Where schemes of the town are played: at the places that are partly crooked, by those in them who take part.

Look-alikes happen anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from simulator.care.records import Visit
from simulator.city.conduct import STRAIGHT_WEIGHT, takes_part, weight_of
from simulator.city.providers import Institution
from simulator.streams import Hand


def chosen(hand: Hand, places: Sequence[Institution], count: int) -> list[Institution]:
    """Up to `count` different places for a scheme, the crooked ones rather than others."""
    left, found = list(places), list[Institution]()
    while left and len(found) < count:
        weights = [weight_of(place.code) for place in left]
        at, n = hand.random() * sum(weights), 0
        while n < len(left) - 1 and at >= weights[n]:
            at -= weights[n]
            n += 1
        found.append(left.pop(n))
    return found


def by_those_who_take_part(hand: Hand, visit: Visit) -> None:
    """At a crooked hospital, somebody of the department who takes part instead of any doctor on duty."""
    place, doctor = visit.place, visit.doctor
    if doctor is None or place.is_pharmacy or weight_of(place.code) == STRAIGHT_WEIGHT or doctor not in place.doctors:
        return
    others = place.on_duty(visit.begin.date(), doctor.department)
    own = [other for other in others if other.department == doctor.department and takes_part(other.code)]
    if not own or takes_part(doctor.code):
        return
    visit.doctor = hand.pick(own)
    for line in visit.lines:
        if line.doctor is doctor:
            line.doctor = visit.doctor
