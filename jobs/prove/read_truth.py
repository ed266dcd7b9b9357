"""Reads for the evaluation, without Spark: labels under the lake's tokens, what a night found, and all settled care."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import reduce
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from evaluation.labels import LATER, TAKEN_BACK, JudgedPeriod, Seen, to_labels
from evaluation.population import Population
from features.catalogue import load_catalogues
from features.catalogue.size import is_case_mix
from fundwatch.contracts.entities import ENTITIES
from fundwatch.contracts.versions import known_on
from fundwatch.errors import FundwatchError, KeyMissingError
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.store import Lake
from fundwatch.settings import Settings
from jobs.committed_stages import refuse_no_stage
from privacy.keys.ring import PseudonymKey, read_key
from privacy.tokens.pseudonyms import token_of

# the truth's names, by ours; persons and doctors become tokens
_CANONICAL = {
    "psn_no": "patient_id",
    "mdtrt_id": "encounter_id",
    "feedetl_sn": "line_id",
    "fixmedins_code": "institution_id",
    "dr_code": "doctor_id",
}
_AT_RISK = "CAST(amount_at_risk AS DOUBLE) AS amount_at_risk"
_ENTITY_IDS = ", ".join(f"{entity.line_id} AS {entity.id_column}" for entity in ENTITIES.values())
_DOMAIN = {entity.name: entity.domain for entity in ENTITIES.values() if entity.domain}


@dataclass(frozen=True)
class NightFound:
    """What a night found, as tables: rule_hit, hit_line, score and lead. None: that stage has not run.

    `hit_lines` prove the hits; `compared` are the lines that they are compared with. `indexes` are subject_type,
    subject_id and value of each indicator that sets costs against what like patients cost elsewhere.
    """

    hits: pd.DataFrame
    hit_lines: pd.DataFrame
    compared: pd.DataFrame
    coverage: pd.DataFrame
    scores: pd.DataFrame | None
    leads: pd.DataFrame | None
    indexes: Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Labels:
    """Labels as `evaluation.labels` has them. Where they are not whole, nobody knows what an unlabelled thing is: so
    with inspections, while a simulator labels all that it stages."""

    rows: pd.DataFrame
    is_whole: bool


def read_labels(truth: Path, settings: Settings, lake: Lake, night: date) -> Labels:
    """Grain: label, its persons and doctors as the lake's tokens. `truth` is a folder with labels.csv, or the file.

    A file in the simulator's columns has raw ids and is whole; one in the lake's own columns has tokens already, and is
    taken for labels of inspections. Raises FundwatchError without a truth, a label or the key.
    """
    path = truth / "labels.csv" if truth.is_dir() or truth.suffix != ".csv" else truth
    if not path.is_file():
        raise FundwatchError(
            "there is no truth to compare with: of a lake without labels nobody can say how right its night is",
            where=str(path),
            do="`fundwatch simulate --date DATE` makes one; or give labels, those of inspections too, with --truth",
        )
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    is_raw = bool(set(rows.columns) & set(_CANONICAL))
    rows = rows.rename(columns=_CANONICAL)
    if is_raw:
        key = read_key(settings.key_path)
        _refuse_other_key(key, lake, night)
        rows = _with_tokens(rows, key)
    try:
        return Labels(to_labels(rows), is_whole=is_raw)
    except FundwatchError as error:
        raise FundwatchError(error.what, where=str(path), do=error.do) from error


def _with_tokens(rows: pd.DataFrame, key: PseudonymKey) -> pd.DataFrame:
    for entity, domain in _DOMAIN.items():
        if f"{entity}_id" in rows.columns:
            rows[f"{entity}_id"] = _tokens(key, domain, rows[f"{entity}_id"])
        if {"actor_id", "actor_type"} <= set(rows.columns):
            is_one = rows["actor_type"] == entity
            rows.loc[is_one, "actor_id"] = _tokens(key, domain, rows.loc[is_one, "actor_id"])
    return rows


def _tokens(key: PseudonymKey, domain: str, values: pd.Series) -> pd.Series:
    return values.map({value: token_of(key, domain, value) for value in values.unique()})


def _refuse_other_key(key: PseudonymKey, lake: Lake, night: date) -> None:
    query = f"SELECT DISTINCT key_id FROM delivery WHERE business_date <= DATE '{night}'"
    used = {row["key_id"] for row in lake.rows("delivery", query)}
    if used - {key.key_id}:
        raise KeyMissingError(
            "the lake was made with another pseudonymisation key: no label would be found in it",
            do="point `key_file` to the key of this lake",
        )


def read_found(lake: Lake, night: date) -> NightFound:
    """What the night found. Raises NotReadyError when its rules have not run; other stages may be missing."""
    refuse_no_stage(lake, night, "rules")
    ledger = Ledger(lake.address)
    hits = of_night(
        lake, "rule_hit", night,
        "hit_id, rule_id, subject_type, subject_id, patient_id, institution_id, encounter_id, is_estimate, "
        f"period_start, period_end, {_AT_RISK}, {_rule_state(lake, 'rule_hit')}",
    )  # fmt: skip
    lines = _hit_lines(lake, night)
    is_compared = lines["role"] == "compared"
    return NightFound(
        hits=hits.assign(**{name: pd.to_datetime(hits[name]) for name in ("period_start", "period_end")}),
        hit_lines=lines[~is_compared].drop(columns="role"),
        compared=lines.loc[is_compared, ["hit_id", "line_id"]],
        coverage=of_night(
            lake, "rule_coverage", night,
            f"rule_id, state, why_not, period_start, period_end, {_rule_state(lake, 'rule_coverage')}",
        ),
        scores=None if ledger.committed("score", night) is None else of_night(
            lake, "score", night, "entity_type, entity_id, model, score, percentile, peer_count, state, why_not"
        ),
        leads=None if ledger.committed("leads", night) is None else of_night(
            lake, "lead", night,
            f"place, subject_type, subject_id, hit_count, {_AT_RISK}",
        ).sort_values("place", ignore_index=True),
        indexes=read_indexes(lake, night),
    )  # fmt: skip


def read_indexes(lake: Lake, night: date) -> dict[str, pd.DataFrame]:
    """The night's values of every indicator that is a case mix's ratio, over its longest window; none of those that it
    did not compute."""
    found: dict[str, pd.DataFrame] = {}
    catalogues = load_catalogues(only=ENTITIES)
    for kind, entity in ENTITIES.items():
        if not lake.exists(entity.indicator_table):
            continue
        there, catalogue = lake.columns(entity.indicator_table), catalogues[kind]
        for name, indicator in catalogue.indicators.items():
            column = catalogue.column(name, max(catalogue.windows_of(indicator)))
            if is_case_mix(catalogue, indicator) and column in there:
                said = f"'{kind}' AS subject_type, {entity.id_column} AS subject_id, {column} AS value"
                found[name] = of_night(lake, entity.indicator_table, night, said)
    return {name: values for name, values in found.items() if values["value"].notna().any()}


def _rule_state(lake: Lake, table: str) -> str:
    """SQL: where the rule of a row stood; tables and nights of before rules had states are of active ones."""
    known = "coalesce(rule_state, 'active')" if "rule_state" in lake.columns(table) else "'active'"
    return f"{known} AS rule_state"


def of_night(lake: Lake, table: str, night: date, columns: str) -> pd.DataFrame:
    """The named columns of what the night made."""
    return _frame(lake, table, f"SELECT {columns} FROM {table} WHERE business_date = DATE '{night}'")


def _hit_lines(lake: Lake, night: date) -> pd.DataFrame:
    """The lines of hits with their `role`; it is null in tables of before lines had one."""
    role = "role" if "role" in lake.columns("hit_line") else "NULL AS role"
    return of_night(lake, "hit_line", night, f"hit_id, line_id, {_AT_RISK}, {role}")


def read_seen(lake: Lake, labels: pd.DataFrame, hit_lines: Collection[str], night: date) -> Seen:
    """What is known of labelled things after the night, and of the lines of its hits."""
    wanted: dict[str, Collection[str]] = {
        f"{kind}_id": _ids(labels.loc[labels["entity_type"].isin([kind, f"{kind}_day"]), f"{kind}_id"])
        for kind in ENTITIES
    }
    encounters = _ids(labels.loc[labels["entity_type"] == "encounter", "encounter_id"])
    line_ids = _ids(labels.loc[labels["entity_type"] == "line", "line_id"])
    wanted |= {"line_id": {*hit_lines} | line_ids, "encounter_id": encounters}
    columns = (
        f"line_id, encounter_id, {_ENTITY_IDS}, settlement_id, "
        "CAST(charged_at AS DATE) AS day, CAST(covered_amount AS DOUBLE) AS covered_amount, known_from, known_to"
    )
    versions = _frame(lake, "claim_line", f"SELECT {columns} FROM claim_line", wanted)
    lines = _known(versions, night)
    visits = _frame(
        lake, "encounter",
        "SELECT encounter_id, CAST(ended_at AS DATE) AS ended_on, known_from, known_to FROM encounter",
        {"encounter_id": encounters},
    )  # fmt: skip
    return Seen(
        lines=_with_fund(lake, lines, night).assign(is_settled=lines["settlement_id"].notna()),
        encounters=_known(visits, night).assign(ended_on=lambda rows: pd.to_datetime(rows["ended_on"])),
        line_fates=_line_fates(lake, versions, line_ids, night),
        encounter_fates=_fates(visits, "encounter_id", night),
        entities={kind: _ids(versions[f"{kind}_id"]) for kind in ENTITIES},
    )


def read_population(lake: Lake, night: date, window: JudgedPeriod) -> Population:
    """All that is settled in the period, as known after the night; counted by the engine, one row a subject comes
    back. Money is summed in whole cents, so that no order of rows changes it."""
    subjects = [
        _settled(
            lake, night, window,
            f"SELECT '{kind}' AS subject_type, {kind}_id AS subject_id, count(DISTINCT settlement_id) AS settlements, "
            f"sum(cents) AS cents FROM settled WHERE {kind}_id IS NOT NULL GROUP BY {kind}_id",
        )
        for kind in ENTITIES
    ]  # fmt: skip
    days = "".join(
        f", count(DISTINCT {kind}_id) AS {kind}, count(DISTINCT {kind}_id || ' ' || CAST(day AS VARCHAR)) AS {kind}_day"
        for kind in ENTITIES
    )
    counted = "count(*) AS line, count(DISTINCT encounter_id) AS encounter"
    query = f"SELECT {counted}{days}, count(DISTINCT settlement_id) AS settlement, sum(cents) AS cents FROM settled"
    sums = _settled(lake, night, window, query).fillna(0).iloc[0]
    whole = {str(name): int(value) for name, value in sums.items()}
    rows = pd.concat(subjects).sort_values(["subject_type", "subject_id"], ignore_index=True)
    return Population(
        subjects=rows.assign(fund=rows["cents"] / 100).drop(columns="cents"),
        settlements=whole.pop("settlement"),
        fund=whole.pop("cents") / 100,
        things=whole,
    )


def _settled(lake: Lake, night: date, window: JudgedPeriod, query: str) -> pd.DataFrame:
    """The query's rows over `settled`: the fee lines of the period that a settlement paid, `cents` what the fund paid
    of each."""
    start, end = window.start.date(), window.end.date()
    settled = (
        f"WITH paid AS ({_fund_ratios(night)}), "
        f"of_night AS (SELECT line_id, encounter_id, {_ENTITY_IDS}, settlement_id, CAST(charged_at AS DATE) AS day, "
        f"CAST(covered_amount AS DOUBLE) AS covered FROM claim_line WHERE settlement_id IS NOT NULL "
        f"AND {known_on(night)} AND CAST(charged_at AS DATE) BETWEEN DATE '{start}' AND DATE '{end}'), "
        "settled AS (SELECT of_night.*, CAST(round(100 * greatest(covered, 0) * coalesce(ratio, 0)) AS BIGINT) "
        "AS cents FROM of_night LEFT JOIN paid ON of_night.settlement_id = paid.settlement_id) "
    )
    return lake.query(settled + query, "claim_line", "settlement").read_all().to_pandas()


def _fund_ratios(night: date) -> str:
    """SQL: by settlement as known after the night, what part of its covered amount the fund paid, 0 to 1."""
    ratio = "CAST(fund_amount AS DOUBLE) / nullif(CAST(covered_amount AS DOUBLE), 0)"
    clipped = f"greatest(least(coalesce({ratio}, 0), 1), 0)"
    return f"SELECT settlement_id, {clipped} AS ratio FROM settlement WHERE {known_on(night)}"


def learned_until(lake: Lake, night: date) -> date | None:
    """The last night on which a model was made that scored this one; None where none scored, or none is known."""
    if not (lake.exists("model") and lake.exists("score")):
        return None
    made = _frame(
        lake, "model", "SELECT model_fingerprint, min(business_date) AS made FROM model "
        f"WHERE business_date <= DATE '{night}' GROUP BY model_fingerprint",
    )  # fmt: skip
    used = of_night(lake, "score", night, "DISTINCT model_fingerprint")
    nights = made.merge(used.dropna(), on="model_fingerprint")["made"]
    return None if nights.empty else pd.Timestamp(nights.max()).date()


def _ids(values: pd.Series) -> set[str]:
    return set(values.dropna().unique())


def _known(versions: pd.DataFrame, night: date) -> pd.DataFrame:
    """Versions that hold after the night, without their dates."""
    start, end = pd.to_datetime(versions["known_from"]), pd.to_datetime(versions["known_to"])
    holds = (start <= pd.Timestamp(night)) & ~(end <= pd.Timestamp(night))
    known = versions[holds].drop(columns=["known_from", "known_to"]).reset_index(drop=True)
    return known.assign(day=pd.to_datetime(known["day"])) if "day" in known.columns else known


def _fates(versions: pd.DataFrame, key: str, night: date) -> pd.Series:
    """By id of something that is not known: came later, or was known once."""
    first = pd.to_datetime(versions.groupby(key)["known_from"].min())
    return pd.Series(TAKEN_BACK, index=first.index, dtype=object).mask(first > pd.Timestamp(night), LATER)


def _line_fates(lake: Lake, versions: pd.DataFrame, line_ids: Collection[str], night: date) -> pd.Series:
    """A line whose reversal came with it was never in the clean table, but stands among the entries."""
    fates = _fates(versions, "line_id", night)
    if not lake.exists("claim_line_entry"):
        return fates
    entries = _frame(
        lake, "claim_line_entry", "SELECT line_id, business_date AS known_from FROM claim_line_entry",
        {"line_id": line_ids},
    )  # fmt: skip
    of_entries = _fates(entries, "line_id", night)
    return pd.concat([fates, of_entries[~of_entries.index.isin(fates.index)]])


def _with_fund(lake: Lake, lines: pd.DataFrame, night: date) -> pd.DataFrame:
    """Lines with `fund`: the covered amount times what part of the settlement's covered amount the fund paid (yuan)."""
    paid = _frame(lake, "settlement", _fund_ratios(night), {"settlement_id": _ids(lines["settlement_id"])})
    fund = lines["covered_amount"] * lines["settlement_id"].map(paid.set_index("settlement_id")["ratio"])
    return lines.assign(fund=fund.fillna(0.0).clip(lower=0))


def _frame(lake: Lake, table: str, query: str, wanted: Mapping[str, Collection[str]] | None = None) -> pd.DataFrame:
    """The query's rows, or those with one of the wanted ids: batch by batch, so that only these are held."""
    reader = lake.batches(table, query)
    ids = None if wanted is None else {name: pa.array(sorted(some), pa.string()) for name, some in wanted.items()}
    # what DataFusion gives as a view of a text, Arrow can neither filter nor hand on
    plain = pa.schema([(f.name, pa.string() if f.type == pa.string_view() else f.type) for f in reader.schema])
    kept = [_having(pa.Table.from_batches([batch]).cast(plain), ids) for batch in reader]
    return pa.concat_tables([plain.empty_table(), *kept]).to_pandas()


def _having(rows: pa.Table, wanted: Mapping[str, pa.Array] | None) -> pa.Table:
    """The rows whose id, by any of the named columns, is wanted."""
    if wanted is None:
        return rows
    masks = [pc.is_in(rows[name], value_set=ids) for name, ids in wanted.items()]
    return rows.filter(reduce(pc.or_, masks))
