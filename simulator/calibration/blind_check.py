"""The blind check of a delivered world: every column of every table, one at a time and in pairs.

`python -m simulator.calibration.blind_check LANDING TRUTH FOLDER` writes blind.md and blind.json and ends with 1 when a
column gives away who was staged, with 2 when the world is too small to ask. Rows are matched as `_KINDS` says;
registers of persons are read with each other and with the encounters, by key.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from simulator.calibration.blind import (
    LIMIT,
    BlindVerdict,
    MatchedSample,
    blind_auc,
    matched,
    sample_of,
    staged_instances,
)
from simulator.calibration.blind_columns import (
    PLACE,
    Features,
    declared_of,
    features_of,
    pair_features,
    pairs_of,
    place_features,
)

_MANY = 8  # lines of an encounter
# By what a staged row and its honest counterpart are alike; `sex`, `age` and `insurance` are the person's, `lines` how
# many the encounter has.
_KINDS: dict[str, tuple[str, ...]] = {
    "psn_info": ("sex", "age", "insurance"),
    "psn_insu": ("sex", "age", "insurance"),
    "mdtrt": ("med_type", "sex", "age", "insurance"),
    "setl": ("med_type", "refd_setl_flag"),
    "fee_list": ("med_list_codg", "cnt", "med_type", "lines"),
    "diag": ("inout_diag_type", "diag_srt_no"),
    "oprn": ("oprn_oprt_code",),
    "medins": ("fixmedins_type", "hosp_lv"),
    "doctor": ("dept_codg",),
    "opsp_reg": ("opsp_dise_code",),
    "referral": ("rloc_type",),
    "setl_drg": ("grp_code",),
    "presence_check": ("fixmedins_code",),
    "trace_scan": ("med_list_codg",),
}
# Views of a table's rows by visit type, where a fingerprint would drown among the others.
_VIEWS: dict[str, tuple[str, tuple[str, ...]]] = {
    "fee_list of chronic visits": ("fee_list", ("140104", "9929", "9901"))
}
_KEYS = ("feedetl_sn", "mdtrt_id", "psn_no", "dr_code", "fixmedins_code")
_UNIQUE = {"psn_info": "psn_no", "psn_insu": "psn_insu_rlts_id", "fee_list": "feedetl_sn"}
_WITH_REGISTERS = ("psn_info", "mdtrt")  # joined by person with the other registers of persons
_REGISTERS = ("psn_info", "psn_insu")


@dataclass(frozen=True)
class BlindDelivery:
    """The tables of all nights in file order, as text, and the labels kept apart from them."""

    tables: dict[str, pd.DataFrame]
    labels: pd.DataFrame

    def persons(self) -> pd.DataFrame:
        """One row per person: sex, age in tens, kind of insurance."""
        known = self.tables["psn_info"].drop_duplicates("psn_no").set_index("psn_no")
        insured = self.tables["psn_insu"].drop_duplicates("psn_no").set_index("psn_no")
        tens = (2026 - pd.to_numeric(known["brdy"].str[:4], errors="coerce")).floordiv(10).astype(str)
        return pd.DataFrame({"sex": known["gend"], "age": tens, "insurance": insured["insutype"]}).fillna("")


@dataclass(frozen=True)
class BlindFinding:
    """What one part of a column, or two columns together, told."""

    table: str
    columns: str
    part: str  # silent, sharing, speaks
    must_be_silent: bool
    verdict: BlindVerdict | None  # None: too few rows to ask

    @property
    def gives_away(self) -> bool:
        """A part that must be silent and is not."""
        return self.must_be_silent and self.verdict is not None and self.verdict.gives_away


def read_delivered(landing: Path, truth: Path) -> BlindDelivery:
    """Everything delivered; `row` says where a row stood in its file."""
    names = sorted({path.name.split(".")[0] for path in landing.glob("*/*.csv*")})
    tables = {}
    for name in names:
        parts = [pd.read_csv(path, dtype=str, keep_default_na=False) for path in sorted(landing.glob(f"*/{name}.csv*"))]
        tables[name] = pd.concat([part.assign(row=np.arange(len(part))) for part in parts], ignore_index=True)
    return BlindDelivery(tables, pd.read_csv(truth / "labels.csv", dtype=str, keep_default_na=False))


class TableSample:
    """The matched rows of one table with the features of its columns, and of the registers joined to it."""

    def __init__(self, delivered: BlindDelivery, view: str, seed: int = 0) -> None:
        table, visit_types = _VIEWS.get(view, (view, ()))
        self.view, self.table = view, table
        self._whole = delivered.tables[table]
        rows = self._whole[self._whole["med_type"].isin(visit_types)] if visit_types else self._whole
        if table in _UNIQUE:
            rows = rows.drop_duplicates(_UNIQUE[table])
        if table == "fee_list":
            rows = rows.assign(lines=rows["mdtrt_id"].map(self._whole["mdtrt_id"].value_counts()).clip(upper=_MANY))
        if "psn_no" in rows:
            rows = rows.join(delivered.persons(), on="psn_no")
        kind = rows[list(_KINDS[table])].astype(str).agg("/".join, axis=1)
        keys = [key for key in _KEYS if key in rows]
        keys = keys[:1] if keys[0] != "feedetl_sn" else keys[:2]
        staged = staged_instances(rows, delivered.labels, keys)
        self.rows, groups = matched(rows, kind, staged, delivered.labels, seed)
        by = staged.reindex(self.rows.index[::2]).str.split("/").str[0]  # matched rows stand staged, honest, staged …
        self.rows["staged_by"] = np.repeat(by.to_numpy(object), 2)
        self.features: Features = {}
        if len(self.rows):
            self._add_features(delivered)
        self.sample: MatchedSample = sample_of(self.rows, groups, self.features)

    def _add_features(self, delivered: BlindDelivery) -> None:
        own = [name for name in self._whole.columns if name != PLACE]
        for declared in declared_of(self.table, own):
            self.features |= features_of(declared, self.rows, self._whole)
        self.features |= place_features(self.rows)
        for register in _REGISTERS if self.table in _WITH_REGISTERS else ():
            if register != self.table:
                self._join(register, delivered.tables[register])

    def _join(self, register: str, whole: pd.DataFrame) -> None:
        """Columns of a register under its name; only what must be silent, the rest is the register's own matter."""
        own = [name for name in whole.columns if name != PLACE]
        known = whole.drop_duplicates("psn_no").set_index("psn_no", drop=False)
        joined = known.reindex(self.rows["psn_no"]).set_axis(self.rows.index).fillna("")
        joined["staged_by"] = self.rows["staged_by"]
        for declared in declared_of(register, own):
            for (family, name), numbers in features_of(declared, joined, whole).items():
                if "speaks" not in family:
                    self.features[f"{register}.{family}", name] = numbers
            self.rows[f"{register}.{declared.column}"] = joined[declared.column]


