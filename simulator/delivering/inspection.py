"""The same world as an inspection extract: five tables, persons inside the visits, no registers.

A row is made of the national interface's row and of what the registers say of its person on the day of the extract.
Columns that the world does not know arrive empty.
"""

from __future__ import annotations

from datetime import date

from simulator.care.records import Visit
from simulator.delivering.columns import COLUMNS
from simulator.delivering.rows import FileRow, enrolment_rows, person_row

_LAYOUT = {
    "mdtrt": (
        "mdtrt_id medins_setl_id psn_no psn_insu_rlts_id psn_cert_type certno psn_name gend naty brdy age coner_name "
        "tel addr insutype psn_type cvlserv_flag cvlserv_lv sp_psn_type sp_psn_type_lv flxempe_flag nwb_flag "
        "insu_admdvs emp_no emp_name emp_type econ_type afil_indu afil_rlts emp_mgt_type pay_loc fixmedins_code "
        "fixmedins_name hosp_lv fix_blng_admdvs lmtpric_hosp_lv dedc_hosp_lv begntime endtime mdtrt_cert_type "
        "mdtrt_cert_no med_type rloc_type ars_year_ipt_flag pre_pay_flag year refl_old_mdtrt_id ipt_otp_no medrcdno "
        "chfpdr_code adm_diag_dscr adm_dept_codg adm_dept_name adm_bed wardarea_bed traf_dept_flag dscg_maindiag_code "
        "dscg_dept_codg dscg_dept_name dscg_bed dscg_way main_cond_dscr dise_no dise_name oprn_oprt_code "
        "oprn_oprt_name otp_diag_info inhosp_stas die_date ipt_days geso_val birctrl_type fetts fetus_cnt matn_type "
        "prey_time latechb_flag pret_flag fpsc_no birctrl_matn_date cop_flag trt_dcla_detl_sn vali_flag rid updt_time "
        "poolarea_no chfpdr_name dscg_maindiag_name adm_caty dscg_caty ttp_pay_flag ttp_pay_prop dise_type_code "
        "same_dise_adm_flag"
    ),
    "setl": (
        "setl_id clr_optins medins_setl_id mdtrt_id init_setl_id psn_no psn_insu_rlts_id psn_name psn_cert_type "
        "certno gend naty brdy age insutype psn_type cvlserv_flag cvlserv_lv sp_psn_type sp_psn_type_lv clct_grde "
        "flxempe_flag nwb_flag insu_admdvs emp_no emp_name emp_type econ_type afil_indu afil_rlts emp_mgt_type "
        "pay_loc fixmedins_code fixmedins_name hosp_lv fix_blng_admdvs lmtpric_hosp_lv dedc_hosp_lv begndate enddate "
        "setl_time mdtrt_cert_type mdtrt_cert_no med_type setl_type clr_type clr_way psn_setlway medfee_sumamt "
        "fulamt_ownpay_amt overlmt_selfpay preselfpay_amt inscp_amt dedc_std crt_dedc act_pay_dedc hifp_pay "
        "pool_prop_selfpay hi_agre_sumfee cvlserv_pay hifes_pay hifmi_pay hifob_pay hifdm_pay maf_pay othfund_pay "
        "fund_pay_sumamt psn_pay acct_pay cash_payamt ownpay_hosp_part balc acct_mulaid_pay refd_setl_flag "
        "cal_ipt_cnt setl_cashpay_way year dise_no dise_name invono manl_reim_rea vali_flag rid updt_time poolarea_no "
        "mid_setl_flag acct_used_flag quts_type bydise_setl_payamt"
    ),
    "fee_list": (
        "rn bkkp_sn mdtrt_id fee_ocur_time setl_id rx_drord_no fixmedins_code fixmedins_name psn_no psn_insu_rlts_id "
        "insu_admdvs pay_loc med_type cnt pric det_item_fee_sumamt pric_uplmt_amt selfpay_prop fulamt_ownpay_amt "
        "overlmt_selfpay preselfpay_amt inscp_amt cvlserv_bedfee_amt medins_disc_amt chrgitm_lv hilist_code "
        "hilist_name list_type med_list_codg medins_list_codg medins_list_name med_chrgitm_type prodname spec "
        "dosform_name bilg_dept_codg bilg_dept_name bilg_dr_code bilg_dr_name acord_dept_codg acord_dept_name "
        "acord_dr_code acord_dr_name lmt_used_flag hosp_prep_flag hosp_appr_flag tcmdrug_used_way prodplac_type "
        "bas_medn_flag hi_nego_drug_flag prcu_drug_flag chld_medc_flag etip_flag etip_hosp_code dscg_tkdrug_flag "
        "list_sp_item_flag matn_fee_flag drt_reim_flag reim_prop oprn_oprt_code sin_dos_dscr used_frqu_dscr prd_days "
        "medc_way_dscr memo vali_flag rid updt_time crter_id crter_name crte_time crte_options_no opter_id opter_name "
        "opt_time optins_no poolarea_no rx_circ_flag dise_codg chrg_bchno init_feedetl_sn comn_no pt"
    ),
    "setl_list_diag": (
        "setl_list_diag_id setl_id mdtrt_id psn_no diag_type maindiag_flag diag_code diag_name adm_cond_type "
        "vali_flag rid updt_time"
    ),
    "setl_list_oprn": (
        "setl_list_oprn_id setl_id psn_no mdtrt_id main_oprn_flag oprn_oprt_name oprn_oprt_code oprn_oprt_date "
        "anst_way oper_dr_name oper_dr_code anst_dr_name anst_dr_code vali_flag rid updt_time oprn_oprt_begntime "
        "oprn_oprt_endtime anst_begntime anst_endtime"
    ),
}  # fmt: skip
# What the extract calls a table of the interface that it has.
TABLES = {
    "mdtrt": "mdtrt", "setl": "setl", "fee_list": "fee_list", "diag": "setl_list_diag", "oprn": "setl_list_oprn",
}  # fmt: skip
INSPECTION: dict[str, tuple[str, ...]] = {table: tuple(names.split()) for table, names in _LAYOUT.items()}
# What it calls the interface's columns, where that is another name.
_RENAMED = {
    "feedetl_sn": "bkkp_sn",
    "med_list_codg": "hilist_code",
    "inscp_scp_amt": "inscp_amt",
    "adm_cond": "adm_cond_type",
}
_TWO_DIGITS = ("chrgitm_lv",)
_WITH_PERSON = ("mdtrt", "setl")
_ID_CARD = "01"


