"""Tiny hand-written deliveries in the national layout."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from fundwatch.resources import conf_file
from fundwatch.settings import Settings
from intake.source.load import read_mapping

RowValues = Mapping[str, str]
NIGHT = date(2026, 3, 31)
MONEY = {"fee_list": "det_item_fee_sumamt", "setl": "medfee_sumamt"}
NAME, PHONE, CERTIFICATE = "欧阳测试", "10000000001", "990000198001011233"

PERSON = {
    "psn_no": "P1", "certno": CERTIFICATE, "psn_name": NAME, "tel": PHONE, "addr": "测试路一号",
    "gend": "1", "brdy": "1980-01-01", "die_date": "",
}  # fmt: skip
VISIT = {
    "mdtrt_id": "E1", "psn_no": "P1", "insutype": "310", "insu_admdvs": "990100", "fixmedins_code": "H1",
    "begntime": "2026-03-01 08:00:00", "endtime": "2026-03-04 10:00:00", "med_type": "21", "vali_flag": "1",
    "chfpdr_code": "D1", "chfpdr_name": NAME,
}  # fmt: skip
SETTLEMENT = {
    "setl_id": "S1", "mdtrt_id": "E1", "psn_no": "P1", "insutype": "310", "fixmedins_code": "H1", "med_type": "21",
    "setl_time": "2026-03-04 11:00:00", "medfee_sumamt": "90.00", "inscp_amt": "80.00", "fulamt_ownpay_amt": "10.00",
    "overlmt_selfpay": "0", "preselfpay_amt": "0", "hifp_pay": "60.00", "fund_pay_sumamt": "60.00",
    "psn_pay": "30.00", "acct_pay": "20.00", "cash_payamt": "10.00", "act_pay_dedc": "0", "refd_setl_flag": "0",
    "vali_flag": "1",
}  # fmt: skip
LINE = {
    "feedetl_sn": "L1", "mdtrt_id": "E1", "setl_id": "S1", "psn_no": "P1", "fixmedins_code": "H1", "med_type": "21",
    "fee_ocur_time": "2026-03-02 09:00:00", "rx_drord_no": "O1", "med_list_codg": "001109000010000",
    "hilist_name": "普通病房床位费", "list_type": "201", "med_chrgitm_type": "01", "chrgitm_lv": "1", "cnt": "3",
    "pric": "30", "det_item_fee_sumamt": "90.00", "inscp_scp_amt": "80.00", "bilg_dept_codg": "A03",
    "bilg_dr_code": "D1", "bilg_dr_name": NAME, "memo": f"电话{PHONE}", "vali_flag": "1",
}  # fmt: skip
DIAGNOSIS = {"mdtrt_id": "E1", "diag_code": "I10.x00", "diag_name": "高血压", "maindiag_flag": "1"}
# a flat file of lines as a hospital may write it
FLAT = {
    "就诊ID": "J1", "结算ID": "S1", "人员编号": "P1", "患者姓名": NAME, "证件": CERTIFICATE, "性别": "男",
    "出生日期": "1980/1/1", "项目编码": "A1", "项目名称": "床位费", "数量": "1", "单价": "30", "金额(分)": "3000",
    "开单医生": "D1", "就诊日期": "2026/3/1 14:05", "甲乙类": "甲", "x9": PHONE, "备注": "无",
    "医疗机构编码": "H1", "明细序号": "1", "耗材标志": "0",
}  # fmt: skip
INSTITUTION = {"fixmedins_code": "H1", "fixmedins_name": "测试医院", "fixmedins_type": "1", "hosp_lv": "02"}


def line(line_id: str, **other: str) -> dict[str, str]:
    """A fee line like LINE with another id."""
    return {**LINE, "feedetl_sn": line_id, **other}


def reversal(line_id: str, original: str, quantity: int = 3) -> dict[str, str]:
    """A line that takes `quantity` of LINE back."""
    taken = f"-{30 * quantity}.00"
    return line(line_id, init_feedetl_sn=original, cnt=f"-{quantity}", det_item_fee_sumamt=taken, inscp_scp_amt=taken)


def whole(**tables: Sequence[RowValues]) -> dict[str, Sequence[RowValues]]:
    """A delivery of one of each, with the given tables instead."""
    return {
        "psn_info": [PERSON], "mdtrt": [VISIT], "setl": [SETTLEMENT], "fee_list": [LINE], "diag": [DIAGNOSIS],
        "medins": [INSTITUTION], **tables,
    }  # fmt: skip


def make_files_optional(settings: Settings) -> None:
    """From now on a delivery under the settings' `conf` need not have a file of each kind: a table less is a fifth of a
    small intake."""
    assert settings.conf is not None
    shipped = conf_file("sources", "national", None).read_text(encoding="utf-8")
    (settings.conf / "sources").mkdir(parents=True)
    optional = re.sub(r"\n(    name: (?:mdtrt|setl|diag)\.csv\*)", r"\n\1\n    required: false", shipped)
    (settings.conf / "sources" / "national.yaml").write_text(optional, encoding="utf-8")


def columns_of(table: str) -> list[str]:
    """The columns that the national mapping needs, and those hand-written rows fill besides."""
    file = read_mapping("national").files[table]
    filled = {
        "psn_info": PERSON,
        "mdtrt": VISIT,
        "setl": SETTLEMENT,
        "fee_list": LINE,
        "diag": DIAGNOSIS,
        "medins": INSTITUTION,
    }
    names = [aliases[0] for aliases in file.needed()]
    return [*names, *(name for name in filled.get(table, {}) if name not in names)]


def csv_bytes(rows: Sequence[RowValues], columns: Sequence[str], encoding: str = "utf-8") -> bytes:
    """Header and rows; a column a row does not name is blank."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


def deliver(landing: Path, tables: Mapping[str, Sequence[RowValues]], night: date = NIGHT) -> Path:
    """Write a delivery with a true manifest; the folder."""
    folder = landing / night.isoformat()
    folder.mkdir(parents=True)
    for table, rows in tables.items():
        content = csv_bytes(rows, columns_of(table))
        (folder / f"{table}.csv.gz").write_bytes(gzip.compress(content, mtime=0))
    write_manifest(folder, tables, night)
    return folder


def write_manifest(folder: Path, tables: Mapping[str, Sequence[RowValues]], night: date = NIGHT) -> None:
    """A manifest that is true of the files as they lie there."""
    files = []
    for table, rows in tables.items():
        path = next(p for p in folder.iterdir() if p.name.startswith(f"{table}.csv"))
        entry: dict[str, Any] = {
            "name": path.name, "table": table, "rows": len(rows),
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "bytes": path.stat().st_size,
        }  # fmt: skip
        if table in MONEY:
            entry["amount_column"] = MONEY[table]
            entry["amount_total"] = str(sum(Decimal(r[MONEY[table]]) for r in rows))
        files.append(entry)
    manifest = {"format": 1, "source": "national", "business_date": str(night), "batch_id": f"B{night}", "files": files}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def change_manifest(folder: Path, table: str, **changes: object) -> None:
    """Make the manifest say something else of a table's file."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    next(f for f in manifest["files"] if f["table"] == table).update(changes)
    path.write_text(json.dumps(manifest), encoding="utf-8")
