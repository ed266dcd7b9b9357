"""What earlier runs of the job intake left: a night's delivery is taken in once, and all of the lake with one key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fundwatch.errors import DeliveryError, KeyMissingError, faults
from fundwatch.keys import PseudonymKey
from fundwatch.settings import Settings
from intake.delivery import Delivery
from jobs.job import Night


@dataclass(frozen=True)
class Before:
    """The keys used so far, this night's files by hash if it was begun before, the (table, column) last supplied."""

    key_ids: frozenset[str] = frozenset()
    hashes: Mapping[str, str] = field(default_factory=dict)
    supplied: frozenset[tuple[str, str]] = frozenset()

    def refuse(self, delivery: Delivery, key: PseudonymKey, settings: Settings) -> None:
        """Raise KeyMissingError for another key than the lake's, DeliveryError for another delivery of the night."""
        others = sorted(self.key_ids - {key.key_id})
        if others:
            raise KeyMissingError(
                f"the lake was made with the key {', '.join(others)}, not with {key.key_id}",
                where=str(settings.key_path),
                do="give the lake's own key: with another one nobody could be recognised again",
            )
        now = {file.name: file.measured.sha256 for file in delivery.files}
        if self.hashes and self.hashes != now:
            changed = [n for n in sorted({*self.hashes, *now}) if self.hashes.get(n) != now.get(n)]
            raise DeliveryError(
                faults(
                    f"another delivery was taken in for {delivery.business_date}", [f"{n} differs" for n in changed]
                ),
                where=str(settings.landing_dir),
                do="deliver corrections with a later night, as reversals and new lines",
            )


def recall(night: Night, source: str) -> Before:
    """Read it in one Spark job, because the tables are small and every job has its price."""
    from pyspark.sql import functions as F

    from intake.totals import stacked

    facts, at = [], F.col("business_date")
    if night.exists("delivery"):
        files = night.all_rows("delivery")
        keys = files.groupBy("key_id").agg(F.max(at)).select("key_id", F.lit(""), "max(business_date)")
        tonight = files.filter(at == F.lit(night.date)).select("file_name", "sha256", at)
        facts += [keys.toDF("name", "value", "at"), tonight.toDF("name", "value", "at")]
    if night.exists("supplied_column"):
        earlier = night.all_rows("supplied_column").filter((at < F.lit(night.date)) & (F.col("source") == source))
        last_at = earlier.groupBy("table_name", "column_name").agg(F.max(at))
        facts.append(last_at.toDF("name", "value", "at"))
    kinds = [frame.withColumn("kind", F.lit(n)) for n, frame in enumerate(facts)]
    rows = stacked(kinds).collect() if kinds else []
    supplied = [row for row in rows if row["kind"] == 2]
    last = max((row["at"] for row in supplied), default=None)
    return Before(
        key_ids=frozenset(row["name"] for row in rows if row["kind"] == 0),
        hashes={row["name"]: row["value"] for row in rows if row["kind"] == 1},
        supplied=frozenset((row["name"], row["value"]) for row in supplied if row["at"] == last),
    )
