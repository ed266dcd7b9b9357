"""The nightly privacy report: how anonymous the lake is, and what became of every delivered column.

The lake is pseudonymous, not anonymous: the report informs, it does not stop a night.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from pyspark.sql import functions as F

from fundwatch.engine.frames import stacked
from fundwatch.lake.store import Lake
from fundwatch.pages import PageTable, Paragraph, Part, as_json, page, publish
from fundwatch.settings import Settings
from intake.source.columns import ColumnSource, Constant, columns_used
from intake.source.load import mapping_in_force
from intake.source.mapping import Rows, SourceMapping
from jobs.committed_stages import refuse_no_stage
from jobs.protect.export_data import person_of, treated, views_of_night
from jobs.protect.processing_record import record_files
from jobs.protect.verify_audit import audit_state
from jobs.workplace import Workplace, reading
from privacy.audit.anchors import REPORTED
from privacy.release.anonymity import MEASURES, Anonymity, anonymity_of, as_record, measure_rows, measured
from privacy.release.declared import MEASURED, PrivacyDeclaration, read_privacy
from privacy.release.exports import ExportColumn
from privacy.scrubbing.corpus import composed, held_out, independent, written
from privacy.scrubbing.measure import ScrubReport, measure_scrubber

_EVERYBODY = "*"  # the row of the measures that counts persons; no set is named so
_TREATMENTS = {
    "token": "假名 token",
    "scrubbed": "清洗 scrubbed",
    "derived": "派生 derived",
    "codes": "转码 translated",
    "kept": "保留 kept",
    "read": "仅校验 read, not kept",
    "sealed": "仅密存于身份库 sealed, in the vault alone",
    "dropped": "弃用 dropped",
}
CAUTION = (
    "湖内数据为假名化数据,并非匿名数据。 The lake is pseudonymous, not anonymous: treat it as personal information."
)

_AUDIT = {
    True: "审计日志完整。 The audit log holds:",
    False: "审计日志不成立,须立即查明! The audit log does not hold, find out why:",
    None: "审计日志未核对。 The audit log was not looked at:",
}


@dataclass(frozen=True)
class PrivacyReport:
    """A night's report, with its folder and what keeps it from being complete."""

    night: date
    report: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """The report."""
        return self.report


@dataclass(frozen=True)
class ScrubberMeasured:
    """How well free text is scrubbed, by labelled set."""

    corpora: dict[str, ScrubReport]

    def as_json(self) -> dict[str, Any]:
        """Every count, with recall and the share of what was scrubbed needlessly."""
        return {
            name: asdict(r) | {"recall": r.recall, "over_scrubbed_share": r.over_scrubbed_share}
            for name, r in self.corpora.items()
        }


def report_night(settings: Settings, night: date) -> PrivacyReport:
    """Make the night's report; a night may run meanwhile. Raises NotReadyError where its intake does not stand."""
    refuse_no_stage(Lake(settings.lake_address), night, "intake")
    with reading(settings) as place:
        return PrivacyReport(night, write_report(place, night))


def write_report(place: Workplace, night: date) -> dict[str, Any]:
    """`<reports>/<date>/privacy/`: privacy.json and .html, processing.json and .html (the record of processing)."""
    settings = place.settings
    privacy, mapping = read_privacy(settings), mapping_in_force(settings)
    sets, persons = measure_sets(place, night, privacy)
    columns = delivered_columns(mapping, privacy)
    reported = {
        name: as_record(m) | _singled_out(m, persons, privacy.linkage.night.get(name)) for name, m in sets.items()
    }
    audit = audit_state(settings)
    report: dict[str, Any] = {
        "business_date": night.isoformat(),
        "k_asked": privacy.k,
        "sensitive": privacy.sensitive,
        "persons": persons,
        "sets": reported,
        "columns": columns,
        REPORTED: audit.record,
    }
    parts: list[Part] = [
        Paragraph(CAUTION, "note"),
        Paragraph(f"{_AUDIT[audit.holds]} {audit.reported}", "note"),
        PageTable("匿名程度 How anonymous", MEASURES, measure_rows(sets)),
        PageTable(
            f"重链接 Re-linking: {persons:,} 人 persons",
            ("组 Set", "可单独识别的人 Singled out", "占比 Share", "上限 Limit"),
            [_linkage_cells(name, record) for name, record in reported.items()],
        ),
        PageTable(
            "字段去向与分级 Delivered columns, treatment and level (GB/T 39725; conf/privacy)",
            ("文件 File", "字段 Column", "处理 Treatment", "去向 Becomes", "级别 Level"),
            [(c["file"], c["column"], _TREATMENTS[c["treatment"]], c["becomes"], c["level"]) for c in columns],
        ),
    ]
    content = page(f"隐私报告 Privacy report {night}", parts)
    files = {"privacy.json": as_json(report).encode(), "privacy.html": content.encode()}
    files |= record_files(settings, night, privacy, columns, reported, audit)
    folder = publish(settings.reports_dir / night.isoformat() / "privacy", files)
    return {**report, "folder": str(folder), "incomplete": audit.incomplete}


