"""What a file and the item spikes cost on a large lake: `python -m benchmarks.profile VAR FOLDER [--copies N]`.

The lake of a finished night is copied, and its lines, encounters and settlements are added over and over under other
ids of lines, visits, persons and doctors; institutions stay, so that some grow large. Each file is then written by a
process of its own, the imports done. Printed are wall and processor seconds, what was read and what came out.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from fundwatch.contracts import TABLES
from fundwatch.lake.delta_rows import commit_rows
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.store import Lake
from fundwatch.settings import Settings
from jobs.review.profiles.read_care import plain_texts
from jobs.review.profiles.show_profile import show_profile
from jobs.review.spikes.show_spikes import show_spikes

_TABLES = ("claim_line", "encounter", "settlement")
_OWN_IDS = ("line_id", "encounter_id", "settlement_id", "original_line_id")
_TOKENS = ("patient_id", "ordering_doctor_id", "performing_doctor_id", "attending_doctor_id")
_COPIES_A_COMMIT = 40


def grown(source: Path, folder: Path, copies: int) -> Settings:
    """The copied lake with `copies` times its lines; one that is there already is taken as it is."""
    settings = Settings(var=folder, profile="demo")
    if folder.exists():
        return settings
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("landing", "truth", "lists", "reports", "mlflow"))
    lake = Lake(settings.lake_address)
    for table in _TABLES:
        rows = plain_texts(lake.query(f"SELECT * FROM {table}", table).read_all())
        for first in range(1, copies, _COPIES_A_COMMIT):
            numbers = range(first, min(first + _COPIES_A_COMMIT, copies))
            many = pa.concat_tables([_under_other_ids(rows, n) for n in numbers])
            properties = TABLES[table].delta_properties
            commit_rows(lake.table_address(table), many.to_reader(), "append", properties=properties)
    return settings


def _under_other_ids(rows: pa.Table, number: int) -> pa.Table:
    for name in rows.column_names:
        if name in _OWN_IDS:
            rows = _replaced(rows, name, pc.binary_join_element_wise(rows[name], str(number), "."))
        elif name in _TOKENS:
            rows = _replaced(rows, name, pc.binary_replace_slice(rows[name], 0, 4, f"{number:04x}"))
    return rows


def _replaced(rows: pa.Table, name: str, values: Any) -> pa.Table:
    return rows.set_column(rows.column_names.index(name), rows.schema.field(name), values.cast(rows[name].type))


def entities(settings: Settings) -> list[tuple[str, str]]:
    """An ordinary patient and doctor of the last copy, and the institution, doctor and patient with the most lines."""
    lake = Lake(settings.lake_address)
    found = []
    for kind, column in (
        ("patient", "patient_id"),
        ("doctor", "ordering_doctor_id"),
        ("institution", "institution_id"),
    ):
        rows = lake.rows(
            "claim_line",
            f"SELECT {column} AS id, count(*) AS lines FROM claim_line WHERE {column} IS NOT NULL GROUP BY 1 "
            "ORDER BY 2 DESC, 1",
        )
        found += [(kind, rows[0]["id"]), (kind, rows[len(rows) // 2]["id"])]
    return found


def one(var: str, kind: str, given: str) -> dict[str, Any]:
    """One file, or the spikes, in this process: its seconds and what came out."""
    settings = Settings(var=Path(var), profile="demo")
    night = Ledger(settings.lake_address).nights("intake")[-1]
    wall, processor = time.monotonic(), time.process_time()
    if kind == "spikes":
        found = show_spikes(settings, night, 28)
        said = {"cells": found.found.cells, "spikes": len(found.found.spikes)}
        folder = found.folder
    else:
        shown = show_profile(settings, kind, given, night)
        said = {"lines": shown.profile.charges.lines, "encounters": shown.profile.care.total}
        folder = shown.folder
    size = sum(file.stat().st_size for file in folder.iterdir())
    return {
        "kind": kind, "id": given, "seconds": round(time.monotonic() - wall, 2),
        "processor_seconds": round(time.process_time() - processor, 2), **said, "kilobytes": size // 1024,
    }  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Build, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("var", type=Path, help="the folder of a finished night")
    parser.add_argument("folder", type=Path, help="where the large lake is made")
    parser.add_argument("--copies", type=int, default=100)
    parser.add_argument("--one", nargs=2, metavar=("KIND", "ID"), help="measure this one in this process")
    options = parser.parse_args(arguments)
    if options.one:
        print(json.dumps(one(str(options.folder), *options.one)))
        return
    settings = grown(options.var, options.folder, options.copies)
    lake = Lake(settings.lake_address)
    rows = lake.rows("claim_line", "SELECT count(*) AS lines FROM claim_line")[0]["lines"]
    print(f"claim_line: {rows:,} rows", flush=True)
    for kind, given in [*entities(settings), ("spikes", "-")]:
        here = [sys.executable, "-m", "benchmarks.profile", str(options.var), str(options.folder), "--one", kind, given]
        print(subprocess.run(here, check=True, capture_output=True, text=True).stdout.strip(), flush=True)


if __name__ == "__main__":
    main()
