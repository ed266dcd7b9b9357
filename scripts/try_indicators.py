"""Check a catalogue of indicators and compute it on a small made-up city, to see what it says before any night does.

    python -m scripts.try_indicators [ENTITY ...] [--only NAME,NAME] [--check]

Without an entity all are tried. `--check` reads and checks alone, without Spark. What is printed: for each indicator
and window, of how many entities it has a value, its least, median and greatest, and one entity's.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from statistics import median
from typing import TYPE_CHECKING, Any

from features.catalogue import Catalogue, load_catalogues
from features.catalogue.running import narrowed
from fundwatch.contracts import TABLES
from fundwatch.errors import FundwatchError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

AS_OF = date(2026, 6, 30)
_DAYS = 760
_CLASSES = ("01", "03", "04", "05", "06", "07", "08", "09", "11")
Rows = dict[str, list[dict[str, Any]]]


def made_up_city(visits: int = 1500, seed: int = 1) -> Rows:
    """Rows of every clean table that indicators are taken from: two hospitals, a clinic and a pharmacy, by chance."""
    draw, rows = Random(seed), {name: list[dict[str, Any]]() for name in TABLES}
    _registers(draw, rows)
    for number in range(visits):
        _visit(draw, rows, number)
    for number in range(60):
        moved = AS_OF - timedelta(days=draw.randrange(_DAYS))
        kind = draw.choice(["opening", "purchase", "sale", "return", "loss", "closing"])
        rows["stock_movement"].append(
            {
                "movement_id": f"M{number}",
                "institution_id": f"H{draw.randrange(4)}",
                "item_code": f"X{draw.randrange(4)}",
            }
            | {"movement_type": kind, "moved_on": moved, "quantity": draw.randrange(1, 50), "stock_after": 10}
            | {"purchase_price": draw.randrange(1, 9), "invoice_number": draw.choice([f"V{number % 20}", None])}
        )
    for number in range(10):
        received = AS_OF - timedelta(days=draw.randrange(_DAYS))
        rows["tip"].append({"tip_id": f"T{number}", "received_on": received, "institution_id": f"H{draw.randrange(4)}"})
    return rows


def _registers(draw: Random, rows: Rows) -> None:
    for n, kind in enumerate(["hospital", "hospital", "hospital", "pharmacy"]):
        rows["institution"].append(
            {"institution_id": f"H{n}", "institution_type": kind, "institution_level": str(1 + n % 3)}
            | {"region_code": f"32010{n % 2}", "bed_count": 20, "started_on": date(2020, 1, 1)}
        )
        rows["capacity"].append({"institution_id": f"H{n}", "resource_type": "NURSE", "resource_count": 5})
    for n in range(8):
        rows["doctor"].append(
            {"doctor_id": f"D{n}", "institution_id": f"H{n % 3}", "department": "内科", "title": str(n % 3)}
            | {"started_on": date(2020, 1, 1)}
        )
    for n in range(40):
        rows["patient"].append(
            {"patient_id": f"P{n}", "sex": str(1 + n % 2), "birth_year": 1940 + n, "contact_id": f"C{n % 30}"}
            | {"address_id": f"A{n % 25}", "death_date": date(2026, 5, 1) if n == 7 else None}
        )
        rows["enrolment"].append(
            {"patient_id": f"P{n}", "insurance_type": ("310", "390")[n % 2], "started_on": date(2022, 1, 1)}
            | {"person_type": "11", "region_code": f"32010{n % 2}", "employer_id": f"W{n % 6}"}
        )
        if n % 4 == 0:
            rows["chronic_registration"].append(
                {
                    "patient_id": f"P{n}",
                    "disease_code": f"M0{n % 3}",
                    "institution_id": "H0",
                    "diagnosing_doctor_id": "D1",
                }
                | {"started_on": AS_OF - timedelta(days=draw.randrange(600))}
            )
            rows["referral"].append(
                {
                    "patient_id": f"P{n}",
                    "referral_type": "1",
                    "started_on": date(2025, 1, 1),
                    "from_institution_id": "H0",
                }
            )
    for n in range(14):
        rows["item"].append(
            {"item_code": f"X{n}", "item_type": f"{1 + n % 3}01", "charge_class": "09", "started_on": date(2020, 1, 1)}
        )


def _visit(draw: Random, rows: Rows, number: int) -> None:
    began = datetime(AS_OF.year, AS_OF.month, AS_OF.day, 12) - timedelta(hours=draw.randrange(24 * _DAYS))
    person, place, is_stay = draw.randrange(40), draw.randrange(4), draw.random() < 0.3
    is_stay = is_stay and place != 3
    ended = began + timedelta(days=draw.randrange(1, 9) if is_stay else 0)
    ids = {"encounter_id": f"E{number}", "patient_id": f"P{person}", "institution_id": f"H{place}"}
    kind = "21" if is_stay else draw.choice(["11", "13", "14", "41"])
    insured = {"insurance_type": ("310", "390")[person % 2]}
    disease = draw.choice(["I10", "J06.9", "E11.9", "M51"])
    if ended.date() <= AS_OF:
        rows["encounter"].append(
            ids | insured
            | {"person_type": "11", "visit_type": kind, "is_inpatient": is_stay, "started_at": began, "ended_at": ended}
            | {"admission_department": "内科", "discharge_department": "内科", "attending_doctor_id": f"D{place}"}
            | {"main_diagnosis_code": disease, "discharge_way": draw.choice("1245")}
            | {"region_code": f"32010{person % 2}"}
        )  # fmt: skip
    rows["diagnosis"].append({**ids, "diagnosis_code": disease, "is_main": True})
    for extra in range(draw.randrange(3)):
        rows["diagnosis"].append({**ids, "diagnosis_code": f"K{extra}0", "is_main": False})
    if is_stay and draw.random() < 0.4:
        rows["procedure"].append(
            {**ids, "procedure_code": "47.0", "performed_on": began.date(), "operating_doctor_id": f"D{place}"}
        )
    total = Decimal(0)
    for n in range(draw.randrange(1, 6)):
        total += _line(draw, rows, ids, number, n, began + timedelta(hours=draw.randrange(1, 24) if is_stay else n))
    _settled(draw, rows, ids | insured | {"visit_type": kind}, number, ended, total)


def _line(draw: Random, rows: Rows, ids: Mapping[str, Any], number: int, n: int, at: datetime) -> Decimal:
    item, quantity = draw.randrange(14), Decimal(draw.randrange(1, 6))
    price = Decimal(draw.randrange(100, 9000)) / 100
    amount = (quantity * price).quantize(Decimal("0.01"))
    line = {
        **ids,
        "line_id": f"L{number}.{n}", "settlement_id": f"S{number}", "charged_at": at, "item_code": f"X{item}",
        "item_type": f"{1 + item % 3}01", "charge_class": draw.choice(_CLASSES),
        "quantity": quantity, "unit_price": price, "amount": amount, "covered_amount": amount * Decimal("0.8"),
        "price_limit": Decimal(50), "days_supplied": draw.choice([None, 7, 30]), "visit_type": "11",
        "ordering_department": draw.choice(["内科", "外科"]), "ordering_doctor_id": f"D{draw.randrange(8)}",
        "performing_doctor_id": f"D{draw.randrange(8)}", "order_id": f"O{number}.{n // 2}",
    }  # fmt: skip
    rows["claim_line"].append(line)
    delivered = {"business_date": min(at.date() + timedelta(days=draw.randrange(3)), AS_OF)}
    rows["claim_line_entry"].append(line | delivered)
    if item % 3 == 0 and draw.random() < 0.5:
        scan = {
            "trace_code": f"C{draw.randrange(900)}",
            "scanned_at": at,
            "quantity": 1,
            "is_insured": draw.random() < 0.8,
        }
        kept = ("line_id", "institution_id", "encounter_id", "patient_id", "item_code")
        rows["trace_scan"].append({name: line[name] for name in kept} | scan)
    return amount


def _settled(draw: Random, rows: Rows, ids: Mapping[str, Any], number: int, at: datetime, total: Decimal) -> None:
    fund = (total * Decimal("0.6")).quantize(Decimal("0.01"))
    settlement = {
        **ids, "settlement_id": f"S{number}", "settled_at": at, "started_on": at.date(), "ended_on": at.date(),
        "total_amount": total, "covered_amount": total * Decimal("0.8"), "fund_amount": fund,
        "pooled_fund_amount": fund,
        "excluded_amount": total * Decimal("0.1"), "own_amount": total - fund, "cash_amount": total - fund,
        "account_amount": Decimal(0), "family_account_amount": Decimal(0), "deductible_amount": Decimal(0),
        "over_limit_amount": Decimal(0), "first_self_paid_amount": Decimal(0), "offsite_kind": draw.choice("0001"),
    }  # fmt: skip
    rows["settlement"].append(settlement)
    rows["settlement_entry"].append(settlement | {"business_date": min(at.date(), AS_OF)})
    if ids["visit_type"] == "21":
        rows["presence_check"].append({**ids, "checked_at": at, "is_present": draw.random() < 0.9})
        rows["case_group"].append(
            {**ids, "settlement_id": f"S{number}", "group_code": draw.choice(["GA1", "GB2"]), "weight": Decimal(1)}
            | {"rate": Decimal(1000), "standard_amount": Decimal(1000), "cost_ratio": total / Decimal(1000)}
        )


def tables_of(session: SparkSession, rows: Rows, tables: Sequence[str]) -> dict[str, DataFrame]:
    """The rows as frames of the contracts' columns; each is known since it happened."""
    return {name: _frame(session, name, rows[name]) for name in tables}


