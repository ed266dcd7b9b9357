"""What the values of a column and its heading make of it: flags, dates, no rows at all, headings of hospitals."""

from __future__ import annotations

import re
from pathlib import Path

from intake.drafting.yaml_text import IS_STAY
from intake.source.code_lists import CodeLists
from intake.source.columns import Codes, Flag
from intake.source.load import parse_mapping
from tests.intake.deliveries import NAME, PHONE, csv_bytes
from tests.intake.drafting.test_drafting import drafted

STAYS = "visit_id,patient_id,hospital_id,visit_date,visit_type\n"


def visits(*kinds: str) -> bytes:
    return (STAYS + "".join(f"V{n},P{n},H1,2026-03-01,{kind}\n" for n, kind in enumerate(kinds))).encode()


def test_whether_a_visit_is_a_stay_is_a_flag_whose_unknown_codes_are_no_outpatients(tmp_path):
    text, draft = drafted(tmp_path, visits=visits("inpatient", "outpatient", "hospice"))
    given = parse_mapping(draft).tables["encounter"].rows[0].columns["is_inpatient"]
    assert isinstance(given, Flag)
    assert "inpatient" in given.true
    assert "outpatient" in given.false
    assert "hospice" not in given.codes
    assert "# ? 1 codes of the sample are in no list" in text


def test_of_national_kinds_of_visit_the_code_list_says_which_are_stays(tmp_path):
    given = parse_mapping(drafted(tmp_path, visits=visits("21", "11", "77"))[1]).tables["encounter"].rows[0]
    stays = given.columns["is_inpatient"]
    assert isinstance(stays, Codes)
    assert (stays.lists("52"), stays.lists("77"), stays.otherwise) == (True, False, None)
    text, _ = drafted(tmp_path, visits=visits("X", "Y"))
    assert "is_inpatient: {codes: is_stay, of: visit_type} # ? 2 codes of the sample are none of the national" in text


def test_what_is_a_stay_in_tables_made_of_lines_is_what_the_code_list_says():
    stay, other = (re.compile(pattern) for pattern in re.findall(r"RLIKE '([^']+)'", IS_STAY))
    for code, meaning in CodeLists().read("is_stay").items():
        met = code.replace("*", "3")
        assert (bool(stay.match(met)), bool(other.match(met))) == (meaning == "true", meaning == "false")
    assert not stay.match("77")
    assert not other.match("77")


def dated(tmp_path: Path, *days: str) -> str:
    lines = "line_id,patient_id,amount,service_date\n" + "".join(f"L{n},P1,5,{day}\n" for n, day in enumerate(days))
    return drafted(tmp_path, claim_lines=lines.encode())[0]


def test_dates_of_which_some_are_bad_keep_the_format_of_most_and_two_of_the_others_are_shown(tmp_path):
    text = dated(tmp_path, "2026/3/1", "2026/3/2", "2026/3/4", "20260305", "2026/13", "2026-3", "3/2026", "2026/3/9")
    assert 'charged_at: {of: service_date, format: ["yyyy/M/d", yyyyMMdd]}' in text
    assert "? 3 of the sample's values are no dates in it, as '2026/13', '2026-3'" in text
    assert "charged_at: {of" not in dated(tmp_path, "2026/3/1", "x", "y")


def test_a_bad_date_that_may_be_somebodys_name_or_number_is_not_shown(tmp_path):
    text = dated(tmp_path, "2026/3/1", "2026/3/2", "2026/3/4", "2026/3/5", NAME, PHONE)
    assert "? 2 of the sample's values are no dates in it, as a text" in text
    assert NAME not in text
    assert PHONE not in text


def test_a_file_with_a_header_alone_is_said_to_have_no_rows(tmp_path):
    text, _ = drafted(tmp_path, claim_lines=b"line_id,patient_id,amount,zz\n")
    assert "# ? claim_lines.csv: the file has no rows, and nothing is known of its values" in text
    assert "# ? not recognised: the file has no rows" in text
    assert "blank" not in text


def test_a_file_without_a_delimiter_is_left_out_with_what_the_guide_calls_it(tmp_path):
    text, _ = drafted(tmp_path, x=b"0001P000001 12.50\n0002P000001 13.50\n")
    assert "write them down as docs/sources.md says under Fixed width" in text


