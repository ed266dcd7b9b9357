"""A scheme, one kind of staged behaviour; and a stage, where one instance of it is played with a cast of its own.

Whatever is staged is added to the honest world: new people (who also live an ordinary life), new
encounters, where needed a new doctor or hospital. No honest row changes, so that the same world can be
looked at with and without; only what a settlement of somebody who takes part comes to rests on all of the year.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Literal

from simulator.care.life import free_of, ordinary_life
from simulator.care.records import Label, Line, Visit
from simulator.city.people import Person, make_person, with_death
from simulator.city.providers import Doctor, Institution, make_doctor, make_hospital, make_pharmacy
from simulator.honest_world import World
from simulator.staging.crooked import by_those_who_take_part, chosen
from simulator.streams import Hand, T, number_of

# Days around a staged event that the cast's ordinary life leaves free: what is found there was staged.
_MARGIN = 16
_NEWS, _LONG_NEWS, _LONG = 0.25, 0.10, 4  # shares, and from how many days on it is long
_KNOWN_SHARE, _KNOWN_BYSTANDERS = 0.7, 0.2  # of a cast and of bystanders that may be, are looked for among those few
_TRIES = 200  # to find a bystander before somebody new is made


# Groups of the rule catalogue, by the letters of a rule id.
CATEGORIES = {
    "FQ": "频繁就医", "HC": "超高费用", "OD": "超量用药", "OT": "过度诊疗", "RT": "重复诊疗", "IM": "不合理用药",
    "IA": "不合理入院", "ID": "冒名就医", "FK": "虚假就医", "SA": "分解住院", "SW": "串换", "UB": "分解收费",
    "DC": "重复收费", "OP": "超标准收费", "SC": "支付范围", "PH": "药店", "XR": "异地", "RG": "团伙", "TC": "追溯码",
    "DG": "DRG/DIP高套", "IN": "机构管理与指标", "DQ": "数据质量", "PS": "个人与待遇", "OV": "其它违规行为",
}  # fmt: skip
_GOLDEN = 0.6180339887498949  # steps of it never crowd
# How many of the instances are plain, careful and well disguised.
DISGUISE_SHARES = (0.5, 0.3, 0.2)


@dataclass(frozen=True, slots=True)
class Scheme:
    """One kind of staged behaviour. `rule_id` is '' when only a model can see it; `group` then names its category.

    `levels` are the disguises it knows: 0 plain, 1 careful (below simple thresholds, varied), 2 well disguised
    (mixed with real care). Look-alikes have nothing to hide and are always plain.
    """

    name: str
    kind: Literal["scheme", "lookalike"]
    rule_id: str
    per_thousand: float  # instances per thousand persons
    act: Callable[[SchemeStage], None]
    levels: tuple[int, ...] = (0, 1, 2)
    actor: str = ""  # patient, doctor, institution, ring, employer, staff; '' as the first label tells
    group: str = ""
    brings_its_crowd: bool = False  # honest patients of its own places are part of what is played

    @property
    def category(self) -> str:
        """The group of the rule catalogue it belongs to."""
        return self.group or CATEGORIES.get(self.rule_id[:2], "")

    def instances(self, persons: int, scale: float) -> int:
        """How often it is played: at least once, unless nothing is staged at all."""
        return 0 if scale == 0 else max(1, round(self.per_thousand * persons / 1000 * scale))

    def draw(self, hand: Hand, instance: int, shares: Sequence[float]) -> tuple[int, float]:
        """Disguise level and intensity (1.0 as described) of one instance, numbered from 1.

        The instances of a scheme are spread evenly over the shares from a place of its own on: over few instances
        of many schemes as over many of one the levels come as often as was asked.
        """
        if self.kind == "lookalike":
            return 0, 1.0
        intensity = 0.7 + hand.between(0, 35) / 50
        weights = [shares[level] for level in self.levels]
        at = (number_of(hand.seed, "disguise", self.name) / 2**63 + instance * _GOLDEN) % 1.0 * sum(weights)
        for level, weight in zip(self.levels, weights, strict=True):
            if at < weight:
                return level, intensity
            at -= weight
        return self.levels[-1], intensity


@dataclass(slots=True)
class SchemeStage:
    """One instance being played: how well it hides (`disguise` 0, 1, 2) and how strong it is (1.0 as described)."""

    world: World
    scheme: Scheme
    instance: int
    hand: Hand
    disguise: int = field(init=False, default=0)
    intensity: float = field(init=False, default=1.0)
    people: list[Person] = field(default_factory=list)
    hospitals: list[Institution] = field(default_factory=list)  # of the scheme's own, pharmacies too
    staff: list[tuple[Institution, Doctor]] = field(default_factory=list)
    ordinary: list[Visit] = field(default_factory=list)  # befallen by the same mishaps as everyone's
    staged: list[Visit] = field(default_factory=list)  # arrive just as staged, so that the labels hold
    labels: list[Label] = field(default_factory=list)
    waived: dict[str, int] = field(default_factory=dict)  # encounter -> cents the patient is left to pay
    days: list[date] = field(default_factory=list)  # on which something was played
    actor: tuple[str, str] = ("", "")  # its type and id, where the first label does not tell
    _met: set[str] = field(default_factory=set)
    _homes: set[str] = field(default_factory=set)  # households that have taken somebody of the cast in

    def __post_init__(self) -> None:
        shares = getattr(self.world.scenario, "disguise_shares", DISGUISE_SHARES)
        chance = Hand(self.hand.seed, f"{self.hand.part}/disguise")
        self.disguise, self.intensity = self.scheme.draw(chance, self.instance, shares)

    def by_level(self, plain: T, careful: T, hidden: T) -> T:
        """What this instance does at its level of disguise."""
        return (plain, careful, hidden)[self.disguise]

    def scaled(self, count: int, *, least: int = 1) -> int:
        """A count at this instance's intensity, at least `least`."""
        return max(least, round(count * self.intensity))

    def any_day(self) -> date:
        """Any day of the history."""
        scenario = self.world.scenario
        return scenario.history_start + timedelta(days=self.hand.between(0, scenario.days))

    def start(self, days: int) -> date:
        """A day with at least `days` days left after it; one in four has hardly more, to be news; of long ones

        one in ten: more would lie in hospital together in the last week.
        """
        scenario = self.world.scenario
        latest = max(0, scenario.days - days)
        is_news = self.hand.chance(_LONG_NEWS if days >= _LONG else _NEWS)
        earliest = max(0, latest - 2) if is_news else 0
        return scenario.history_start + timedelta(days=self.hand.between(earliest, latest))

    def moment(self, day: date, first_hour: int, last_hour: int) -> datetime:
        """A second of that day from `first_hour` up to, not including, `last_hour`."""
        hand = self.hand
        return datetime.combine(day, time(hand.between(first_hour, last_hour - 1), hand.between(0, 59))) + timedelta(
            seconds=hand.between(0, 59)
        )

    def person(
        self,
        first: date,
        last: date,
        *,
        sex: str = "",
        age: tuple[int, int] = (20, 85),
        conditions: tuple[str, ...] | None = None,
        benefit: bool = False,
        death: date | None = None,
        street: str = "",
    ) -> Person:
        """Somebody new in a household of the town, whose ordinary life leaves the days from `first` to `last` free.

        With `benefit`, where it is what is abused, registered for it; otherwise as often as others with the conditions.
        """
        scenario, today = self.world.scenario, self.world.scenario.history_start
        abuses = bool(conditions) and self.scheme.kind == "scheme"
        person = make_person(self.hand, today, sex=sex, age=age, conditions=conditions, benefit=benefit, abuses=abuses)
        at_home = Hand(self.hand.seed, "/".join((self.hand.part, "home", str(len(self.people)))))
        self.world.homes.take_in(at_home, person, today, street=street, but=self._homes)
        self._homes.add(person.household)
        if death is not None:
            with_death(self.hand, person, death)
        life = ordinary_life(self.hand, person, self.world.providers, today, scenario.last_day)
        margin = timedelta(days=_MARGIN)
        self.ordinary += free_of(life, first - margin, last + margin)
        self.people.append(person)
        return person

    def somebody(
        self,
        first: date,
        last: date,
        *,
        sex: str = "",
        age: tuple[int, int] = (20, 85),
        conditions: tuple[str, ...] | None = None,
    ) -> Person:
        """Somebody new, or one of the few who take part in more than one scheme: left as the register has him.

        A look-alike has nobody of them: what somebody else stages with the same person would make it look like more.
        """
        if self.scheme.kind == "scheme" and self.hand.chance(_KNOWN_SHARE):
            margin = timedelta(days=_MARGIN)
            window = {first - margin + timedelta(days=n) for n in range((last - first).days + 2 * _MARGIN + 1)}
            fitting = [
                person
                for person in self.world.known_people
                if age[0] <= person.age_on(first) <= age[1]
                and sex in ("", person.sex)
                and conditions in (None, person.conditions)
                and person.death is None
                and person.is_here(first - margin)
                and person.is_here(last + margin)
                and not window & self.world.busy_days[person.psn_no]
                and person.psn_no not in self._met
            ]
            if fitting:
                person = self.hand.pick(fitting)
                self._met.add(person.psn_no)
                return person
        return self.person(first, last, sex=sex, age=age, conditions=conditions)

    def bystander(self, day: date, age: tuple[int, int] = (18, 95)) -> Person:
        """An honest person who lives and has nothing else to do that day, met once in an instance if possible."""
        fallback, near = None, {day, day + timedelta(days=1)}
        for _ in range(_TRIES):
            is_known = self.scheme.kind == "scheme" and self.hand.chance(_KNOWN_BYSTANDERS)
            person = self.hand.pick((is_known and self.world.known_people) or self.world.people)
            is_of_age = age[0] <= person.age_on(day) <= age[1]
            is_insured = person.death is None and person.is_here(day)
            if is_insured and is_of_age and not near & self.world.busy_days[person.psn_no]:
                if person.psn_no not in self._met:
                    self._met.add(person.psn_no)
                    return person
                fallback = person
        return fallback or self.person(day, day, age=age)

    def hospital(self, *levels: str) -> Institution:
        """A hospital of the honest world."""
        return self.hospitals_of(1, *levels)[0]

    def hospitals_of(self, count: int, *levels: str) -> list[Institution]:
        """Different hospitals of the honest world."""
        return self._some(self.world.providers.of_level(*levels), count)

    def pharmacy(self) -> Institution:
        """A pharmacy of the honest world."""
        return self.pharmacies(1)[0]

    def pharmacies(self, count: int) -> list[Institution]:
        """Different pharmacies of the honest world."""
        return self._some(self.world.providers.pharmacies, count)

    def _some(self, places: Sequence[Institution], count: int) -> list[Institution]:
        return (chosen if self.scheme.kind == "scheme" else Hand.some)(self.hand, places, count)

    def new_hospital(self, level: str, name: str, *, beds: int) -> Institution:
        """A hospital of the scheme's own."""
        place = make_hospital(self.hand, level, name, beds=beds)
        place.code = self._fresh(place.code, 5)
        for doctor in place.doctors:
            doctor.code = self._fresh(doctor.code, 6)
        self.hospitals.append(place)
        return place

    def new_pharmacy(self, name: str) -> Institution:
        """A pharmacy of the scheme's own, that fills the slips of honest doctors."""
        prescribers = [doctor for place in self.world.providers.hospitals for doctor in place.doctors]
        shop = make_pharmacy(self.hand, name, prescribers)
        shop.code = self._fresh(shop.code, 5)
        self.hospitals.append(shop)
        return shop

    def new_doctor(self, place: Institution, department: str) -> Doctor:
        """A doctor of the scheme's own at an honest hospital."""
        doctor = make_doctor(self.hand, department)
        doctor.code = self._fresh(doctor.code, 6)
        self.staff.append((place, doctor))
        return doctor

    def _fresh(self, code: str, digits: int) -> str:
        return self.world.fresh_serial(self.hand, digits, code[:-digits])

    def play(self, visit: Visit) -> Visit:
        """Put an encounter on stage."""
        self._done_by_those_who_take_part(visit)
        self.staged.append(visit)
        self.days += (visit.begin.date(), visit.end.date())
        return visit

    def add(self, visit: Visit) -> Visit:
        """One encounter of a pattern that bears the loss of a few."""
        self._done_by_those_who_take_part(visit)
        self.ordinary.append(visit)
        self.days += (visit.begin.date(), visit.end.date())
        return visit

    def _done_by_those_who_take_part(self, visit: Visit) -> None:
        if self.scheme.kind == "scheme" and visit.place not in self.hospitals:
            by_those_who_take_part(self.hand, visit)

    def waive(self, visit: Visit, left: int) -> None:
        """The hospital bears the patient's share but for `left` cents, and books it as another fund's."""
        self.waived[visit.id] = left

    def acted(self, actor_type: str, actor_id: str) -> None:
        """Who did it, where the first label does not tell."""
        self.actor = (actor_type, actor_id)

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

    def label_doctor(self, place: Institution, doctor: Doctor, day: date | None = None) -> None:
        """This doctor (on that day) is what was staged."""
        grain = "doctor" if day is None else "doctor_day"
        keys = {"fixmedins_code": place.code, "dr_code": doctor.code}
        self._add(entity_type=grain, service_date=str(day or ""), **keys)

    def label_institution(self, place: Institution, day: date | None = None) -> None:
        """This institution (on that day) is what was staged."""
        grain = "institution" if day is None else "institution_day"
        self._add(entity_type=grain, fixmedins_code=place.code, service_date=str(day or ""))

    def _label(self, entity_type: str, visit: Visit, line: Line | None, day: date) -> None:
        doctor = visit.doctor.code if visit.doctor else ""
        keys = {"psn_no": visit.person.psn_no, "mdtrt_id": visit.id, "feedetl_sn": line.id if line else ""}
        self._add(entity_type, fixmedins_code=visit.place.code, dr_code=doctor, service_date=str(day), **keys)

    def _add(
        self,
        entity_type: str,
        psn_no: str = "",
        mdtrt_id: str = "",
        feedetl_sn: str = "",
        fixmedins_code: str = "",
        dr_code: str = "",
        service_date: str = "",
    ) -> None:
        scheme = self.scheme
        named = (entity_type, psn_no, mdtrt_id, feedetl_sn, fixmedins_code, dr_code, service_date)
        self.labels.append(Label(scheme.name, self.instance, scheme.kind, scheme.rule_id, *named))

    def finish(self) -> None:
        """Say on every label who acted, from when to when, how strongly and how well disguised."""
        self.labels = finished(self)

    def waive_shares(self) -> None:
        """After settling: what the hospital bears moves to another fund; every sum still balances."""
        settlements = [
            settlement for visit in self.staged if visit.id in self.waived for settlement in visit.settlements
        ]
        for settlement in settlements:
            sums = settlement.sums
            borne = max(0, sums["cash_payamt"] - self.waived[settlement.visit.id])
            for name, cents in (("othfund_pay", borne), ("fund_pay_sumamt", borne), ("psn_pay", -borne)):
                sums[name] += cents
            sums["cash_payamt"] -= borne