def _frame(session: SparkSession, name: str, rows: Sequence[Mapping[str, Any]]) -> DataFrame:
    kinds = {c.name: c.type for c in TABLES[name].columns}
    values = [tuple(_typed(row.get(column), kind) for column, kind in kinds.items()) for row in rows]
    return session.createDataFrame(values, TABLES[name].schema())


def _typed(value: Any, kind: str) -> Any:
    return Decimal(value) if kind.startswith("decimal") and value is not None else value


def tried(session: SparkSession, catalogues: Sequence[Catalogue], rows: Rows) -> dict[str, list[dict[str, Any]]]:
    """By entity, its indicators on these rows as of the date, peers' places apart; the days of the watched at once."""
    from pyspark.sql import functions as F

    from features.indicators import to_indicators
    from features.periods import kept_by_day
    from features.rollup import as_known, changed, recent, to_days
    from features.rows import RowsNeeded

    needed = RowsNeeded(catalogues)
    sources = {source for one in catalogues for source in kept_by_day(one).sources}
    made = tables_of(session, rows, sorted(needed.tables() | {source.table for source in sources}))
    dated = {name: frame.withColumn("known_from", F.lit(AS_OF)) for name, frame in made.items()}
    of = {source: needed.rows(source, made, AS_OF).localCheckpoint() for source in needed.sources}
    found = {}
    for one in catalogues:
        days, began = None, time.monotonic()
        if one.of.is_watched and kept_by_day(one).measures:
            versions = {s: recent([one], s, dated[s.table], AS_OF) for s in kept_by_day(one).sources}
            rolled = to_days(one, versions, changed(one, versions, None, AS_OF))
            days = as_known(one, rolled.withColumn("business_date", F.lit(AS_OF)), AS_OF)
        found[one.entity] = [row.asDict() for row in to_indicators(one, days, of, AS_OF).collect()]
        print(f"{one.entity}: {time.monotonic() - began:.1f} s", file=sys.stderr)
    return found


