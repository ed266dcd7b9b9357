"""The record of processing and impact assessment of a night: what the bureau says, and what the system knows.

Sources: PIPL Art. 55 and 56 (assessment of purpose, necessity, risk and measures, kept three years), GB/T 39335-2020;
levels after GB/T 39725-2020. It draws up what is there and lists what is open; whether that suffices, people say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from fundwatch import __version__
from fundwatch.contracts import CLEAN, IMPORTED, TABLES, clean
from fundwatch.contracts.table import ContractColumn, Table
from fundwatch.lake.store import Lake
from fundwatch.pages import PageTable, Paragraph, Part, as_json, page
from fundwatch.resources import conf_names
from fundwatch.settings import Settings
from jobs.protect.verify_audit import AuditState
from leads.outcomes.journals import JOURNALS
from privacy.access.people import read_access
from privacy.erasure.record import ErasureLog
from privacy.keys.shares import share_paths
from privacy.release.declared import Kind, PrivacyDeclaration, Record, read_record
from privacy.release.exports import Title, read_export

_OPEN = "待填"
# what lies beside the tables with a contract: name, grain, kind, level, tokens, how it goes
_OTHERS: tuple[tuple[str, str, Kind, int, str, str], ...] = (
    ("vault: identity", "domain × token", "vault", 5, "token", "随人员删除 goes with the person"),
    ("vault: bridge", "domain × old token", "vault", 4, "old_token, new_token", "轮换期间 while a key is rotated"),
    ("vault: audit.jsonl", "call", "vault", 3, "", "不删除 is kept"),
    ("erasure", "step of an erasure", "journal", 3, "mark (HMAC)", "不删除 is kept"),
    ("quarantine_decision", "decision on a row", "journal", 2, "", "不删除 is kept"),
    ("delivery_state", "state of a delivery", "journal", 1, "", "不删除 is kept"),
    ("audit_anchor", "head of the audit log", "journal", 1, "", "不删除 is kept"),
    ("run, run_table", "run; run × table", "journal", 1, "", "不删除 is kept"),
    *(
        (
            one.name,
            one.grain,
            "journal",
            4 if one.tokens else 2,
            ", ".join(one.tokens),
            "retention_days, conf/inspection",
        )
        for one in JOURNALS
    ),
)
_PERSONS = ("person", "certificate", "contact", "address", "record", "mixed")
_OF_PERSONS, _OF_OTHERS = 4, 2
_Cells = tuple[object, ...]


def record_files(
    settings: Settings,
    night: date,
    privacy: PrivacyDeclaration,
    columns: Sequence[Mapping[str, Any]],
    sets: Mapping[str, Any],
    audit: AuditState,
) -> dict[str, bytes]:
    """`processing.json` and `processing.html`. `columns` are the delivered ones, `sets` the report's measures."""
    record = read_record(settings)
    sources = _sources(columns)
    reported = {
        "business_date": night.isoformat(),
        "software": f"fundwatch {__version__}",
        "source": settings.source,
        "said": record.model_dump(mode="json"),
        "tables": [*(_table_record(t, record, settings, sources, privacy) for t in TABLES.values()), *_others(record)],
        "columns": [c for t in TABLES.values() for c in _column_records(t, sources, privacy)],
        "exports": list(_exports(settings)),
        "measures": dict(_measures(settings, columns, audit)),
        "erasures": _erasures(settings),
        "singled_out": {name: found["singled_out"] for name, found in sets.items()},
        "open": [*audit.incomplete, *_open_points(settings, record, sets)],
    }
    html = page(
        f"个人信息处理记录与影响评估 Record of processing and impact assessment {night}", _parts(record, reported)
    )
    return {"processing.json": as_json(reported).encode(), "processing.html": html.encode()}