_BY_GRAIN = {"patient": "patient", "patient_day": "patient", "doctor": "doctor", "doctor_day": "doctor"}


def finished(stage: SchemeStage) -> list[Label]:
    """The instance's labels, each with its actor, first and last day, intensity, disguise and category."""
    if not stage.labels:
        return []
    actor_type, actor_id = stage.actor if stage.actor[0] else _actor(stage)
    days = stage.days or [date.fromisoformat(label.service_date) for label in stage.labels if label.service_date]
    first, last = (str(min(days)), str(max(days))) if days else ("", "")
    return [
        replace(
            label, actor_type=actor_type, actor_id=actor_id, starts_on=first, ends_on=last,
            intensity=stage.intensity, disguise=stage.disguise, category=stage.scheme.category,
        )
        for label in stage.labels
    ]  # fmt: skip


def _actor(stage: SchemeStage) -> tuple[str, str]:
    """Who is behind it, by the scheme's word or by what the first label names; found in the labels or on stage."""
    scheme, label = stage.scheme, stage.labels[0]
    kind = scheme.actor or _BY_GRAIN.get(label.entity_type, "institution")
    visits = [*stage.staged, *stage.ordinary][:1]
    named = {
        "patient": [label.psn_no, *(visit.person.psn_no for visit in visits)],
        "doctor": [label.dr_code, *(visit.doctor.code for visit in visits if visit.doctor)],
        "institution": [label.fixmedins_code, *(visit.place.code for visit in visits)],
    }
    return kind, next((name for name in named.get(kind, []) if name), f"{scheme.name}/{label.instance}")