def has_report(settings: Settings, night: date) -> bool:
    """Whether the night's report lies there."""
    return (settings.reports_dir / night.isoformat() / "privacy" / "privacy.json").is_file()


def measure_sets(place: Workplace, night: date, privacy: PrivacyDeclaration) -> tuple[dict[str, Anonymity], int]:
    """Grain: set of quasi-identifiers, over patient × encounter as known after the night; and how many persons these
    are. All in one action."""
    views_of_night(place, night, MEASURED, ())
    rows = place.spark.sql(privacy.sql)
    frames = []
    for name, columns in privacy.sets.items():
        reported = treated(rows, {**columns, "_sensitive": ExportColumn.model_validate({"of": privacy.sensitive})})
        measures = measured(reported, tuple(columns), "_sensitive", privacy.k, person_of(reported))
        frames.append(measures.select(F.lit(name).alias("_set"), "*"))
    person = person_of(rows)
    counted = F.lit(0).cast("bigint") if person is None else F.count_distinct(F.col(person))
    frames.append(rows.agg(counted.alias("rows")).select(F.lit(_EVERYBODY).alias("_set"), "rows"))
    rows_of_sets = stacked(frames, missing_as_null=True)
    found = {row[0]: tuple(row)[1:] for row in rows_of_sets.collect()}  # a row per set, and one
    return {name: anonymity_of(found[name]) for name in privacy.sets}, int(found[_EVERYBODY][0])


def _singled_out(measures: Anonymity, persons: int, most: float | None) -> dict[str, Any]:
    share = measures.singled_out / persons if persons else 0.0
    return {"singled_out_share": round(share, 6), "most": most}


def _linkage_cells(name: str, record: dict[str, Any]) -> tuple[str, ...]:
    most = record["most"]
    over = most is not None and record["singled_out_share"] > most
    limit = "不限 none" if most is None else f"{most:.2%}" + (" 超出 exceeded" if over else "")
    return name, f"{record['singled_out']:,}", f"{record['singled_out_share']:.2%}", limit


def delivered_columns(mapping: SourceMapping, privacy: PrivacyDeclaration) -> list[dict[str, Any]]:
    """Grain: file × column that a delivery may hold. What happens to it on entry, what it becomes, its level."""
    reported = []
    for kind, file in mapping.files.items():
        table_rows = mapping.rows_of(kind)
        names = frozenset(file.names().values())
        for column in sorted(names):
            treatment, becomes = ("read", "") if table_rows is None else _treatment(column, *table_rows, names)
            reported.append(_field_row(kind, column, treatment, becomes, privacy))
        reported += [_field_row(kind, column, "dropped", "", privacy) for column in sorted(file.drop)]
    return reported


def _field_row(file: str, column: str, treatment: str, becomes: str, privacy: PrivacyDeclaration) -> dict[str, Any]:
    level = privacy.level(column)
    return {"file": file, "column": column, "treatment": treatment, "becomes": becomes, "level": level}


def _treatment(column: str, table_name: str, rows: Rows, names: frozenset[str]) -> tuple[str, str]:
    column, names = rows.read_as(column), rows.of_file(names)
    uses = {
        name: _form(given)
        for name, given in {**rows.columns, **rows.carry}.items()
        if not isinstance(given, Constant) and column in columns_used(given, names)
    }
    if not uses:
        is_sealed = any(column in columns_used(entry, names) for entry in rows.vault)
        return ("sealed", "vault") if is_sealed else ("read", "")
    # of several uses the least protective is reported
    order = ("kept", "codes", "derived", "scrubbed", "token")
    return min(uses.values(), key=order.index), ", ".join(f"{table_name}.{name}" for name in sorted(uses))


def _form(given: ColumnSource) -> str:
    if isinstance(given, str):
        return "kept"
    fields = type(given).model_fields
    forms = {"token": "token", "scrub": "scrubbed", "codes": "codes"}
    return next((reported for field, reported in forms.items() if field in fields), "derived")


def scrubber_measured() -> ScrubberMeasured:
    """The free-text scrubber over its labelled texts."""
    corpora = {
        "组合文本 composed": tuple(composed(4_000, seed=20260331)),
        "手写文本 written": written(),
        "留出文本 held out": held_out(),
        "他人文本(调过) another hand, tuned on": independent("a"),
        "他人文本(未调) another hand, untuned": independent("b"),
    }
    return ScrubberMeasured({name: measure_scrubber(corpus) for name, corpus in corpora.items()})


if __name__ == "__main__":
    from jobs.command_line import main_of_script

    main_of_script(__file__)