def main() -> int:
    options = _options()
    try:
        every = load_catalogues()
    except FundwatchError as error:
        print(error)
        return 1
    chosen = [every[name] for name in options.entities or every]
    only = {name for name in options.only.split(",") if name}
    if only:
        chosen = [narrowed(one, sorted(only & one.indicators.keys())) for one in chosen]
    for one in chosen:
        print(f"{one.entity}: {len(one.indicators)} indicators, {len(one.named)} columns")
    if options.check:
        return 0
    from fundwatch.engine.session import FEW_ROWS, start_session

    session = start_session("tried indicators", dict(FEW_ROWS), "local[2]")
    began = time.monotonic()
    found = tried(session, [one for one in chosen if one.indicators], made_up_city())
    for one in chosen:
        _print(one, found.get(one.entity, []))
    print(f"{time.monotonic() - began:.1f} s after start")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("entities", nargs="*")
    parser.add_argument("--only", default="", help="these indicators alone, with commas between")
    parser.add_argument("--check", action="store_true", help="read and check, without Spark")
    return parser.parse_args()


def _print(one: Catalogue, rows: Sequence[Mapping[str, Any]]) -> None:
    print(f"\n{one.entity}: {len(rows)} of them")
    if not rows:
        return
    first = rows[0]
    print(f"{'':52}{'values':>7}{'least':>13}{'median':>13}{'greatest':>13}  {first[one.id_column]}")
    for named in one.named:
        if named.definition.is_of_peers:
            print(f"{named.column:52}  known beside peers: see a night's table")
            continue
        values = [row[named.column] for row in rows if row[named.column] is not None]
        spread = [f"{how(values):13.4g}" if values else f"{'':13}" for how in (min, median, max)]
        own = first[named.column]
        print(f"{named.column:52}{len(values):7}{''.join(spread)}  {'null' if own is None else f'{own:.6g}'}")


if __name__ == "__main__":
    sys.exit(main())
