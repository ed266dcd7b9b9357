"""The random sample beside the list: seeded, of declared size, of everybody the night knew."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import pyarrow as pa
from deltalake import write_deltalake

from fundwatch.lake.store import Lake
from jobs.review.outcomes.night_standing import drawn_sample
from tests.places import at

NIGHT, EARLIER = date(2026, 3, 31), date(2026, 3, 24)


def _drawn_by(seed: str, everybody: list[str]) -> list[str]:
    return sorted(everybody, key=lambda one: hashlib.md5(f"{seed}|{one}".encode(), usedforsecurity=False).hexdigest())


def test_the_seed_alone_says_who_is_drawn_and_how_many_were_there_is_said(tmp_path: Path) -> None:
    lake, persons = Lake(at(tmp_path)), [f"p{n:02d}" for n in range(12)]
    rows = {"business_date": [NIGHT] * 12 + [EARLIER], "patient_id": [*persons, "gone"]}
    address = str(lake.table_address("indicator_patient"))
    write_deltalake(address, pa.table(rows), partition_by=["business_date"])
    for seed in ("1|2026-03-31", "2|2026-03-31"):
        drawn = drawn_sample(lake, NIGHT, {"patient": 5, "doctor": 5, "institution": 0}, seed)
        assert [row[2] for row in drawn] == _drawn_by(seed, persons)[:5]
        assert {row[:2] + row[4:] for row in drawn} == {(NIGHT, "patient", seed, 12)}
        assert [row[3] for row in drawn] == [1, 2, 3, 4, 5]