def blind_check(
    delivered: BlindDelivery,
    *,
    pairs: bool = True,
    speaking: bool = True,
    tables: Sequence[str] = (*_KINDS, *_VIEWS),
    resamples: int = 200,
) -> list[BlindFinding]:
    """Every column of these tables, and every two of those that must be silent.

    Without `speaking` only what must be silent is looked at.
    """
    found: list[BlindFinding] = []
    for table in tables:
        if _VIEWS.get(table, (table,))[0] in delivered.tables:
            sample = TableSample(delivered, table)
            found += _single(sample, resamples, speaking=speaking)
            found += _pairs(sample, resamples) if pairs else []
    return found


def _single(of: TableSample, resamples: int, *, speaking: bool) -> Iterator[BlindFinding]:
    for family in dict.fromkeys(family for family, _ in of.features):
        column, part = family.split("/")
        if "speaks" in part and not speaking:
            continue
        verdict = _asked(of.sample, (family,), resamples)
        yield BlindFinding(of.view, column, part, "speaks" not in part, verdict)


def _pairs(of: TableSample, resamples: int) -> Iterator[BlindFinding]:
    """Pairs of columns that tell nothing each; of those above the limit the interval is drawn."""
    if not of.sample.is_large_enough:
        return
    silent = [family for family, _ in of.features if "speaks" not in family and _varies(of.sample, (family,))]
    for first, second in pairs_of(silent):
        families = tuple(f for f in dict.fromkeys(silent) if f.split("/")[0] in (first, second))
        more = pair_features(of.rows, first, second)
        verdict = blind_auc(of.sample, *families, resamples=2, more=more)
        if verdict.auc > LIMIT:
            verdict = blind_auc(of.sample, *families, resamples=resamples, more=more)
        yield BlindFinding(of.view, f"{first} × {second}", "silent", True, verdict)


