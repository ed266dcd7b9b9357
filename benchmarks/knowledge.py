"""What knowledge costs where it is much: `python -m benchmarks.knowledge FOLDER [--points N] [--codes N] [--lines N]`.

Invented points are written as a sheet, imported and approved; fee lines of their codes are scanned plainly, with the
shipped points, and with the edition. Printed are seconds, and ratios against the plain scan of the same lines.

Measured once, on two cores that others kept busy (load 8 to 14), 250,000 points over 60,000 codes and 500,000 lines:
import 120 s, again 109 s; the spans of a night 72 s; plain scan 2.1 s; lines with what 8 classes say 6.1 s by the
shipped points and 20.3 s by the edition; the rules that rest on them 26.3 s and 49.9 s.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from fundwatch.contracts import TABLES
from fundwatch.engine.frames import no_rows
from fundwatch.settings import Settings
from jobs.curate.edition_desk import ChangeAsked, EditionDesk, ImportAsked
from jobs.curate.in_force import knowledge_for
from jobs.job import Night
from jobs.scan_rules import JOB
from jobs.workplace import Workplace, writing
from privacy.vault.sealing import make_vault_key
from rules.catalogue.load import load_rules
from rules.catalogue.rule import RuleState
from rules.engine.needs import knowledge_needed
from rules.engine.scan import scan
from rules.frames.inputs import ScanInputs, ScanWindow
from rules.frames.registry import GRAINS
from rules.knowledge.classes import CLASSES
from rules.knowledge.framed import PointsByClass
from rules.knowledge.points import load_knowledge

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

NIGHT, SINCE, CHANGED = date(2026, 3, 31), date(2021, 5, 1), date(2026, 2, 1)
_WINDOW = ScanWindow(NIGHT - timedelta(days=89), NIGHT)
# by class of ours: the library's class and a text that is known, or the cells as a curator fills them in
_TEXTS = {
    "sex_drug": ("药品区分性别使用", "用于月经不调。"),
    "payment_indication": ("药品限适应症", "限2型糖尿病。"),
}
_FILLED = {
    "label_indication": "diagnoses=E10|E11|E14",
    "contraindication": "diagnoses=J45|J46",
    "child_barred_drug": "min_age=18",
    "elderly_drug": "risk=falls",
    "pregnancy_drug": "risk=harm",
    "discharge_drug": "value=14",
}
_HEADER = ("rule_class", "item_name", "item_codes", "constraint_text", "valid_from", "valid_to", "knowledge_class",
           "parameters")  # fmt: skip


def main() -> None:
    """Run it and print a line a step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the sheet and the lake are made: a new folder")
    parser.add_argument("--points", type=int, default=250_000)
    parser.add_argument("--codes", type=int, default=60_000)
    parser.add_argument("--lines", type=int, default=2_000_000)
    given = parser.parse_args()
    given.folder.mkdir(parents=True)
    settings = Settings(var=given.folder / "var", reidentify_same_account=True)
    make_vault_key(settings.vault_key_path)
    sheet = given.folder / "points.csv"
    codes = [f"X{number:022d}" for number in range(given.codes)]
    with _timed(f"a sheet of {given.points:,} points over {given.codes:,} codes is written"):
        _write_sheet(sheet, codes, given.points)
    desk = EditionDesk.of(settings)
    asked = ImportAsked((sheet,), "invented", "Wang", valid_from=SINCE)
    with _timed("it is imported"):
        done = desk.take(asked)
    print(f"    {done.points:,} points, {done.left_rows:,} rows left, {done.by_class}")
    with _timed("it is imported again: nothing changes"):
        again = desk.take(asked)
    print(f"    is new: {again.is_new}")
    desk.approve(ChangeAsked("invented", "Li", SINCE))
    with writing(settings) as place:
        _scans(place, given.lines, given.codes)


def _write_sheet(sheet: Path, codes: Sequence[str], count: int) -> None:
    """Points of every code in as many classes as it takes, some of them with another span from a day on."""
    draw, names = Random(1), [*_TEXTS, *_FILLED]
    with sheet.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(_HEADER)
        written = 0
        for place in range(len(names)):
            for number, code in enumerate(codes):
                if written >= count:
                    return
                name = names[(number + place) % len(names)]
                until = CHANGED - timedelta(days=1) if draw.random() < 0.05 else None
                spans = [(SINCE, until)] + ([(CHANGED, None)] if until else [])
                for first, last in spans[: count - written]:
                    national, text = _TEXTS.get(name, ("药品限适应症", "见说明书"))
                    filled = ("", "") if name in _TEXTS else (name, _FILLED[name])
                    writer.writerow((national, f"药品{number}", code, text, first, last or "", *filled))
                    written += 1


