"""The conditions of the rules and the sums, windows and quantiles of the indicators, by DuckDB on a lake's own files.

    .venv/bin/python -m benchmarks.detection_in_duckdb VAR NIGHT DAYS [rules]

Written by hand for some rules, so that it is a second opinion; the indicators' measures and formulas are the
catalogue's own text. Prints a line of JSON: seconds of each part, hits by rule, and figures of every indicator and peer
group; with `rules` those of the rules alone.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
from deltalake import DeltaTable

from features.catalogue import Catalogue, Source, load_catalogues
from features.catalogue.running import narrowed
from features.catalogue.sources import BED_DAY
from features.rows import sources_of
from fundwatch.expressions.declared import written
from fundwatch.lake.store import Lake
from fundwatch.settings import Settings
from rules.catalogue.load import load_rules
from rules.knowledge.classes import CLASSES
from rules.knowledge.points import load_knowledge

_TABLES = ("claim_line", "encounter", "settlement", "patient", "institution", "item")
_MACROS = (
    "try_divide(a, b) AS a / nullif(b, 0)",
    "weekday(d) AS isodow(d) - 1",
    "datediff(a, b) AS date_diff('day', b::date, a::date)",
    # whole days between two moments, as Spark's timestampdiff counts them
    "whole_days(a, b) AS date_sub('day', a, b)",
)
# hits of each rule as (rule, thing): `lines` are the settled lines of the window with stay, person and knowledge
RULES = {
    "DC-03": """
        SELECT line_id AS thing FROM (
            SELECT line_id, service_date, row_number() OVER (PARTITION BY encounter_id, item_code, charged_at, quantity,
                unit_price, ordering_doctor_id, order_id ORDER BY line_id) AS copy
            FROM lines WHERE amount >= {min_amount} AND order_id IS NOT NULL AND item_code IS NOT NULL
        ) WHERE copy > 1 AND {seen}""",
    "OP-01": """
        SELECT line_id AS thing FROM lines
        WHERE price_limit_in_force > 0 AND covered_amount > 0
            AND unit_price > price_limit_in_force * (1 + {tolerance}) AND {seen}""",
    "OP-02": """
        SELECT DISTINCT concat_ws('|', patient_id, institution_id, item_code, service_date) AS thing FROM (
            SELECT *, sum(quantity) OVER (PARTITION BY patient_id, institution_id, item_code, service_date) AS done
            FROM lines WHERE frequency_limit > 0 AND covered_amount > 0
        ) WHERE done > frequency_limit AND {seen}""",
    "ID-01": """
        SELECT line_id AS thing FROM lines
        WHERE sex IN ('1', '2') AND restricted_sex IS NOT NULL AND restricted_sex <> sex
            AND (item_sex IS NOT NULL OR visit_type NOT IN ({pharmacy_types}))
            AND is_identity_sex_consistent IS DISTINCT FROM FALSE AND {seen}""",
    "ID-04": """
        SELECT line_id AS thing FROM lines
        WHERE (service_date > death_date + {grace_days} OR settled_on > death_date + {settlement_grace_days})
            AND after_death_item IS NULL AND after_death_name IS NULL
            AND {seen}""",
    "FQ-02": """
        SELECT DISTINCT concat_ws('|', patient_id, service_date) AS thing FROM (
            SELECT patient_id, service_date,
                dense_rank() OVER (PARTITION BY patient_id, service_date ORDER BY first_seen, institution_id) AS number
            FROM (
                SELECT patient_id, service_date, institution_id, min(charged_at) AS first_seen
                FROM lines WHERE NOT is_inpatient GROUP BY ALL
            )
        ) WHERE number > {max_institutions} AND {seen}""",
    "FK-03": """
        SELECT line_id AS thing FROM lines
        WHERE is_inpatient AND started_on IS NOT NULL AND {seen} AND (
            service_date < started_on - CASE WHEN visit_type <> '{from_emergency}' THEN {days_before}
                ELSE {days_before_from_emergency} END
            OR service_date > ended_on + {days_after})""",
    "FK-04": """
        SELECT DISTINCT encounter_id AS thing FROM (
            SELECT *, sum(quantity) OVER (PARTITION BY encounter_id) AS bed_days FROM lines
            WHERE is_inpatient AND item_class = 'bed' AND covered_amount > 0 AND started_on IS NOT NULL
        ) WHERE bed_days > datediff(ended_on, started_on) + {tolerance_days} AND ended_on {between}""",
    "FQ-01": """
        SELECT DISTINCT concat_ws('|', patient_id, date_trunc('month', service_date)) AS thing FROM (
            SELECT *, count(*) OVER (PARTITION BY patient_id ORDER BY service_date
                RANGE BETWEEN INTERVAL ({window_days} - 1) DAY PRECEDING AND CURRENT ROW) AS recent FROM (
                    SELECT patient_id, institution_id, started_at::date AS service_date, min(visit_type) AS visit_type,
                        min(main_diagnosis_code) AS diagnosis
                    FROM encounter
                    WHERE NOT is_inpatient AND started_at::date
                        BETWEEN DATE '{start}' - ({window_days}) AND DATE '{end}'
                    GROUP BY ALL
                )
            WHERE visit_type NOT IN ({pharmacy_types})
                AND NOT coalesce(visit_type = '140201' OR diagnosis LIKE 'N18%' OR diagnosis LIKE 'Z49%', FALSE)
                AND NOT coalesce(diagnosis LIKE 'Z51.0%' OR diagnosis LIKE 'Z51.1%', FALSE)
        ) WHERE recent > {max_visits} AND {seen}""",
    "FK-02": """
        SELECT encounter_id AS thing FROM stays
        WHERE any_earlier.institution_id <> institution_id AND judged_on {between}
            AND ended_at IS NOT NULL AND any_earlier.ended_at IS NOT NULL
            AND whole_days(started_at, least(ended_at, any_earlier.ended_at)) >= {min_overlap_days}""",
    "FK-25": """
        SELECT encounter_id AS thing FROM stays
        WHERE insurance_type = here_earlier.insurance_type AND judged_on {between}
            AND NOT coalesce(visit_type = '28', FALSE)
            AND ended_at IS NOT NULL AND here_earlier.ended_at IS NOT NULL
            AND (whole_days(started_at, least(ended_at, here_earlier.ended_at)) >= {min_overlap_days}
                OR (started_at = here_earlier.started_at AND ended_at = here_earlier.ended_at))""",
    "SA-02": """
        SELECT encounter_id AS thing FROM stays
        WHERE insurance_type = here_earlier.insurance_type
            AND started_at >= here_earlier.ended_at AND judged_on {between}
            AND datediff(started_at, here_earlier.ended_at) <= {max_gap_days}
            AND NOT coalesce(visit_type = '28', FALSE)
            AND NOT coalesce(main_diagnosis_code LIKE 'Z51.0%' OR main_diagnosis_code LIKE 'Z51.1%', FALSE)
            AND NOT coalesce(month(started_at) = 1 AND day(started_at) = 1, FALSE)""",
    "FK-06": """
        SELECT DISTINCT concat_ws('|', institution_id, date_trunc('month', service_date)) AS thing FROM (
            SELECT *, count_if(in_patients > bed_count * {factor})
                OVER (PARTITION BY institution_id, date_trunc('month', service_date)) AS crowded
            FROM (
                SELECT institution_id, night::date AS service_date, count(*) AS in_patients FROM (
                    SELECT institution_id, unnest(generate_series(from_day, to_day, INTERVAL 1 DAY)) AS night FROM (
                        SELECT institution_id,
                            greatest(started_at::date, date_trunc('month', DATE '{start}')::date) AS from_day,
                            least(greatest(ended_at::date - 1, started_at::date), DATE '{end}')
                                AS to_day
                        FROM encounter WHERE is_inpatient
                    ) WHERE from_day <= to_day
                ) GROUP BY ALL
            ) LEFT JOIN institution USING (institution_id) WHERE bed_count > 0
        ) WHERE in_patients > bed_count * {factor} AND crowded >= {min_nights} AND {seen}""",
}
# the classes of knowledge that these rules rest on
_GIVING = ("frequency", "item_class", "after_death_item", "after_death_name", "sex_item", "sex_diagnosis")
_EARLIER = (
    "ended := coalesce(ended_at, TIMESTAMPTZ '0001-01-01'), encounter_id, institution_id, insurance_type, ended_at, "
    "started_at"
)
_STAYS = f"""
    CREATE TEMP VIEW stays AS
    SELECT *, least(coalesce(ended_at::date, started_at::date), DATE '{{end}}') AS judged_on,
        max(struct_pack({_EARLIER})) OVER (PARTITION BY patient_id ORDER BY started_at, encounter_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS any_earlier,
        max(struct_pack({_EARLIER})) OVER (PARTITION BY patient_id, institution_id ORDER BY started_at, encounter_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS here_earlier
    FROM encounter WHERE is_inpatient AND started_at::date BETWEEN DATE '{{start}}' - 366 AND DATE '{{end}}'"""
_LINES = """
    CREATE TEMP TABLE lines AS
    WITH spans AS (
        SELECT item_code, price_limit AS catalogue_limit, started_on AS from_day,
            least(coalesce(ended_on, DATE '9999-12-31'),
                lead(started_on) OVER (PARTITION BY item_code ORDER BY started_on) - 1) AS to_day
        FROM item
    ), joined AS (
        SELECT l.*, l.charged_at::date AS service_date, p.sex, p.death_date, p.is_identity_sex_consistent,
            e.is_inpatient, e.main_diagnosis_code, e.started_at::date AS started_on, e.ended_at::date AS ended_on,
            s.settled_at::date AS settled_on, coalesce(nullif(l.price_limit, 0), nullif(c.catalogue_limit, 0))
                AS price_limit_in_force
        FROM claim_line l
        LEFT JOIN patient p USING (patient_id)
        LEFT JOIN encounter e USING (encounter_id)
        LEFT JOIN settlement s USING (settlement_id)
        LEFT JOIN spans c ON l.item_code = c.item_code AND l.charged_at::date BETWEEN c.from_day AND c.to_day
        WHERE l.settlement_id IS NOT NULL
            AND (l.charged_at::date {between} OR e.ended_at::date {between})
    )
    SELECT joined.*, {given}, coalesce(nullif({sex_item}, ''), nullif({sex_diagnosis}, '')) AS restricted_sex
    FROM joined {knowledge}"""


def main() -> None:
    lake, night, days = (
        Lake(Settings(var=Path(sys.argv[1])).lake_address),
        date.fromisoformat(sys.argv[2]),
        int(sys.argv[3]),
    )
    database = duckdb.connect()
    database.execute("SET TimeZone = 'UTC'")
    for macro in _MACROS:
        database.execute(f"CREATE OR REPLACE MACRO {macro}")
    reported: dict[str, object] = {}
    rules = _timed(lambda: _hits(database, lake, night, days))
    reported |= {"rule_seconds": rules[0], "hits": rules[1]}
    if "rules" not in sys.argv[4:]:
        indicators = _timed(lambda: _indicators(database, lake, night))
        reported |= {"indicator_seconds": indicators[0], "indicators": indicators[1]}
    print(json.dumps(reported))


def _timed(work: Callable[[], dict[str, object]]) -> tuple[float, dict[str, object]]:
    begun = time.monotonic()
    done = work()
    return time.monotonic() - begun, done


def _files(lake: Lake, table: str) -> str:
    return ", ".join(f"'{file}'" for file in DeltaTable(str(lake.table_address(table))).file_uris())


def _view(database: duckdb.DuckDBPyConnection, lake: Lake, night: date, table: str) -> None:
    """The table as known after the night; a lake of one delivery has no rows that a bitmap takes away."""
    files = _files(lake, table)
    known = f"known_from <= DATE '{night}' AND coalesce(known_to > DATE '{night}', TRUE)"
    ends = f"CASE WHEN ended_at::date BETWEEN started_at::date AND DATE '{night}' + 1 THEN ended_at END AS ended_at"
    replaced = f" REPLACE ({ends})" if table == "encounter" else ""
    database.execute(
        f"CREATE OR REPLACE TEMP VIEW {table} AS SELECT * EXCLUDE (known_from, known_to){replaced} "
        f"FROM read_parquet([{files}]) WHERE {known}"
    )


def _hits(database: duckdb.DuckDBPyConnection, lake: Lake, night: date, days: int) -> dict[str, object]:
    """The hits of every rule in the window that ends on the night."""
    for table in _TABLES:
        _view(database, lake, night, table)
    start = night - timedelta(days=days - 1)
    between = f"BETWEEN DATE '{start}' AND DATE '{night}'"
    stated = {"start": start, "end": night, "between": between, "seen": f"service_date {between}"}
    given, cells, joins = _knowledge(database)
    database.execute(_LINES.format(**stated, given=given, knowledge=joins, **cells))
    database.execute(_STAYS.format(**stated))
    found: dict[str, object] = {}
    for rule in load_rules().only({*RULES}).rules:
        shown = {n: ", ".join(f"'{v}'" for v in p) if isinstance(p, list) else p for n, p in rule.params.items()}
        query = RULES[rule.id].format(**stated, **shown)
        (count,) = database.execute(f"SELECT count(*) FROM ({query})").fetchone() or (0,)
        found[rule.id] = count
    return found


def _knowledge(database: duckdb.DuckDBPyConnection) -> tuple[str, dict[str, str], str]:
    """Columns that knowledge gives the lines, the first cell of each class, and the joins that find its points."""
    knowledge, given, cells, joins = load_knowledge(), [], {}, []
    for name in _GIVING:
        declared, points = CLASSES[name], knowledge.get(name, ())
        lengths = sorted({len(p.stem) if p.is_prefix else 0 for p in points}, reverse=True)
        for length in lengths:
            same = [p for p in points if (len(p.stem) if p.is_prefix else 0) == length]
            columns = {"stem": [p.stem for p in same], "valid_from": [p.valid_from for p in same]}
            columns |= {"valid_to": pa.array([p.valid_to for p in same], pa.date32())}
            columns |= {cell: [p.cells.get(cell, "") for p in same] for cell in declared.cells}
            alias, code = f"{name}_{length}", declared.matched_by
            database.register(f"points_{alias}", pa.table(columns))
            key = f"substr(joined.{code}, 1, {length})" if length else f"joined.{code}"
            joins.append(
                f"LEFT JOIN points_{alias} {alias} ON {key} = {alias}.stem AND service_date >= {alias}.valid_from "
                f"AND coalesce(service_date <= {alias}.valid_to, TRUE)"
            )
        found = {c: f"coalesce({', '.join(f'{name}_{length}.{c}' for length in lengths)})" for c in declared.cells}
        cells[name] = found[declared.cells[0]]
        kinds = {"string": "varchar"}
        given += [
            f"try_cast(nullif({found[g.cell]}, '') AS {kinds.get(g.type, g.type)}) AS {column}"
            for column, g in declared.gives.items()
        ]
    return ", ".join(given), cells, " ".join(joins)


def _indicators(database: duckdb.DuckDBPyConnection, lake: Lake, night: date) -> dict[str, object]:
    """By entity: of every indicator how many have a value and what they add up to, and the same of the quantiles."""
    found: dict[str, object] = {}
    for entity, whole in load_catalogues().items():
        catalogue = of_days(whole)
        if not catalogue.named:
            continue
        database.execute(_windows(catalogue, _seen_elsewhere(whole, catalogue), night))
        names = [named.column for named in catalogue.named]
        figures = ", ".join(f"count({name}), coalesce(sum({name}), 0)" for name in names)
        row = database.execute(f"SELECT count(*), {figures} FROM of_{entity}").fetchone() or ()
        found[entity] = {"members": row[0], **{n: row[2 * i + 1 : 2 * i + 3] for i, n in enumerate(names)}}
        found[f"{entity} peers"] = _peers(database, lake, entity, names)
    return found


def of_days(catalogue: Catalogue) -> Catalogue:
    """The indicators that are formulas over measures of the row's own columns, and over sets of a source's column."""
    own = {name for name, measure in catalogue.measures.items() if catalogue.is_of_own_columns(measure)}
    own |= {name for name, one in catalogue.sets.items() if one.where is None and one.column.isidentifier()}
    plain = [n for n, one in catalogue.indicators.items() if one.learned and catalogue.measured(one) <= own]
    return narrowed(catalogue, plain)


def _seen_elsewhere(whole: Catalogue, catalogue: Catalogue) -> list[Source]:
    """The other sources of what a night computes: whoever is in one alone has the zeros of who did nothing.

    What was delivered besides names nobody else: the lake is of one delivery."""
    nightly = narrowed(whole, whole.nightly_indicators)
    seen = {*nightly.sources, *sources_of(nightly)} - {*catalogue.sources}
    return [source for source in Source if source in seen and source.table in _TABLES]


def _windows(catalogue: Catalogue, elsewhere: Sequence[Source], night: date) -> str:
    """Sums of days, then of windows, then the formulas, in one query."""
    key, words = catalogue.id_column, catalogue.vocabulary
    first = night - timedelta(days=max(catalogue.windows) - 1)
    parts: list[str] = []
    sums: list[str] = []
    joins: list[str] = []
    for source in catalogue.sources:
        id_, day = catalogue.keys[source].parts[0], source.moment
        scope = f"{id_} IS NOT NULL AND {day}::date BETWEEN DATE '{first}' AND DATE '{night}'"
        measures = {n: m for n, m in catalogue.measures.items() if m.of is source}
        texts = [
            f"({written(m.value, names={c: c for c in words.columns(m.value)})}) * {m.scale} "
            f"AS {catalogue.measure_columns[n]}"
            for n, m in measures.items()
        ] or ["count(*) AS row_count"]
        rows = f"FROM {_source_rows(source)} WHERE {scope} GROUP BY ALL"
        parts.append(f"{source.value} AS (SELECT {id_} AS {key}, {day}::date AS day, {', '.join(texts)} {rows})")
        sums.append(source.value)
        for name, day_set in catalogue.sets.items():
            if day_set.of == source.value:
                counts = ", ".join(
                    f"count_if(last >= DATE '{night - timedelta(days=w - 1)}') AS {name}_{w}d"
                    for w in catalogue.windows
                )
                parts.append(
                    f"set_{name} AS (SELECT {key}, {counts} FROM (SELECT {id_} AS {key}, {day_set.column}, "
                    f"max({day}::date) AS last FROM {source.table} WHERE {scope} AND {day_set.column} IS NOT NULL "
                    "GROUP BY ALL) GROUP BY ALL)"
                )
                joins.append(f"LEFT JOIN set_{name} USING ({key})")
    for source in elsewhere:
        id_, day = catalogue.keys[source].parts[0], source.moment
        scope = f"{id_} IS NOT NULL AND {day}::date BETWEEN DATE '{first}' AND DATE '{night}'"
        rows = f"FROM {_source_rows(source)} WHERE {scope}"
        parts.append(f"{source.value} AS (SELECT DISTINCT {id_} AS {key}, {day}::date AS day {rows})")
        sums.append(source.value)
    days = " UNION ALL BY NAME ".join(f"SELECT * FROM {name}" for name in sums)
    totals = ", ".join(
        f"sum({column}) FILTER (WHERE day >= DATE '{night - timedelta(days=w - 1)}') AS {name}_{w}d"
        for name, column in catalogue.measure_columns.items()
        for w in catalogue.windows
    )
    formulas = ", ".join(_formula(catalogue, named) for named in catalogue.named)
    return (
        f"CREATE OR REPLACE TEMP TABLE of_{catalogue.entity} AS WITH {', '.join(parts)}, "
        f"totals AS (SELECT {key}, {totals} FROM ({days}) GROUP BY ALL) "
        f"SELECT {key}, {formulas} FROM totals {' '.join(joins)}"
    )


def _source_rows(source: Source) -> str:
    """The table's rows, or the days of its stays."""
    if source is not Source.BED_DAYS:
        return source.table
    last = "greatest(ended_at::date - 1, started_at::date)"
    days = f"unnest(generate_series(started_at::date, {last}, INTERVAL 1 DAY))::date AS {BED_DAY}"
    return f"(SELECT *, {days} FROM {source.table} WHERE is_inpatient)"


def _formula(catalogue: Catalogue, named: object) -> str:
    definition, window = named.definition, named.window  # type: ignore[attr-defined]
    names = {}
    for name in definition.reads:
        held = f"coalesce({name}_{window}d, 0)::double"
        is_money = name in catalogue.measures and catalogue.measures[name].unit == "yuan"
        names[name] = f"({held} / 100)" if is_money else held
    value = written(definition.formula or "", names=names)
    if definition.when is not None:
        value = f"CASE WHEN {written(definition.when, names=names)} THEN {value} END"
    return f"({value})::double AS {named.column}"  # type: ignore[attr-defined]


def _peers(database: duckdb.DuckDBPyConnection, lake: Lake, entity: str, names: list[str]) -> list[object]:
    """Of the groups that the stage found: how many figures, and what medians, deviations and quantiles add up to."""
    files = _files(lake, f"indicator_{entity}")
    query = f"""
        WITH of AS (SELECT {entity}_id, string_split(peer_group, '|') AS parts
                    FROM read_parquet([{files}], hive_partitioning = false)),
        used AS (SELECT DISTINCT array_to_string(parts, '|') AS peer_group FROM of),
        around AS (SELECT {entity}_id, array_to_string(parts[1:n], '|') AS peer_group
                   FROM (SELECT *, unnest(range(1, len(parts) + 1)) AS n FROM of)),
        long AS (UNPIVOT of_{entity} ON {", ".join(names)} INTO NAME indicator VALUE value),
        found AS (SELECT peer_group, indicator, value, median(value) OVER (PARTITION BY peer_group, indicator) AS middle
                  FROM long JOIN around USING ({entity}_id) SEMI JOIN used USING (peer_group)),
        ladders AS (SELECT peer_group, indicator, any_value(middle) AS middle,
                    median(abs(value - middle)) * 1.4826 AS mad,
                    quantile_cont(value, {[n / 100 for n in range(101)]}) AS ladder FROM found GROUP BY ALL)
        SELECT count(*), sum(middle), sum(mad), sum(list_sum(ladder)) FROM ladders"""
    return list(database.execute(query).fetchone() or ())


if __name__ == "__main__":
    main()
