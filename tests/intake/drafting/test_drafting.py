from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from fundwatch.errors import DeliveryError
from intake.drafting.draft import draft_files
from intake.drafting.sampling import look_at
from intake.drafting.vocabulary import read_vocabulary
from intake.drafting.yaml_text import draft_text
from intake.files.delivery import kinds_in
from intake.source.columns import Codes, Expression, Scrub, Sealed, Sign, Token, Value, Where
from intake.source.load import parse_mapping, read_mapping
from intake.source.mapping import Rows
from tests.intake.deliveries import FLAT, LINE, PERSON, SETTLEMENT, csv_bytes
from tests.intake.forms import FORMS, write_as


def drafted(tmp_path: Path, **files: bytes) -> tuple[str, Path]:
    """The draft of these files, as text and as a file."""
    paths = []
    for name, content in files.items():
        paths.append(tmp_path / f"{name}.csv")
        paths[-1].write_bytes(content)
    text = draft_text("mine", draft_files([look_at(path) for path in paths], read_vocabulary()))
    draft = tmp_path / "mine.yaml"
    draft.write_text(text, encoding="utf-8")
    return text, draft


def flat(tmp_path: Path) -> tuple[str, Path]:
    return drafted(tmp_path, 费用明细=csv_bytes([FLAT], list(FLAT)))


def test_a_flat_chinese_file_becomes_a_whole_mapping_with_its_derived_tables(tmp_path):
    mapping = parse_mapping(flat(tmp_path)[1])
    assert set(mapping.tables) == {"claim_line", "encounter", "settlement", "institution", "patient"}
    columns = mapping.tables["claim_line"].rows[0].columns
    assert columns["encounter_id"] == "就诊ID"
    assert columns["amount"] == Value(of="`金额`", unit="fen")
    assert columns["charged_at"] == Value(of="`就诊日期`", format=("yyyy/M/d H:mm",))
    assert columns["ordering_doctor_id"] == Token(token="doctor", of="`开单医生`")
    coverage = columns["coverage_class"]
    assert isinstance(coverage, Codes)
    assert coverage.codes.items() >= {("甲", "1"), ("丙", "3")}  # a sample need not hold every code


@pytest.mark.parametrize("column", ["患者姓名", "证件", "备注", "人员编号", "开单医生"])
def test_what_identifies_is_read_by_tokens_scrubbed_text_and_the_vault_alone(tmp_path, column):
    mapping = parse_mapping(flat(tmp_path)[1])
    assert column in mapping.files["费用明细"].identifying


def test_a_column_whose_values_identify_and_that_nothing_makes_safe_is_dropped(tmp_path):
    mapping = parse_mapping(flat(tmp_path)[1])
    assert "x9" in mapping.files["费用明细"].drop
    assert "x9" not in mapping.files["费用明细"].names()


def test_free_text_is_scrubbed_and_without_a_register_the_lines_tell_the_vault_who_it_is(tmp_path):
    rows = parse_mapping(flat(tmp_path)[1]).tables["claim_line"].rows[0]
    assert rows.columns["note"] == Scrub(scrub="`备注`", names=("患者姓名",))
    fields = {"name": "`患者姓名`", "certificate": "`证件`"}
    assert rows.vault == (
        Sealed.model_validate({"token": "person", "of": "`人员编号`", "with": fields}),
        Sealed(token="doctor", of="`开单医生`"),
    )


def test_where_a_register_of_persons_comes_it_alone_tells_the_vault(tmp_path):
    register = csv_bytes([], ["人员编号", "姓名", "身份证号", "性别", "出生日期", "联系电话"])
    doctors = csv_bytes([], ["医师编码", "医师姓名", "医疗机构编码", "职称"])
    files = {"费用明细": csv_bytes([FLAT], list(FLAT)), "人员信息": register, "医师": doctors}
    mapping = parse_mapping(drafted(tmp_path, **files)[1])
    assert mapping.tables["claim_line"].rows[0].vault == (Sealed(token="doctor", of="`开单医生`"),)
    assert "证件" in mapping.files["费用明细"].drop
    person, *others = mapping.tables["patient"].rows[0].vault
    assert {entry.token for entry in others} == {"certificate", "contact"}
    (doctor,) = mapping.tables["doctor"].rows[0].vault
    assert {*person.fields} == {"name", "certificate", "telephone"}
    assert doctor.fields == {"name": "`医师姓名`"}