def _scans(place: Workplace, count: int, codes: int) -> None:
    lines = _lines(place, count, codes)
    night = Night(JOB, place, NIGHT, "benchmark", "benchmark")
    with _timed("the spans that hold are made, once a night"):
        knowledge = knowledge_for(night)
    given = [name for of in (*_TEXTS, *_FILLED) for name in CLASSES[of].gives]
    own = ("line_id", "item_code", "amount", "charged_at")
    plain = _best("plain scan of the lines", lambda: lines.select(*own))
    for says, points in (("shipped points alone", load_knowledge()), ("shipped points and the edition", knowledge)):
        asked = _best(f"lines with what 8 classes say: {says}", partial(_given, lines, points, given))
        print(f"    {asked / plain:.2f} of the plain scan")
        judged = _best(f"rules that rest on the classes: {says}", partial(_judged, lines, points))
        print(f"    {judged / plain:.2f} of the plain scan")


def _lines(place: Workplace, count: int, codes: int) -> DataFrame:
    """Fee lines of the last 90 days in Parquet: nine of ten of a code that points speak of."""
    code = F.format_string("X%022d", F.pmod(F.hash("id"), F.lit(int(codes / 0.9))))
    columns: dict[str, Any] = {
        "line_id": F.col("id").cast("string"), "item_code": code, "item_name": F.lit("药品"),
        "settlement_id": F.concat(F.lit("S"), (F.col("id") / 20).cast("int")),
        "encounter_id": F.concat(F.lit("E"), (F.col("id") / 20).cast("int")),
        "patient_id": F.concat(F.lit("P"), (F.col("id") / 200).cast("int")), "institution_id": F.lit("H1"),
        "charged_at": F.timestamp_seconds(F.lit(1_767_225_600) + F.pmod(F.hash("id", F.lit(1)), F.lit(89 * 86_400))),
        "quantity": F.lit(1), "amount": F.lit(30), "covered_amount": F.lit(30), "item_type": F.lit("1"),
    }  # fmt: skip
    contract = [c for c in TABLES["claim_line"].columns if not c.name.startswith("known_")]
    rows = place.spark.range(count).select(
        *(columns.get(c.name, F.lit(None)).cast(c.type).alias(c.name) for c in contract)
    )
    return place.lake.staged(rows, "benchmark_lines")


def _given(lines: DataFrame, points: PointsByClass, given: Sequence[str]) -> DataFrame:
    inputs = ScanInputs({"claim_line": lines}, points, _WINDOW)
    return GRAINS["line"].frame.build(inputs, frozenset({*given, "amount"}), 0)


def _judged(lines: DataFrame, points: PointsByClass) -> DataFrame:
    """The pass of the rules of single lines that rest on these classes alone."""
    rules = load_rules()
    wanted = {*_TEXTS, *_FILLED}
    found = [r for r in rules.rules if r.grain == "line" and knowledge_needed(r) and knowledge_needed(r) <= wanted]
    supplied = {name: frozenset(table.column_names) for name, table in TABLES.items()}
    tables = {"claim_line": lines}
    for name in ("patient", "encounter", "settlement", "institution", "diagnosis", "doctor"):
        tables[name] = no_rows(lines.sparkSession, TABLES[name].schema()).drop("known_from", "known_to")
    active = [rule.model_copy(update={"state": RuleState.ACTIVE}) for rule in found]
    return scan(rules.model_copy(update={"rules": tuple(active)}), tables, supplied, points, _WINDOW).passes


@contextmanager
def _timed(step: str) -> Iterator[None]:
    begun = time.monotonic()
    yield
    print(f"{step}: {time.monotonic() - begun:.1f} s", flush=True)


def _best(step: str, make: Callable[[], DataFrame]) -> float:
    """The shorter of two runs, planned and written nowhere."""
    seconds = []
    for _ in range(2):
        begun = time.monotonic()
        make().write.format("noop").mode("overwrite").save()
        seconds.append(time.monotonic() - begun)
    print(f"{step}: {min(seconds):.1f} s", flush=True)
    return min(seconds)


if __name__ == "__main__":
    main()