def _asked(sample: MatchedSample, families: tuple[str, ...], resamples: int) -> BlindVerdict | None:
    if not sample.is_large_enough:
        return None
    if not _varies(sample, families):
        return BlindVerdict(0.5, 0.5, 0.5, len(sample.is_staged), len(set(sample.groups)))
    return blind_auc(sample, *families, resamples=resamples)


def _varies(sample: MatchedSample, families: tuple[str, ...]) -> bool:
    wanted = [n for n, family in enumerate(sample.families) if family in families]
    columns = sample.features[:, wanted]
    return bool((columns != columns[:1]).any())


def as_markdown(found: Iterable[BlindFinding], *, before: Iterable[BlindFinding] = ()) -> str:
    """A table of single columns, silent ones first, then the loudest pairs; beside the figures of an earlier check."""
    earlier = {(one.table, one.columns, one.part): one for one in before}
    lines = ["| table | column | part | must be silent | AUC | 95 % | rows | earlier | verdict |", "|" + "---|" * 9]
    for one in sorted(found, key=_loudest_first):
        last = earlier.get((one.table, one.columns, one.part))
        verdict = one.verdict
        outcome = "too few rows" if verdict is None else "gives away" if one.gives_away else "ok"
        figures = f"{verdict.auc:.3f} | {verdict.low:.3f}–{verdict.high:.3f} | {verdict.rows}" if verdict else "| |"
        old = f"{last.verdict.auc:.3f}" if last and last.verdict else ""
        silent = "yes" if one.must_be_silent else "may speak"
        lines.append(f"| {one.table} | {one.columns} | {one.part} | {silent} | {figures} | {old} | {outcome} |")
    return "\n".join(lines) + "\n"


def _loudest_first(one: BlindFinding) -> tuple[bool, bool, float]:
    return not one.must_be_silent, "×" in one.columns, -(one.verdict.auc if one.verdict else 0.0)


def outcome(found: Sequence[BlindFinding]) -> tuple[str, int]:
    """The check in a line, and how the command ends: a world of which nothing could be asked has passed nothing."""
    must = [one for one in found if one.must_be_silent]
    asked, loud = [one for one in must if one.verdict is not None], [one for one in must if one.gives_away]
    said = f"{len(loud)} of {len(asked)} that must be silent give away who was staged"
    return f"{said}; too few rows: {len(must) - len(asked)}", 2 if not asked else int(bool(loud))


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Look for columns that give away what was staged.")
    parser.add_argument("landing", type=Path)
    parser.add_argument("truth", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--no-pairs", action="store_true", help="single columns only")
    chosen = parser.parse_args(arguments)
    found = blind_check(read_delivered(chosen.landing, chosen.truth), pairs=not chosen.no_pairs)
    chosen.folder.mkdir(parents=True, exist_ok=True)
    (chosen.folder / "blind.md").write_text(as_markdown(found), encoding="utf-8")
    rows = [asdict(one) | {"gives_away": one.gives_away} for one in found]
    (chosen.folder / "blind.json").write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    said, code = outcome(found)
    print(said)
    return code


if __name__ == "__main__":
    raise SystemExit(main())
