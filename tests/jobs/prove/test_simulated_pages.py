"""What `fundwatch simulate` says of its nights."""

from __future__ import annotations

from pathlib import Path

from jobs.prove.pages import print_simulated
from jobs.prove.simulate_claims import Simulated


def test_a_night_without_a_fee_line_has_none() -> None:
    nights = [
        {"business_date": "2026-03-24", "rows": {"fee_list": 566}, "fee_amount": "14121.06"},
        {"business_date": "2026-03-31", "rows": {"stock_movement": 41}, "fee_amount": "0.00"},
    ]
    said: list[str] = []
    done = Simulated(True, {"nights": nights}, 0, Path("landing"), Path("truth"))
    print_simulated(done, said.append)
    assert [line.split()[1] for line in said[1:3]] == ["566", "0"]
