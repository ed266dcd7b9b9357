"""Measure on a simulated world how many alerts each analysis rule raises:
`python -m scripts.measure_alerts --var VAR --date 2026-03-31 --world demo --seed 7`.

The night's lake is scanned by the rules on indicators alone, whatever their state; nothing of it is written. Each rule
that ran has a row in rules/analysis/measured.csv then, in place of that of the same world and seed. What the night did
not compute is not measured.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from collections.abc import Sequence
from datetime import date
from io import StringIO
from pathlib import Path

from fundwatch.contracts.versions import known_on
from fundwatch.regions import region_of
from fundwatch.settings import Settings, load_settings
from jobs.trial.past import Past, switched_on, window_of
from jobs.workplace import reading
from rules.analysis.measured import COLUMNS, MeasuredAlerts, measured_alerts
from rules.catalogue.load import load_rules

FILE = Path(__file__).resolve().parent.parent / "rules" / "analysis" / "measured.csv"


def measured_on(settings: Settings, night: date, world: str, seed: int) -> list[MeasuredAlerts]:
    """What each rule on indicators that runs on the night judges and hits there."""
    region, every = region_of(settings), load_rules()
    rule_set = switched_on(every, [rule.id for rule in every.rules if rule.indicators])
    window = window_of(settings, night)
    with reading(settings) as place:
        past = Past(place, night, window)
        rows = past.scanned(rule_set, past.knowledge(region)).coverage.collect()  # a row a rule and institution
        query = (
            f"SELECT count(*) AS settlements FROM settlement WHERE {known_on(night)} "
            f"AND CAST(settled_at AS DATE) BETWEEN DATE '{window.start}' AND DATE '{window.end}'"
        )
        (counted,) = place.lake.rows("settlement", query)
    judged, hits = Counter[str](), Counter[str]()
    for row in rows:
        if row.state == "run":
            judged[row.rule_id] += row.judged_count or 0
            hits[row.rule_id] += row.hit_count or 0
    versions = {rule.id: rule_set.rule_fingerprint(rule) for rule in rule_set.rules}
    settled = counted["settlements"]
    return [
        MeasuredAlerts(rule, versions[rule], world, seed, night, judged[rule], hits[rule], settled)
        for rule in sorted(judged)
    ]


def written(rows: Sequence[MeasuredAlerts]) -> str:
    """The file's text, by rule, world and seed."""
    text = StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(COLUMNS)
    out.writerows(one.row() for one in sorted(rows, key=lambda one: (one.rule_id, one.world, one.seed)))
    return text.getvalue()


def _measure() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--var", type=Path, required=True)
    parser.add_argument("--date", type=date.fromisoformat, required=True)
    parser.add_argument("--world", required=True)
    parser.add_argument("--seed", type=int, required=True)
    given = parser.parse_args()
    settings = load_settings({"var": given.var, "profile": "demo"}).settings
    found = measured_on(settings, given.date, given.world, given.seed)
    kept = [one for one in measured_alerts() if (one.world, one.seed) != (given.world, given.seed)]
    FILE.write_text(written([*kept, *found]), encoding="utf-8", newline="\n")
    print(f"{len(found)} rules measured")


if __name__ == "__main__":
    _measure()