def test_a_column_without_which_no_row_is_whole_must_come_though_it_identifies(tmp_path):
    file = parse_mapping(flat(tmp_path)[1]).files["费用明细"]
    assert ("人员编号",) in file.needed()
    assert ("开单医生",) not in file.needed()


def test_a_doctor_is_told_by_the_staff_number_and_not_by_a_name_that_two_may_have(tmp_path):
    head = "费用明细ID,就诊ID,患者ID,收费时间,项目编码,数量,金额,开单医生,开单医生工号\n"
    line = "{0},V{0},P{0},2026-03-0{0},001102000040000,1,10.00,王伟,D010{0}\n"
    lines = line.format(1) + line.format(2)
    columns = parse_mapping(drafted(tmp_path, fee=(head + lines).encode())[1]).tables["claim_line"].rows[0].columns
    assert columns["ordering_doctor_id"] == Token(token="doctor", of="`开单医生工号`")
    assert columns["line_id"] == "费用明细ID"


def test_a_draft_holds_no_value_of_the_file_that_could_identify(tmp_path):
    text, _ = flat(tmp_path)
    assert not any(value in text for value in ("欧阳测试", "990000198001011233", "10000000001", "P1", "床位费"))


def test_an_unknown_column_is_dropped_and_asked_about(tmp_path):
    text, _ = flat(tmp_path)
    assert "# ? not recognised: numbers" in text
    assert "# ? 费用明细.csv: look at what is dropped: 耗材标志" in text


def test_national_files_are_recognised_in_both_variants(tmp_path):
    warehouse = {"bkkp_sn" if name == "feedetl_sn" else name: value for name, value in LINE.items()}
    files = {"fees": warehouse, "people": PERSON, "setl": SETTLEMENT}
    mapping = parse_mapping(drafted(tmp_path, **{n: csv_bytes([r], list(r)) for n, r in files.items()})[1])
    assert {table: how.rows[0].source for table, how in mapping.tables.items() if how.rows} == {
        "claim_line": "fees", "patient": "people", "settlement": "setl",
    }  # fmt: skip
    columns = mapping.tables["claim_line"].rows[0].columns
    assert columns["line_id"] == "bkkp_sn"
    assert {"psn_name", "certno", "addr", "tel", "psn_no"} == {*mapping.files["people"].identifying}
    assert of_vault(mapping.tables["patient"].rows[0]) == of_vault(NATIONAL.tables["patient"].rows[0])
    assert mapping.tables["patient"].rows[0].columns["contact_id"] == Token(token="contact", of="tel")


NATIONAL = read_mapping("national")


def of_vault(rows: Rows) -> set[tuple[str, frozenset[str]]]:
    """What the vault keeps: by domain, which fields."""
    return {(entry.token, frozenset(entry.fields)) for entry in rows.vault}


@pytest.mark.parametrize("variant", [0, -1])
@pytest.mark.parametrize("kind", NATIONAL.files)
def test_of_each_national_file_the_draft_finds_the_table_its_columns_and_what_identifies(tmp_path, kind, variant):
    file = NATIONAL.files[kind]
    named = [a if isinstance(a, str) else a[variant] for a in (*file.columns, *file.optional)]
    header = dict.fromkeys((*named, *file.identifying, *file.drop))
    _, draft = drafted(tmp_path, **{kind: csv_bytes([], [*header])})
    mapping = parse_mapping(draft)
    found, wanted = mapping.rows_of(kind), NATIONAL.rows_of(kind)
    assert found is not None
    assert wanted is not None
    assert found[0] == wanted[0]
    assert {*wanted[1].columns} <= {*found[1].columns}
    assert {*file.identifying} <= {*mapping.files[kind].identifying}
    assert of_vault(wanted[1]) <= of_vault(found[1])