HOSPITAL = {"就诊号": "V{0}", "患者编号": "P{0}", "医院编码": "H1", "医保内金额": "8", "流水号": "N{0}"}
DETAIL = {"科室名称": "内科", "收费日期": "2026-03-0{0}", "项目编码": "A{0}", "数量": "1", "金额": "10"}
STAY = {
    "入院日期": "2026-03-0{0}", "出院日期": "2026-03-1{0}", "结算日期": "2026-03-1{0}", "总金额": "10",
    "个人自付": "2", "医保类型": "职工医保",
}  # fmt: skip


def hospital(tmp_path: Path, more: dict[str, str]) -> tuple[str, dict[str, object]]:
    """The table that a hospital's export is taken for, and its columns."""
    rows = [{name: text.format(n) for name, text in {**HOSPITAL, **more}.items()} for n in range(1, 6)]
    mapping = parse_mapping(drafted(tmp_path, export=csv_bytes(rows, [*rows[0]]))[1])
    ((table, made),) = [(table, how.rows[0]) for table, how in mapping.tables.items() if how.rows]
    return table, dict(made.columns)


def test_common_headings_of_hospital_exports_are_known_and_a_running_number_is_that_of_the_row(tmp_path):
    table, columns = hospital(tmp_path, DETAIL)
    assert (table, columns["line_id"], columns["covered_amount"]) == ("claim_line", "流水号", "医保内金额")
    assert columns["ordering_department"] == "科室名称"
    table, columns = hospital(tmp_path, STAY)
    assert (table, columns["settlement_id"], columns["insurance_type"]) == ("settlement", "流水号", "医保类型")
    assert (columns["own_amount"], columns["covered_amount"]) == ("个人自付", "医保内金额")
    assert (columns["started_on"], columns["ended_on"]) == ("入院日期", "出院日期")


def test_what_is_known_of_another_table_alone_is_asked_about_by_that_name(tmp_path):
    lines = "line_id,patient_id,amount,main_diagnosis_code\nL1,P1,5,I10\nL2,P1,5,I10\n"
    text, _ = drafted(tmp_path, claim_lines=lines.encode())
    assert "# ? may be encounter.main_diagnosis_code, of another table: carry it" in text


REFUNDS = "就诊号,序号,医保编号,机构编号,项目编码,金额（元）,费用发生时间,退费标志,有效标志\n"


def test_flags_of_chinese_names_decide_of_rows_and_are_read_by_them(tmp_path):
    lines = "".join(
        f'V{n},{n},P1,H1,A1,"1,20{n}.50",2026/3/{n} 8:05,{"是" if n == 3 else "否"},1\n' for n in range(1, 4)
    )
    text, draft = drafted(tmp_path, 费用明细=(REFUNDS + lines).encode())
    rows = parse_mapping(draft).tables["claim_line"].rows[0]
    assert (rows.sign.of, rows.sign.minus, rows.where.of) == ("`退费标志`", ("是",), "`有效标志`")
    assert "of the values are no numbers" not in text  # signs of thousands leave no doubt


def test_a_title_above_the_table_is_no_header_and_the_draft_names_the_line_that_is(tmp_path):
    title = "某医院费用明细,,,,,,,,\n"
    text, _ = drafted(tmp_path, 费用明细=(title + REFUNDS + "V1,1,P1,H1,A1,1,2026/3/1 8:05,否,1\n").encode())
    assert "its first line seems to be a title, and line 2 the header: take out what stands above it" in text


def test_a_column_without_a_name_is_dropped_as_such_where_something_stands_in_it(tmp_path):
    lines = "".join(f"{n},V{n},P{n},H1,2026-03-01,11,\n" for n in range(3))
    text, draft = drafted(tmp_path, visits=(f",{STAYS.strip()},\n" + lines).encode())
    assert re.search('- "" +# . has no name in the header: numbers', text)
    assert parse_mapping(draft).files["visits"].drop == ("",)
    text, draft = drafted(tmp_path, visits=(f"{STAYS.strip()},\nV1,P1,H1,2026-03-01,11,\n").encode())
    assert parse_mapping(draft).files["visits"].drop == ()


def test_ids_written_as_numbers_are_told_and_a_0_in_a_part_of_one_is_not(tmp_path):
    lines = "".join(f"V{n},0,{n}0000001.0,H1,A1,5,2026-03-0{n}\n" for n in range(1, 5))
    header = "visit_id,line_number,patient_id,hospital_id,item_code,amount,service_date\n"
    text, _ = drafted(tmp_path, claim_lines=(header + lines).encode())
    assert "# ? claim_line.patient_id: 4 of the sample's ids were written as numbers" in text
    assert "claim_line.line_id says nothing" not in text
