"""The files of an export: its rows as CSV and Parquet, its report for machines and its page for people."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from fundwatch.cells import PeoplesTable, csv_for_people
from fundwatch.pages import PageTable, Paragraph, Part, page
from jobs.protect.export_linkage import ATTACKS, HEADING, NOT_ATTACKED, Attack
from privacy.release.anonymity import MEASURES, Anonymity, as_record, measure_rows
from privacy.release.exports import Export

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class BuiltExport:
    """An export's rows in memory, its measures before and after suppression, what was left out, and who re-links it."""

    rows: pa.Table
    before: Anonymity | None
    after: Anonymity | None
    left_out: int
    hidden_cells: int
    attacks: Mapping[str, Attack] = field(default_factory=dict)


def data_files(rows: pa.Table) -> dict[str, bytes]:
    packed = io.BytesIO()
    pq.write_table(rows, packed)
    return {"data.csv": people_table(rows).content, "data.parquet": packed.getvalue()}


def people_table(rows: pa.Table) -> PeoplesTable:
    """The rows as CSV for people: no cell computes."""
    columns = [column.to_pylist() for column in rows.columns]
    return csv_for_people(rows.column_names, zip(*columns, strict=True))


def report_of(export: Export, night: date, made: BuiltExport) -> dict[str, Any]:
    return {
        "export": export.name,
        "tier": export.tier,
        "audience": export.audience,
        "business_date": night.isoformat(),
        "rows": made.rows.num_rows,
        "left_out": made.left_out,
        "hidden_cells": made.hidden_cells,
        "quasi": list(export.quasi),
        "sensitive": export.sensitive,
        "harmless": {name: why.model_dump() for name, why in export.harmless.items()},
        "limits": None if export.limits is None else export.limits.model_dump(),
        "before": None if made.before is None else as_record(made.before),
        "after": None if made.after is None else as_record(made.after),
        "signed_cells": {"data.csv": dict(people_table(made.rows).signed)},
        "linkage": {name: attack.as_record() for name, attack in made.attacks.items()},
    }


def page_of(export: Export, night: date, made: BuiltExport) -> str:
    sets = {"处理前 Before": made.before, "导出 Exported": made.after}
    reported = {name: measures for name, measures in sets.items() if measures is not None}
    columns = [(name, c.of, c.treatment, export.class_of(name)) for name, c in export.columns.items()]
    columns += [(name, sql, "aggregate", "") for name, sql in export.measures.items()]
    facts = (
        f"{export.tier} · {export.audience} · {made.rows.num_rows:,} 行 rows · 略去 left out {made.left_out:,} · "
        f"隐去单元格 cells hidden {made.hidden_cells:,}"
    )
    parts: list[Part] = [Paragraph(facts, "note")]
    if reported_signs := people_table(made.rows).note:
        parts.append(Paragraph(f"data.csv: {reported_signs}", "note"))
    if reported:
        parts.append(PageTable("匿名程度 How anonymous", MEASURES, measure_rows(reported)))
    if made.attacks:
        parts.append(PageTable(HEADING, ATTACKS, [attack.cells() for attack in made.attacks.values()]))
    else:
        parts.append(Paragraph(NOT_ATTACKED, "note"))
    parts.append(PageTable("字段 Columns", ("字段 Column", "来源 From", "处理 Treatment", "声明为 Declared"), columns))
    return page(f"{export.title.zh} {export.title.en} {night}", parts)
