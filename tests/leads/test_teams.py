"""Leads fit teams: region, kind and room; nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from fundwatch.errors import CatalogueError
from leads.ranking.teams import NO_ROOM, NO_TEAM, GivenLead, LeadToGive, Team, carried_text, give_out, read_teams

NORTH = Team(name="north", zh="北片", capacity=2, regions=("3201",))
PERSONS = Team(name="persons", zh="参保人组", capacity=1, subjects=("patient",))


def lead(place: int, kind: str = "institution", *regions: str) -> LeadToGive:
    return LeadToGive(f"l{place}", place, (kind, f"s{place}"), regions)


def test_a_lead_goes_to_a_team_that_covers_it_and_what_does_not_fit_is_carried_over_with_the_reason() -> None:
    leads = [
        lead(4, "institution", "320104"),
        lead(1, "institution", "320102"),
        lead(2, "institution", "320102"),
        lead(3, "patient"),
        lead(5, "doctor", "3301"),
    ]
    given = give_out(leads, (NORTH, PERSONS), {})
    assert given == [
        GivenLead("l1", 1, "north"),
        GivenLead("l2", 2, "north"),
        GivenLead("l3", 3, "persons"),
        GivenLead("l4", 4, "", NO_ROOM),
        GivenLead("l5", 5, "", NO_TEAM),
    ]
    assert carried_text(given) == f"分派 Teams: north 2, persons 1, {NO_ROOM} 1, {NO_TEAM} 1"


def test_what_a_team_holds_stays_with_it_and_takes_its_room() -> None:
    held = {("institution", "s2"): "north", ("institution", "gone"): "north"}
    given = give_out([lead(1, "institution", "320102"), lead(2, "institution", "3301")], (NORTH,), held)
    assert [(one.lead_id, one.team) for one in given] == [("l1", ""), ("l2", "north")]


def test_of_two_teams_that_cover_a_lead_the_one_with_more_room_takes_it() -> None:
    other = Team(name="other", zh="另一组", capacity=3)
    given = give_out([lead(n, "institution", "3201") for n in range(4)], (NORTH, other), {})
    assert [one.team for one in given] == ["other", "north", "other", "north"]


def test_teams_that_do_not_hold_are_refused_with_every_fault(tmp_path: Path) -> None:
    assert read_teams("default", None).teams == ()
    (tmp_path / "teams").mkdir()
    team = "{name: a, zh: 甲, capacity: 1, subjects: [pharmacist]}"
    (tmp_path / "teams" / "own.yaml").write_text(f"teams: [{team}, {team}]", encoding="utf-8")
    with pytest.raises(CatalogueError) as caught:
        read_teams("own", tmp_path)
    assert "teams.a: is there twice" in str(caught.value)
    assert "no such kind 'pharmacist'" in str(caught.value)