def test_a_form_of_the_national_mapping_reads_the_variant_that_came_and_null_for_what_did_not(tmp_path):
    header = b"fixmedins_code,hilist_code,inv_chg_type,inv_chg_time,cnt\n"
    rows = parse_mapping(drafted(tmp_path, stock=header)[1]).tables["stock_movement"].rows[0]
    sql = "concat_ws('|', fixmedins_code, hilist_code, inv_chg_type, inv_chg_time, cnt, NULL, NULL)"
    assert rows.columns["movement_id"] == Expression(expr=sql)


def test_what_a_file_of_lines_lacks_is_looked_up_in_the_file_of_its_visits(tmp_path):
    visits = b"visit_id,member_id,facility_npi,visit_date\nV1,M1,F1,20260301\n"
    lines = b"line_id,visit_id,hcpcs_code,quantity,charge_amount\nL1,V1,99213,1,10.00\n"
    mapping = parse_mapping(drafted(tmp_path, visits=visits, claim_lines=lines)[1])
    rows = mapping.tables["claim_line"].rows[0]
    assert rows.lookup[0].source == "visits"
    assert rows.lookup[0].on == {"visit_id": "visit_id"}
    assert rows.columns["patient_id"] == Token(token="person", of="member_id")


def test_a_missing_key_column_is_named_and_the_rest_still_drafted(tmp_path):
    text, _ = drafted(tmp_path, claim_lines=b"patient_id,hcpcs_code,quantity,charge_amount\nP,99213,1,5\n")
    assert "# ? claim_lines.csv: nothing fills claim_line.line_id, a key column: no mapping yet" in text
    assert "item_code: hcpcs_code" in text


def test_a_header_that_yaml_would_misread_gets_another_name(tmp_path):
    mapping = parse_mapping(drafted(tmp_path, lines=b"line_id,item code,no,yes\nL,1,2,3\n")[1])
    assert mapping.files["lines"].names() == {"line_id": "line_id", "item_code": "item_code", "item code": "item_code"}
    assert mapping.files["lines"].drop == ("no", "yes")


def test_a_column_that_is_always_blank_is_left_unknown_and_asked_about(tmp_path):
    text, draft = drafted(tmp_path, claim_lines=b"line_id,patient_id,facility_npi,amount\nL,P,,5\n")
    assert "# ? would be institution_id, but is always blank in the sample" in text
    assert "institution_id" not in parse_mapping(draft).tables["claim_line"].rows[0].columns


def test_numbered_columns_are_asked_about_as_one(tmp_path):
    text, _ = drafted(tmp_path, claim_lines=b"line_id,amount,x_1,x_2,x_3\nL,5,a,b,c\n")
    assert "dropped: x_1 … x_3\n" in text


def test_a_similar_name_is_taken_with_its_similarity(tmp_path):
    text, _ = drafted(tmp_path, lines=b"line_id,patient_id,quantitiy,unit_price,amount\nL,P,1,2,2\n")
    assert "like quantity" in text


def test_a_packed_file_in_gb18030_with_tabs_is_read(tmp_path):
    path = tmp_path / "费用明细.txt.gz"
    path.write_bytes(
        gzip.compress("\t".join(FLAT).encode("gb18030") + b"\n" + "\t".join(FLAT.values()).encode("gb18030"))
    )
    look = look_at(path)
    assert (look.encoding, look.delimiter, look.header) == ("gb18030", "\t", tuple(FLAT))


@pytest.mark.parametrize("form", FORMS)
def test_a_file_of_any_form_is_looked_at_alike_and_its_pattern_takes_it(tmp_path, form):
    path = write_as(form, [tuple(FLAT), *[tuple(FLAT.values())] * 3], tmp_path)
    look = look_at(path)
    assert (look.header, look.row_count) == (tuple(FLAT), 3)
    assert look.values["x9"].identifying == "telephone numbers"
    draft = tmp_path / "mine.yaml"
    draft.write_text(draft_text("mine", draft_files([look], read_vocabulary())), encoding="utf-8")
    mapping = parse_mapping(draft)
    assert kinds_in(mapping, tmp_path) == {path.name: "table"}
    assert mapping.delivery.encodings == (look.encoding,)