def inspection_row(table: str, row: FileRow, visit: Visit, known_by: date) -> FileRow:
    """The extract's row of a row of the interface's table, as the registers stood on the day of the extract."""
    values = {_RENAMED.get(name, name): text for name, text in zip(COLUMNS[table], row, strict=True)}
    values |= {name: f"0{values[name]}" for name in _TWO_DIGITS if values.get(name)}
    values["vali_flag"] = values.get("vali_flag", "1")
    if table in _WITH_PERSON:
        values = _person(visit, known_by) | values
    elif table != "fee_list":
        values |= {"psn_no": visit.person.psn_no, "setl_id": visit.settlements[0].id if visit.settlements else ""}
    return tuple(values.get(name, "") for name in INSPECTION[TABLES[table]])


def _person(visit: Visit, known_by: date) -> dict[str, str]:
    """What the registers say of the visit's person."""
    person, place = visit.person, visit.place
    enrolled = dict(zip(COLUMNS["psn_insu"], enrolment_rows(person, known_by)[-1], strict=True))
    said = dict(zip(COLUMNS["psn_info"], person_row(person, known_by), strict=True))
    about = {
        "psn_cert_type": _ID_CARD, "age": str(person.age_on(visit.begin.date())), "nwb_flag": "0",
        "fixmedins_name": place.name, "fix_blng_admdvs": place.area,
    }  # fmt: skip
    kept = ("psn_insu_rlts_id", "cvlserv_flag", "sp_psn_type", "emp_no", "emp_type")
    return said | {name: enrolled[name] for name in kept} | about
