"""The columns of each delivered table, in order, by their names in the national interface."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.care.settling import FUNDS

COLUMNS: dict[str, tuple[str, ...]] = {
    "psn_info": (
        "psn_no", "certno", "psn_name", "tel", "addr", "gend", "brdy", "naty", "die_date",
    ),
    "psn_insu": (
        "psn_no", "psn_insu_rlts_id", "insutype", "psn_type", "cvlserv_flag", "sp_psn_type",
        "insu_admdvs", "emp_no", "emp_type", "begndate", "enddate", "crt_paid_flag",
    ),
    "mdtrt": (
        "mdtrt_id", "psn_no", "psn_insu_rlts_id", "insutype", "psn_type", "insu_admdvs",
        "fixmedins_code", "fixmedins_name", "hosp_lv", "begntime", "endtime", "mdtrt_cert_type",
        "mdtrt_cert_no", "med_type", "ipt_otp_no", "medrcdno", "adm_dept_codg", "adm_dept_name",
        "dscg_dept_codg", "dscg_dept_name", "adm_bed", "dscg_bed", "chfpdr_code", "chfpdr_name",
        "dscg_maindiag_code", "dscg_maindiag_name", "adm_diag_dscr", "dise_no", "dise_name",
        "oprn_oprt_code", "inhosp_stas", "dscg_way", "refl_old_mdtrt_id", "ttp_pay_flag", "coner_name",
        "coner_tel", "vali_flag", "ipt_days", "otp_diag_info",
    ),
    "setl": (
        "setl_id", "mdtrt_id", "init_setl_id", "medins_setl_id", "clr_optins", "psn_no", "psn_type",
        "insutype", "insu_admdvs", "fixmedins_code", "hosp_lv", "fix_blng_admdvs", "med_type",
        "setl_type", "clr_type", "clr_way", "dise_no", "dise_name", "begndate", "enddate", "setl_time",
        "year", "medfee_sumamt", "fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_amt",
        "dedc_std", "act_pay_dedc", "pool_prop_selfpay", *FUNDS, "fund_pay_sumamt", "psn_pay",
        "acct_pay", "acct_mulaid_pay", "cash_payamt", "refd_setl_flag", "mid_setl_flag", "vali_flag",
        "mdtrt_cert_type", "out_flag", "poolarea_no", "invono",
    ),
    "fee_list": (
        "feedetl_sn", "init_feedetl_sn", "mdtrt_id", "setl_id", "psn_no", "fixmedins_code", "med_type",
        "fee_ocur_time", "rx_drord_no", "med_list_codg", "hilist_name", "medins_list_codg", "list_type",
        "med_chrgitm_type", "chrgitm_lv", "cnt", "pric", "det_item_fee_sumamt", "pric_uplmt_amt",
        "inscp_scp_amt", "prd_days", "bilg_dept_codg", "bilg_dr_code", "bilg_dr_name",
        "acord_dept_codg", "acord_dr_code", "memo", "vali_flag", "updt_time",
    ),
    "diag": (
        "mdtrt_id", "psn_no", "inout_diag_type", "diag_type", "maindiag_flag", "diag_srt_no",
        "diag_code", "diag_name", "adm_cond", "diag_dept", "diag_dr_code", "diag_time", "vali_flag",
    ),
    "oprn": (
        "mdtrt_id", "oprn_oprt_code", "oprn_oprt_name", "main_oprn_flag", "oprn_oprt_date", "anst_way",
        "oper_dr_code", "anst_dr_code",
    ),
    "medins": (
        "fixmedins_code", "fixmedins_name", "fixmedins_type", "hosp_lv", "aprv_bed_cnt", "admdvs",
        "begndate", "enddate",
    ),
    "doctor": (
        "dr_code", "dr_name", "dr_pro_tech_duty", "fixmedins_code", "dept_codg", "dept_name",
        "begndate", "enddate",
    ),
    "catalogue": (
        "hilist_code", "hilist_name", "list_type", "med_chrgitm_type", "chrgitm_lv", "pric_uplmt_amt",
        "begndate", "enddate",
    ),
}  # fmt: skip
# The column whose total the manifest states.
AMOUNT_COLUMNS = {"fee_list": "det_item_fee_sumamt", "setl": "medfee_sumamt"}
# What the warehouse calls the same columns.
_WAREHOUSE = {
    ("fee_list", "feedetl_sn"): "bkkp_sn",
    ("fee_list", "med_list_codg"): "hilist_code",
    ("fee_list", "medins_list_codg"): "medins_list_code",
    ("fee_list", "inscp_scp_amt"): "inscp_amt",
    ("medins", "hosp_lv"): "medins_lv",
    ("catalogue", "hilist_code"): "med_list_codg",
}


def header(table: str, columns: Sequence[str], names: str) -> tuple[str, ...]:
    """The column names of a file, as they are or in the warehouse's words."""
    return tuple(columns if names != "warehouse" else (_WAREHOUSE.get((table, column), column) for column in columns))
