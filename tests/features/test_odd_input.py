"""What indicators and peers make of odd input: dates that cannot be, one entity with a third of all lines, nobody
beside it, nobody unlike it, windows without data, shares of nothing, a row that the register has not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from features.attributes import with_attributes
from features.catalogue import load_catalogues
from features.catalogue.running import narrowed
from features.peer_statistics import to_peer_statistics
from features.peers import Level, PeerGroups, with_peer_groups

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row, SparkSession

AS_OF = date(2026, 3, 31)
KNOWN = {"known_from": AS_OF}
ITEM = narrowed(load_catalogues(only=["item"])["item"], ["amount", "person_count", "institution_share", "night_share"])
PEERS = PeerGroups(minimum_members=3, entities={"item": (Level(attribute="charge_class"),)})
_ALIKE = [f"alike {n}" for n in range(4)]


def _lines(item: str, days: list[str], persons: int = 10, quantity: int = 1) -> list[dict[str, Any]]:
    return [
        {"line_id": f"{item} {n} {day}", "item_code": item, "item_type": "201", "institution_id": "H", "amount": 2,
         "patient_id": f"P{n % persons}", "quantity": quantity if n % 2 else abs(quantity), "charged_at": day, **KNOWN}
        for day in days for n in range(10)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def compared(
    spark: SparkSession, table: Callable[..., DataFrame], measured: Callable[..., DataFrame]
) -> dict[str, dict[str, Row]]:
    """The items by code, and the statistics of `amount` by peer group."""
    lines = [
        *(line for code in _ALIKE for line in _lines(code, ["2026-03-30T09:00:00"])),
        *_lines("huge", [f"2026-03-{day:02d}T23:00:00" for day in range(2, 6)], persons=3),  # 40 of 120 lines
        *_lines("long ago", ["2025-06-01T09:00:00"]),
        *_lines("undone", ["2026-03-30T09:00:00"], quantity=-1),
        *_lines("alone", ["2026-03-30T09:00:00"]),
        *_lines("alone", ["2126-03-30T09:00:00", "1026-03-30T09:00:00"])[:19],
    ]
    register = [{"item_code": code, "charge_class": "03", **KNOWN} for code in (*_ALIKE, "huge")]
    register += [{"item_code": "alone", "charge_class": "05", **KNOWN}]
    rows = measured(ITEM, {"claim_line": table("claim_line", lines)}, AS_OF)
    members = with_peer_groups(PEERS, "item", with_attributes(ITEM, rows, {"item": table("item", register)}, AS_OF))
    members = members.localCheckpoint()
    statistics = to_peer_statistics("item", members.select("item_id", "peer_group", "item_amount_30d")).collect()
    return {
        "items": {row.item_id: row for row in members.collect()},
        "peers": {row.peer_group: row for row in statistics},
    }


def test_dates_that_cannot_be_lie_in_no_window(compared: dict[str, dict[str, Row]]) -> None:
    alone = compared["items"]["alone"]
    assert (alone.item_amount_30d, alone.item_amount_365d, alone.item_person_count_365d) == (20, 20, 10)


def test_one_with_a_third_of_all_lines_is_measured_like_any_and_is_one_among_its_peers(
    compared: dict[str, dict[str, Row]],
) -> None:
    huge, peers = compared["items"]["huge"], compared["peers"]["item|03"]
    assert (huge.item_amount_30d, huge.item_person_count_30d, huge.item_night_share_30d) == (80, 3, 1)
    assert (peers.peer_count, peers.median) == (5, 20)


def test_peers_that_are_all_alike_have_no_spread(compared: dict[str, dict[str, Row]]) -> None:
    assert compared["peers"]["item|03"].mad == 0


def test_one_without_peers_and_one_that_no_register_has_are_beside_all_of_their_kind(
    compared: dict[str, dict[str, Row]],
) -> None:
    groups = {code: row.peer_group for code, row in compared["items"].items()}
    assert groups == {
        **dict.fromkeys((*_ALIKE, "huge"), "item|03"), **dict.fromkeys(("alone", "long ago", "undone"), "item"),
    }  # fmt: skip


def test_a_window_without_data_has_counts_of_zero_and_no_share_and_nothing_has_no_share(
    compared: dict[str, dict[str, Row]],
) -> None:
    gone, undone = compared["items"]["long ago"], compared["items"]["undone"]
    assert (gone.item_amount_90d, gone.item_person_count_90d) == (0, 0)
    assert (gone.item_night_share_90d, gone.item_institution_share_90d) == (None, None)
    assert (gone.item_amount_365d, gone.item_institution_share_365d) == (20, 1)
    assert undone.item_institution_share_90d is None