def _parts(record: Record, reported: Mapping[str, Any]) -> Iterator[Part]:
    yield Paragraph(
        "依据个人信息保护法第五十五、五十六条及 GB/T 39335-2020;由系统按当夜状态生成,须由负责人审定,至少保存三年。 "
        "Drawn up by the system as it stood after the night; whoever answers for it decides, and keeps it three years.",
        "note",
    )
    stated = {
        "处理者 Controller": record.controller,
        "负责人 Contact": record.contact,
        "目的 Purpose": record.purpose,
        "合法性基础 Legal basis": record.basis,
        "必要性 Necessity": record.necessity,
        "自动化决策 Automated decisions": record.automated,
        "原始文件保存 Deliveries kept": record.landing_kept,
    }
    yield PageTable(
        "处理活动 Processing", ("项目 Point", "内容 What"), [(name, _both(text)) for name, text in stated.items()]
    )
    zones = [(name, _both(text)) for name, text in record.zones.items()]
    yield PageTable("区域 Zones", ("区域 Zone", "内容与访问 Holds, and who enters"), zones)
    heads = ("表 Table", "粒度 Grain", "用途 Purpose", "级别 Level", "假名 Tokens", "自由文本 Free text",
             "保存 Retention", "存在 There")  # fmt: skip
    yield PageTable("数据表 Tables", heads, [_cells(row) for row in reported["tables"]])
    recipients = [(name, _both(text), "", "") for name, text in record.recipients.items()]
    recipients += [(e["export"], e["title"], f"{e['tier']} {e['audience']}", e["limits"]) for e in reported["exports"]]
    yield PageTable(
        "接收方与导出 Recipients and exports", ("名称 Name", "内容 What", "层级 Tier", "限值 Limits"), recipients
    )
    yield PageTable("现行措施 Measures in force", ("措施 Measure", "状态 State"), list(reported["measures"].items()))
    risks = [(_both(r.what), _both(r.measures), _both(r.left)) for r in record.risks]
    yield PageTable("风险 Risks", ("风险 Risk", "措施 Measures", "剩余 What is left"), risks)
    yield PageTable(
        "湖内可单独识别的人 Persons alone in the lake",
        ("组 Set", "人数 Persons"),
        list(reported["singled_out"].items()),
    )
    erasures = list(reported["erasures"].items()) or [("无 none", 0)]
    yield PageTable("删除 Erasures", ("种类 Kind", "次数 Number"), erasures)
    yield Paragraph(
        "报送字段的去向(含弃用与只密存者)见同夜 privacy.html。 Where every delivered column goes: privacy.html.", "note"
    )
    yield PageTable("待办 Open", ("事项 Point",), [(point,) for point in reported["open"]] or [("无 none",)])
    kinds = ("表 Table", "字段 Column", "性质 Kind", "来源 From", "级别 Level")
    yield PageTable("字段 Columns (GB/T 39725)", kinds, [_cells(row) for row in reported["columns"]])


def _cells(row: Mapping[str, Any]) -> _Cells:
    return tuple(row.values())


def _both(text: Title) -> str:
    return f"{text.zh} — {text.en}"


def _sources(columns: Sequence[Mapping[str, Any]]) -> dict[str, list[tuple[str, int]]]:
    """By `table.column`: the delivered columns it is made of, with their levels."""
    found: dict[str, list[tuple[str, int]]] = {}
    for column in columns:
        for place in filter(None, str(column["becomes"]).split(", ")):
            found.setdefault(place, []).append((f"{column['file']}.{column['column']}", int(column["level"])))
    return found


def _column_records(
    contract: Table, sources: Mapping[str, list[tuple[str, int]]], privacy: PrivacyDeclaration
) -> Iterator[dict[str, Any]]:
    """Grain: column. An entry's columns are those of the table that it is netted to."""
    netted = contract.name.removesuffix("_entry")
    for column in contract.columns:
        made_of = sources.get(f"{netted}.{column.name}", [])
        yield {
            "table": contract.name,
            "column": column.name,
            "kind": _kind(column),
            "from": ", ".join(name for name, _ in made_of),
            "level": max((level for _, level in made_of), default=_level(column, privacy)),
        }


def _kind(column: ContractColumn) -> str:
    if column.domain is not None:
        return f"假名 token ({column.domain})"
    return "自由文本 free text" if column.is_free_text else column.type


def _level(column: ContractColumn, privacy: PrivacyDeclaration) -> int:
    """Of a column that no delivered one makes: by whose tokens it holds."""
    if column.domain is None and not column.type.startswith("map"):
        return privacy.level(column.name)
    return _OF_PERSONS if column.domain in (*_PERSONS, None) else _OF_OTHERS


