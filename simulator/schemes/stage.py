"""A stage: where one instance of one scheme is played, with a cast of its own.

Whatever is staged is added to the honest world: new people (who also live an ordinary life), new
encounters, where needed a new doctor or hospital. No honest row changes, so that the same world can be
looked at with and without.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from simulator.life import free_of, ordinary_life
from simulator.mishaps import Mishaps, settle_with_mishaps
from simulator.people import Person, make_person, with_death
from simulator.providers import Doctor, Institution, make_doctor, make_hospital
from simulator.records import Label, Line, Visit
from simulator.settling import settle
from simulator.streams import Hand
from simulator.world import World

# Days around a staged event that the cast's ordinary life leaves free: what is found there was staged.
_MARGIN = 16


@dataclass(slots=True)
class Stage:
    """One instance being played."""

    world: World
    scheme: Scheme
    instance: int
    hand: Hand
    people: list[Person] = field(default_factory=list)
    hospitals: list[Institution] = field(default_factory=list)
    staff: list[tuple[Institution, Doctor]] = field(default_factory=list)
    ordinary: list[Visit] = field(default_factory=list)  # befallen by the same mishaps as everyone's
    staged: list[Visit] = field(default_factory=list)  # arrive just as staged, so that the labels hold
    labels: list[Label] = field(default_factory=list)

    def any_day(self) -> date:
        """Any day of the history."""
        scenario = self.world.scenario
        return scenario.history_start + timedelta(days=self.hand.between(0, scenario.days))

    def start(self, days: int) -> date:
        """A day with at least `days` days left after it; one in four has hardly more, to be news."""
        scenario = self.world.scenario
        latest = max(0, scenario.days - days)
        earliest = max(0, latest - 2) if self.hand.chance(0.25) else 0
        return scenario.history_start + timedelta(days=self.hand.between(earliest, latest))

    def person(
        self,
        first: date,
        last: date,
        *,
        sex: str = "",
        age: tuple[int, int] = (20, 85),
        conditions: tuple[str, ...] | None = None,
        death: date | None = None,
    ) -> Person:
        """Somebody new, with an ordinary life that leaves the days from `first` to `last` to the scheme."""
        scenario = self.world.scenario
        person = make_person(self.hand, scenario.history_start, sex=sex, age=age, conditions=conditions)
        if death is not None:
            with_death(self.hand, person, death)
        life = ordinary_life(self.hand, person, self.world.providers, scenario.history_start, scenario.last_day)
        margin = timedelta(days=_MARGIN)
        self.ordinary += free_of(life, first - margin, last + margin)
        self.people.append(person)
        return person

    def bystander(self, day: date) -> Person:
        """An honest person who lives and has nothing else to do that day."""
        while True:
            person = self.hand.pick(self.world.people)
            if person.death is None and not {day, day + timedelta(days=1)} & self.world.busy_days[person.psn_no]:
                return person

    def hospital(self, *levels: str) -> Institution:
        """A hospital of the honest world."""
        return self.hand.pick(self.world.providers.of_level(*levels))

    def new_hospital(self, level: str, name: str, *, beds: int) -> Institution:
        """A hospital of the scheme's own."""
        place = make_hospital(self.hand, level, name, beds=beds)
        self.hospitals.append(place)
        return place

    def new_doctor(self, place: Institution, department: str) -> Doctor:
        """A doctor of the scheme's own at an honest hospital."""
        doctor = make_doctor(self.hand, department)
        self.staff.append((place, doctor))
        return doctor

    def play(self, visit: Visit) -> Visit:
        """Put an encounter on stage."""
        self.staged.append(visit)
        return visit

    def add(self, visit: Visit) -> None:
        """One encounter of a pattern that bears the loss of a few."""
        self.ordinary.append(visit)

    def label_lines(self, visit: Visit, lines: Sequence[Line]) -> None:
        """These lines are what was staged."""
        for line in lines:
            self._label("line", visit, line, line.at.date())

    def label_visits(self, *visits: Visit) -> None:
        """These encounters are what was staged."""
        for visit in visits:
            self._label("encounter", visit, None, visit.begin.date())

    def label_patient(self, person: Person, day: date | None = None) -> None:
        """This person (on that day) is what was staged."""
        grain = "patient" if day is None else "patient_day"
        self._add(entity_type=grain, psn_no=person.psn_no, service_date=str(day or ""))

    def label_doctor(self, place: Institution, doctor: Doctor) -> None:
        """This doctor is what was staged."""
        self._add(entity_type="doctor", fixmedins_code=place.code, dr_code=doctor.code)

    def label_institution(self, place: Institution, day: date | None = None) -> None:
        """This institution (on that day) is what was staged."""
        grain = "institution" if day is None else "institution_day"
        self._add(entity_type=grain, fixmedins_code=place.code, service_date=str(day or ""))

    def _label(self, entity_type: str, visit: Visit, line: Line | None, day: date) -> None:
        self._add(
            entity_type=entity_type,
            psn_no=visit.person.psn_no,
            mdtrt_id=visit.id,
            feedetl_sn=line.id if line else "",
            fixmedins_code=visit.place.code,
            dr_code=visit.doctor.code if visit.doctor else "",
            service_date=str(day),
        )

    def _add(self, entity_type: str, **keys: str) -> None:
        scheme = self.scheme
        self.labels.append(
            Label(scheme.name, self.instance, scheme.kind, scheme.rule_id, entity_type=entity_type, **keys)
        )


@dataclass(frozen=True, slots=True)
class Scheme:
    """One kind of staged behaviour. `rule_id` is '' when only a model can see it."""

    name: str
    kind: Literal["scheme", "lookalike"]
    rule_id: str
    per_thousand: float  # instances per thousand persons
    act: Callable[[Stage], None]

    def instances(self, persons: int, scale: float) -> int:
        """How often it is played: at least once, unless nothing is staged at all."""
        return 0 if scale == 0 else max(1, round(self.per_thousand * persons / 1000 * scale))


def stage_all(world: World, schemes: Sequence[Scheme], mishaps: Mishaps) -> list[Stage]:
    """Every instance played and settled; each draws from its own stream and knows of no other."""
    scenario, played = world.scenario, []
    for scheme in schemes:
        for n in range(scheme.instances(scenario.persons, scenario.scheme_scale)):
            part = f"scheme/{scheme.name}/{n}"
            stage = Stage(world, scheme, n + 1, Hand(scenario.seed, part))
            scheme.act(stage)
            settle_with_mishaps(scenario.seed, part, stage.ordinary, scenario.last_day, mishaps)
            for visit in stage.staged:
                settle(scenario.seed, visit)
            played.append(stage)
    return played
