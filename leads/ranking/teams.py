"""Which team takes which lead: by region and kind of subject, within what the team can take; nothing is lost.

Teams are declared in `conf/teams/<name>.yaml`. A lead goes to a team that covers it and has room left, the first of the
list first; one that a team holds already stays with it. What fits nowhere is carried over, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from fundwatch.contracts.entities import ENTITIES
from fundwatch.declared import Declared, read_declared
from fundwatch.resources import conf_file

Subject = tuple[str, str]
NO_TEAM = "没有负责该地区或对象的小组 no team covers it"
NO_ROOM = "负责的小组已满,结转 the teams that cover it are full: carried over"


class Team(Declared):
    """One team. `capacity` is how many leads it can have at a time. `regions` are region codes of institutions, or
    their beginnings; `subjects` kinds of subject; an empty one is all."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")
    zh: str = Field(min_length=1)
    capacity: int = Field(ge=1, le=10_000)
    regions: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()

    def covers(self, lead: LeadToGive) -> bool:
        """Whether the lead is of the team's kind and region; one of an unknown place is of no region."""
        is_kind = not self.subjects or lead.subject[0] in self.subjects
        is_place = not self.regions or any(place.startswith(self.regions) for place in lead.regions)
        return is_kind and is_place


class Teams(Declared):
    """`conf/teams/<name>.yaml`."""

    teams: tuple[Team, ...] = ()


@dataclass(frozen=True)
class LeadToGive:
    """A listed lead, in order of place, and the region codes of the institutions that it is about."""

    lead_id: str
    place: int
    subject: Subject
    regions: tuple[str, ...] = ()


@dataclass(frozen=True)
class GivenLead:
    """Where a lead went: to a team, or nowhere (empty), and why."""

    lead_id: str
    place: int
    team: str
    why_not: str = ""


def give_out(leads: Iterable[LeadToGive], teams: Sequence[Team], held: Mapping[Subject, str]) -> list[GivenLead]:
    """Grain: lead. `held` says which team holds a subject's open case: that takes of its room, listed tonight or not.

    Of several teams that cover a lead the one with most room left takes it, among equals the one declared first.
    """
    known = {team.name for team in teams}
    room = {team.name: team.capacity - sum(holder == team.name for holder in held.values()) for team in teams}
    given = []
    for lead in sorted(leads, key=lambda one: (one.place, one.lead_id)):
        if held.get(lead.subject) in known:
            given.append(GivenLead(lead.lead_id, lead.place, held[lead.subject]))
            continue
        covering = [team.name for team in teams if team.covers(lead)]
        free = [name for name in covering if room[name] > 0]
        if not free:
            given.append(GivenLead(lead.lead_id, lead.place, "", NO_ROOM if covering else NO_TEAM))
            continue
        team = max(free, key=lambda name: room[name])
        room[team] -= 1
        given.append(GivenLead(lead.lead_id, lead.place, team))
    return given


def read_teams(name: str, overlay: Path | None) -> Teams:
    """The teams that are declared. Raises CatalogueError naming every problem of the file."""
    return read_declared(Teams, conf_file("teams", name, overlay), "the teams do not hold", also=_problems)


def _problems(given: Teams) -> Iterator[str]:
    names = [team.name for team in given.teams]
    yield from (f"teams.{name}: is there twice" for name in sorted({n for n in names if names.count(n) > 1}))
    for team in given.teams:
        for kind in team.subjects:
            if kind not in ENTITIES:
                yield f"teams.{team.name}.subjects: no such kind '{kind}'; there are {', '.join(ENTITIES)}"


def carried_text(given: Sequence[GivenLead]) -> str:
    """How many leads went to which team, and how many are carried over and why; empty without teams."""
    if not given:
        return ""
    by_team = {name: sum(one.team == name for one in given) for name in dict.fromkeys(g.team for g in given if g.team)}
    left = {
        why: sum(one.why_not == why for one in given) for why in dict.fromkeys(g.why_not for g in given if g.why_not)
    }
    parts = [f"{name} {count}" for name, count in by_team.items()] + [f"{why} {count}" for why, count in left.items()]
    return f"分派 Teams: {', '.join(parts)}"