def test_of_a_long_file_the_beginning_is_read(tmp_path):
    path = tmp_path / "lines.csv.gz"
    path.write_bytes(gzip.compress(b"line_id,amount\n" + b"L,5\n" * 1_000_000)[:-100])
    assert look_at(path).header == ("line_id", "amount")


@pytest.mark.parametrize(
    ("name", "content", "reported"),
    [("a.csv", b"", "is empty"), ("a.doc", b"x", "no known form"), ("a.csv", "a,b".encode("utf-16"), "UTF-16")],
)
def test_a_file_that_cannot_be_looked_at_is_refused_by_its_name(tmp_path, name, content, reported):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DeliveryError, match=reported) as caught:
        look_at(tmp_path / name)
    assert name in str(caught.value)


def test_files_that_differ_by_their_date_alone_are_one_kind(tmp_path):
    days = {f"lines_2026030{day}": b"line_id,patient_id,amount\nL,P,5\n" for day in (1, 2)}
    mapping = parse_mapping(drafted(tmp_path, **days)[1])
    assert {kind: file.name for kind, file in mapping.files.items()} == {"lines": "lines*.csv*"}


def test_a_name_that_identifies_and_is_no_plain_one_keeps_its_own_beside_it(tmp_path):
    header = '"line_id","patient_id","amount","member name","memo"\nL,P,5,A,x\n'
    file = parse_mapping(drafted(tmp_path, lines=header.encode())[1]).files["lines"]
    assert file.names()["member name"] == "member_name"
    assert "member_name" in file.identifying


def test_texts_that_say_nothing_are_named_and_others_that_may_are_asked_about(tmp_path):
    doctors = ["D1", "无", "无", "-", "8888", "8888", "8888", "D2"]
    lines = [{**FLAT, "明细序号": str(n), "开单医生": doctor} for n, doctor in enumerate(doctors)]
    text, _ = drafted(tmp_path, flat__csv=csv_bytes(lines, list(FLAT)))
    assert "# claim_line.ordering_doctor_id says nothing where it reads '无' (2), '-' (1)" in text
    assert "# ? claim_line.ordering_doctor_id reads '8888' (3): nobody? Then list it under placeholders.add" in text


def test_lines_whose_ids_repeat_over_visits_have_both_for_a_key_and_those_that_repeat_within_one_are_a_question(
    tmp_path,
):
    def drafted_lines(*keys: tuple[str, str]) -> tuple[str, Rows]:
        lines = [{**LINE, "mdtrt_id": visit, "feedetl_sn": number, "init_feedetl_sn": "1"} for visit, number in keys]
        text, draft = drafted(tmp_path, fee_list=csv_bytes(lines, [*LINE, "init_feedetl_sn"]))
        return text, parse_mapping(draft).tables["claim_line"].rows[0]

    _, once = drafted_lines(("E1", "1"), ("E2", "2"))
    assert once.columns["line_id"] == "feedetl_sn"
    text, both = drafted_lines(("E1", "1"), ("E1", "2"), ("E2", "1"))
    assert both.columns["line_id"] == Expression(expr="mdtrt_id || '|' || feedetl_sn")
    assert both.columns["original_line_id"] == Expression(expr="mdtrt_id || '|' || init_feedetl_sn")
    assert "? repeats over visits" in text
    assert "later_replaces" in drafted_lines(("E1", "1"), ("E1", "1"))[0]


def test_the_draft_lists_the_codes_of_the_sample_that_say_which_rows_count_and_which_take_back(tmp_path):
    said = [("1", "0"), ("Y", ""), ("0", "1"), ("X", "0")]
    rows = [{**SETTLEMENT, "setl_id": f"S{n}", "vali_flag": v, "refd_setl_flag": r} for n, (v, r) in enumerate(said)]
    text, draft = drafted(tmp_path, setl=csv_bytes(rows, list(SETTLEMENT)))
    made = parse_mapping(draft).tables["settlement"].rows[0]
    assert made.where == Where(of="vali_flag", keep=("1", "Y"), drop=("0",), code="NOT_VALID")
    assert made.sign == Sign(of="refd_setl_flag", minus=("1",), plus=("0", ""))
    assert "code: NOT_VALID} # ? 1 codes of the sample are in no list" in text
