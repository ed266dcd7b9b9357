"""Of public layouts a draft knows what a row of each file is, and most columns; what it takes for sure is right."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from intake.drafting.draft import draft_files
from intake.drafting.sampling import look_at
from intake.drafting.vocabulary import read_vocabulary
from intake.drafting.yaml_text import draft_text
from intake.source.columns import Sealed, Token
from intake.source.load import parse_mapping
from tests.intake.drafting.measured import LAYOUTS, drafted, layout, measured

# by layout, how many columns are read from where they stand, and how many of these without a question
RIGHT = {
    "blue_button": (30, 28), "claims_extract": (20, 16), "clearing_house": (16, 10), "outpatient_system": (10, 7),
    "warehouse": (10, 3),
    "fund_registers": (19, 15), "his": (52, 51), "hospital_database": (33, 27),
    "inspection": (57, 56), "names_of_its_own": (23, 14), "omop": (29, 27), "payer_export": (17, 12),
    "pharmacy_chain": (26, 25), "small_payer": (16, 14), "synthea": (44, 35), "tuva": (31, 26), "ward_system": (26, 23),
}  # fmt: skip

# guesses that are asked about and wrong: a post is no title
WRONG_GUESSES = {"outpatient_system": ["员工信息.title from 岗位"]}


def test_every_layout_has_its_floor():
    assert {*RIGHT} == {path.stem for path in LAYOUTS.glob("*.yaml")}


@pytest.mark.parametrize("name", RIGHT)
def test_of_a_layout_nothing_is_taken_for_what_it_is_not_and_most_is_found(name: str, tmp_path: Path) -> None:
    files = layout(name)
    found = measured(files, drafted(files, tmp_path))
    assert found.wrong_tables == []
    assert found.wrong_sure == []
    assert found.wrong_guessed == WRONG_GUESSES.get(name, [])
    assert found.unmarked == []
    assert found.right >= RIGHT[name][0]
    assert found.right_sure >= RIGHT[name][1]


@pytest.fixture(scope="module")
def synthea(tmp_path_factory):
    folder = tmp_path_factory.mktemp("synthea")
    text = drafted(layout("synthea"), folder)
    (folder / "mine.yaml").write_text(text, encoding="utf-8")
    return text, parse_mapping(folder / "mine.yaml")


def test_a_file_of_firms_feeds_no_table_and_is_named(synthea):
    text, mapping = synthea
    assert "# ? payers.csv is left out: one row is a payer, which no canonical table holds" in text
    assert "payers" not in mapping.files
    assert "payers.csv*" in mapping.delivery.ignore


def test_of_two_files_with_lines_the_one_without_a_key_is_left_out(synthea):
    text, mapping = synthea
    assert "# ? medications.csv is left out: its rows may be rows of claim_line, but nothing fills line_id" in text
    assert [rows.source for rows in mapping.tables["claim_line"].rows] == ["claims_transactions"]


def test_organisations_are_institutions_where_visits_name_their_ids_and_that_is_asked(synthea):
    text, mapping = synthea
    assert mapping.tables["institution"].rows[0].source == "organizations"
    assert "# ? organizations.csv is taken for rows of institution, since" in text


def test_an_id_is_whose_its_values_are_whatever_its_name(synthea):
    _, mapping = synthea
    lines = mapping.tables["claim_line"].rows[0]
    assert lines.columns["encounter_id"] == "APPOINTMENTID"
    assert lines.lookup[0].on == {"APPOINTMENTID": "Id"}
    assert mapping.tables["enrolment"].rows[0].columns["patient_id"] == Token(token="person", of="PATIENT")


def test_a_name_in_parts_is_told_to_the_vault_whole(synthea):
    _, mapping = synthea
    person = next(entry for entry in mapping.tables["patient"].rows[0].vault if entry.token == "person")
    assert person == Sealed.model_validate(
        {
            "token": "person",
            "of": "Id",
            "with": {"name": "concat_ws(' ', FIRST, LAST)", "certificate": "SSN", "address": "ADDRESS"},
            "needs": ["Id"],
        }
    )


def draft_of(tmp_path: Path, **files: str) -> str:
    for name, content in files.items():
        (tmp_path / f"{name}.csv").write_text(content, encoding="utf-8")
    looks = [look_at(tmp_path / f"{name}.csv") for name in files]
    return draft_text("mine", draft_files(looks, read_vocabulary()))


def columns_of(text: str, table: str) -> dict[str, object]:
    return dict(yaml.safe_load(text)["tables"].get(table, {}).get("rows", [{"columns": {}}])[0]["columns"])


LINES = "line_id,{},amount,quantity\nL000001,X000001,5,1\nL000002,X000002,6,1\n"


@pytest.mark.parametrize(
    "header",
    [
        "employer_id",
        "employee_number",
        "payer_id",
        "organization_id",
        "vendor_id",
        "clinician_id",
        "agent_id",
        "单位编号",
    ],
)
def test_a_number_of_another_kind_is_neither_the_person_nor_a_sure_institution(header: str, tmp_path: Path) -> None:
    text = draft_of(tmp_path, claim_lines=LINES.format(header))
    assert "patient_id:" not in text
    institution = [line for line in text.splitlines() if line.strip().startswith("institution_id:")]
    assert all("# ?" in line for line in institution)
    assert header == "organization_id" or not institution


@pytest.mark.parametrize("header", ["patient_number", "MemberNo", "PATIENTID", "病人编号", "insured_code"])
def test_a_bare_number_of_a_person_is_the_persons(header: str, tmp_path: Path) -> None:
    assert columns_of(draft_of(tmp_path, claim_lines=LINES.format(header)), "claim_line")["patient_id"]


@pytest.mark.parametrize(
    "header",
    ["first_name", "LAST", "middle_name", "BeneficiaryNumber", "member_number_2", "SSN", "passport_no", "DRIVERS",
     "birthplace", "MRN", "home_address", "Addr2", "mobile", "e_mail", "patient_email",
     "姓名", "曾用名姓名", "医保卡号", "社会保障号", "护照号", "驾驶证号", "出生地", "病案号", "家庭住址", "联系电话",
     "邮箱"],
)  # fmt: skip
def test_what_identifies_by_its_name_is_marked_though_the_sample_has_no_value(header: str, tmp_path: Path) -> None:
    text = draft_of(tmp_path, claim_lines=f"line_id,patient_id,amount,{header}\nL1,P1,5,\nL2,P1,5,\n")
    (line,) = [line for line in text.splitlines() if line.startswith("      - ") and header in line]
    assert "identifies" in line


def test_a_claim_may_be_a_visit_too_and_dollars_and_days_say_what_they_are(tmp_path):
    text = drafted(layout("claims_extract"), tmp_path)
    header, line = (columns_of(text, table) for table in ("settlement", "claim_line"))
    assert (header["encounter_id"], line["encounter_id"], line["settlement_id"]) == ("claim_id",) * 3
    assert "\ncurrency: USD  " in text
    # the sample has 10/14/2025: the month comes first, and the year last
    assert "month first" not in text
    assert 'birth_year: {expr: "right(dob, 4)"}' in text
    doubtful = layout("claims_extract")
    doubtful["claim_line"]["csv"] = doubtful["claim_line"]["csv"].replace("/14/", "/04/").replace("/16/", "/06/")
    assert drafted(doubtful, tmp_path).count("? is the month first, or the day") == 1


def test_ids_that_are_met_twice_are_no_register(tmp_path):
    spans = "patient_id,sex,birth_date,started_on,insurance_type\n"
    spans += "P1,M,1970-01-01,2023-01-01,A\nP1,M,1970-01-01,2024-01-01,A\n"
    assert "patient:\n    rows" not in draft_of(tmp_path, spans=spans)


def test_values_of_another_files_key_correct_a_name(tmp_path):
    clinicians = "doctor_id,department,hospital_id\nC00001,GP,H00001\nC00002,GP,H00001\n"
    lines = "line_id,patient_id,facility_id,amount\nL1,P1,C00001,5\nL2,P1,C00002,5\n"
    assert "institution_id" not in columns_of(draft_of(tmp_path, doctors=clinicians, claim_lines=lines), "claim_line")


def test_files_whose_keys_share_no_value_lend_nothing(tmp_path):
    visits = "visit_id,member_id,facility_npi,visit_date\nV1,M1,F1,20260301\nV2,M1,F1,20260301\n"
    lines = "line_id,visit_id,hcpcs_code,quantity,charge_amount\nL1,W1,99213,1,10.00\nL2,W2,99213,1,10.00\n"
    assert "lookup:" not in draft_of(tmp_path, visits=visits, claim_lines=lines)


def test_a_column_that_tells_charges_from_payments_is_asked_about(tmp_path):
    lines = "line_id,patient_id,type,amount\nL1,P1,CHARGE,5\nL2,P1,PAYMENT,5\n"
    assert "# ? tells rows that are charges from others" in draft_of(tmp_path, claim_lines=lines)


def test_a_file_that_nothing_tells_is_left_out(tmp_path):
    text = draft_of(tmp_path, x="a,b\n1,2\n", claim_lines="line_id,patient_id,amount\nL,P,5\n")
    assert "# ? x.csv is left out: nothing says what one row of it is" in text


def test_a_column_of_placeholders_alone_is_nobodys_id(tmp_path):
    clinicians = "doctor_id,department,hospital_id\nC00001,GP,H00001\nC00002,GP,H00001\n"
    lines = "line_id,patient_id,visit_id,amount\nL1,P1,N/A,5\nL2,P1,N/A,5\n"
    assert "claim_line:" in draft_of(tmp_path, doctors=clinicians, claim_lines=lines)
