"""What looking for identifiers costs a fee line, and how many lines it takes for faulty that are not.

    .venv/bin/python -m benchmarks.identifiers [--lines 25000] [--times 40]

A simulated delivery is read so many times over. Processor seconds are Java's: the walls of a shared machine are not.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from fundwatch.contracts import TABLES
from fundwatch.engine.session import start_session
from fundwatch.settings import Settings
from intake.source.load import read_mapping
from privacy.scrubbing.identifiers import identifier_codes, without_identifiers
from simulator import scenario_for_lines, simulate

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

NIGHT = date(2026, 3, 31)
_FOUND = "_identifiers"


def main() -> None:
    from pyspark.sql import functions as F

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=25_000)
    parser.add_argument("--times", type=int, default=40)
    asked = parser.parse_args()
    contract = TABLES["claim_line_entry"]
    with tempfile.TemporaryDirectory() as scratch:
        spark = start_session("identifiers", Settings(var=Path(scratch)).spark()[0], "local[1]")
        rows = _fee_lines(spark, Path(scratch), asked.lines)
        one_each = rows.select("*", identifier_codes(contract, rows.columns, (), NIGHT.year).alias(_FOUND))
        print(f"{rows.count():,} lines, taken for faulty: {one_each.filter(F.col(_FOUND) != '').count()}")
        many = rows.withColumn("_n", F.explode(F.sequence(F.lit(1), F.lit(asked.times)))).drop("_n")
        looked = many.select("*", identifier_codes(contract, many.columns, (), NIGHT.year).alias(_FOUND))
        fit = looked.select(*without_identifiers(contract, many.columns, _FOUND, ()), _FOUND)
        for _ in range(3):  # the first warms up
            reported = {"read": many, "codes": looked, "codes and names": fit}
            print("  ".join(f"{name} {_processor(spark, frame):.1f} s" for name, frame in reported.items()), flush=True)
        spark.stop()


def _fee_lines(spark: SparkSession, folder: Path, lines: int) -> DataFrame:
    """The delivered fee lines under their canonical names, those columns that are taken over as they are."""
    simulate(scenario_for_lines(lines, nights=(NIGHT,)), folder / "landing", folder / "truth")
    raw = spark.read.option("header", "true").csv(str(folder / "landing" / NIGHT.isoformat() / "fee_list.csv.gz"))
    given = read_mapping("national").tables["claim_line"].rows[0].columns
    named = [raw[of].alias(name) for name, of in given.items() if isinstance(of, str) and of in raw.columns]
    return raw.select(*named).localCheckpoint()


def _processor(spark: SparkSession, frame: DataFrame) -> float:
    """Java's processor seconds for computing every row."""
    before = _java_seconds(spark)
    frame.write.format("noop").mode("overwrite").save()
    return _java_seconds(spark) - before


def _java_seconds(spark: SparkSession) -> float:
    java = spark.sparkContext._gateway.proc.pid  # type: ignore[union-attr]
    used = Path(f"/proc/{java}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(used[11]) + int(used[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