def _table_record(
    contract: Table,
    record: Record,
    settings: Settings,
    sources: Mapping[str, list[tuple[str, int]]],
    privacy: PrivacyDeclaration,
) -> dict[str, Any]:
    kind: Kind = "clean" if contract in clean.ALL else "beside" if contract in (*CLEAN, *IMPORTED) else "derived"
    return {
        "table": contract.name,
        "grain": contract.grain,
        "purpose": _both(record.tables[kind]),
        "level": max(row["level"] for row in _column_records(contract, sources, privacy)),
        "tokens": ", ".join(f"{c.name} ({c.domain})" for c in contract.columns if c.domain),
        "free_text": ", ".join(contract.free_texts),
        "retention": _retention(contract),
        "there": "有 yes" if Lake(settings.lake_address).exists(contract.name) else "无 no",
    }


def _others(record: Record) -> Iterator[dict[str, Any]]:
    for name, grain, kind, level, tokens, retention in _OTHERS:
        yield {
            "table": name,
            "grain": grain,
            "purpose": _both(record.tables[kind]),
            "level": level,
            "tokens": tokens,
            "free_text": "",
            "retention": retention,
            "there": "",
        }


def _retention(contract: Table) -> str:
    if contract.goes_with:
        return "随 goes with " + ", ".join(of for _, of in contract.goes_with)
    return "不按日期删除 does not age" if contract.dated is None else f"按 by {contract.dated}"


def _exports(settings: Settings) -> Iterator[dict[str, str]]:
    for name in conf_names("exports", settings.conf):
        export = read_export(name, settings.conf)
        limits = f"k ≥ {export.limits.k}, l ≥ {export.limits.l}" if export.limits else ""
        limits = f"单元格 cells ≥ {export.cells.least}" if export.cells else limits
        yield {
            "export": name,
            "title": f"{export.title.zh} {export.title.en}: {', '.join((*export.columns, *export.measures))}",
            "tier": export.tier,
            "audience": export.audience,
            "limits": limits or "假名线索包 pack of leads",
        }


def _measures(settings: Settings, columns: Sequence[Mapping[str, Any]], audit: AuditState) -> Iterator[tuple[str, str]]:
    def custody(path: Any) -> str:
        return "两份分持 two custodians' shares" if share_paths(path) else "单一文件或环境 one file, or the environment"

    scrubbed = [f"{c['file']}.{c['column']}" for c in columns if c["treatment"] == "scrubbed"]
    yield "假名化密钥 Pseudonymisation key", custody(settings.key_path)
    yield "身份库密钥 Vault key", custody(settings.vault_key_path)
    yield "重新识别期限 An approval holds at most", f"{settings.reidentify_days} 天 days"
    yield "每次请求至多 Tokens a request serves", str(settings.reidentify_tokens)
    yield "再次报送的已删除人员 Erased persons delivered again", settings.erased_persons
    yield "清洗后保留的自由文本 Free text kept, scrubbed", ", ".join(scrubbed) or "无 none"
    yield "保存期限执行 Retention", "fundwatch erase before --date …:不自动删除 nothing is erased by itself"
    yield "审计日志 Audit log", audit.reported


def _erasures(settings: Settings) -> dict[str, int]:
    """How many erasures were begun, by kind: whose, the record does not say."""
    found: dict[str, set[str]] = {}
    for row in ErasureLog(settings.lake_address).rows():
        found.setdefault(row["kind"], set()).add(row["erasure_id"])
    return {kind: len(ids) for kind, ids in sorted(found.items())}


def _open_points(settings: Settings, record: Record, sets: Mapping[str, Any]) -> Iterator[str]:
    texts = {
        name: getattr(record, name) for name in type(record).model_fields if isinstance(getattr(record, name), Title)
    }
    texts |= {f"recipients.{name}": text for name, text in record.recipients.items()}
    yield from (f"record.yaml {name}: {_both(text)}" for name, text in texts.items() if text.zh.startswith(_OPEN))
    access = read_access(settings.access, settings.conf)
    for role, people in (("requesters", access.requesters), ("approvers", access.approvers)):
        if people == "*":
            yield f"conf/access {role}: 任何人均可,应指名 everybody; name them"
    if settings.reidentify_same_account:
        yield "reidentify_same_account: 仅供试用 for a trial alone"
    for name, found in sets.items():
        limit = found.get("most")
        if limit is not None and found["singled_out_share"] > limit:
            yield f"{name}: 可单独识别 singled out {found['singled_out_share']:.2%} > {limit:.2%} (conf/privacy)"
