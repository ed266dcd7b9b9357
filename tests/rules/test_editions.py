"""Which editions are live on a night, by what people said of them. No lake here."""

from __future__ import annotations

from datetime import date
from typing import Any

from rules.knowledge.editions import EditionAction, EditionEntry, LiveEdition, imported, is_decided, live_editions

NIGHT, CHAIN = date(2026, 3, 31), ("CN", "330000")


def said(edition: str, **changes: Any) -> EditionEntry:
    """An approval since the night, changed where a test wants it."""
    usual: dict[str, Any] = {
        "entry_id": edition, "action": EditionAction.APPROVED, "edition": edition, "version": f"{edition}1",
        "region": "CN", "replaces": "", "begins": None, "points": 3, "curated": 0, "files": "a.csv",
        "proposed_by": "Wang", "proposed_account": "wang", "from_date": NIGHT, "approved_by": "Li",
    }  # fmt: skip
    return EditionEntry(**usual | changes)


def live(*entries: EditionEntry, night: date = NIGHT) -> dict[str, LiveEdition]:
    return {edition.edition: edition for edition in live_editions(entries, night, CHAIN)}


def test_an_edition_holds_from_the_night_of_its_approval_until_it_is_withdrawn() -> None:
    waits = said("a", action=EditionAction.IMPORTED, from_date=None, approved_by="")
    gone = said("a", action=EditionAction.WITHDRAWN, from_date=date(2026, 5, 1))
    assert live(waits) == {}
    assert live(waits, said("a"), night=date(2026, 3, 30)) == {}
    assert [*live(waits, said("a"), gone)] == ["a"]
    assert live(waits, said("a"), gone, night=date(2026, 5, 1)) == {}
    assert live(said("a", region="440000")) == {}


def test_a_correction_holds_from_its_own_approval_on_and_the_version_before_until_then() -> None:
    later = said("a", version="a2", from_date=date(2026, 4, 7))
    assert live(said("a"), later)["a"].version == "a1"
    assert live(said("a"), later, night=date(2026, 4, 7))["a"].version == "a2"
    waits = said("a", version="a3", action=EditionAction.IMPORTED, from_date=None)
    assert live(said("a"), waits)["a"].version == "a1"


def test_what_replaces_an_edition_ends_it_by_the_date_of_service() -> None:
    new = said("b", replaces="a", begins=date(2026, 3, 15))
    found = live(said("a"), new)
    assert (found["a"].ends_before, found["b"].ends_before) == (date(2026, 3, 15), None)
    assert (
        live(said("a"), said("b", replaces="a", begins=date(2026, 3, 15), from_date=date(2026, 4, 1)))["a"].ends_before
        is None
    )


def test_the_narrower_region_and_of_one_region_the_later_edition_speaks_last() -> None:
    found = live_editions(
        [said("city", region="330000", from_date=date(2026, 1, 1)), said("z", from_date=date(2026, 2, 1)), said("a")],
        NIGHT, CHAIN,
    )  # fmt: skip
    assert [(edition.edition, edition.place) for edition in found] == [("z", 1), ("a", 2), ("city", 3)]
    assert len({edition.fingerprint for edition in found}) == 3


def test_an_import_is_decided_once() -> None:
    waits = said("a", action=EditionAction.IMPORTED, from_date=None)
    assert imported([waits, said("b")], "a") == waits
    assert not is_decided([waits], waits)
    assert is_decided([waits, said("a")], waits)
    assert EditionEntry.of_row(waits.row()) == waits
