"""A mapping is data: in none of its places may stand what is no plain expression, and no way leads around a token."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from fundwatch.errors import MappingError
from intake.source.load import parse_mapping

MAPPING = """
source: small
delivery: {folder: "."}
files:
  persons: {name: persons.csv, columns: [psn_no, sex, born, remark], identifying: [psn_no, certno, "名字(全)"]}
  visits: {name: visits.csv, columns: [visit, psn_no, day, kind, state, [fee, cost]], identifying: [psn_no]}
  lines: {name: lines.csv, columns: [visit, number, code, fee]}
tables:
  patient:
    rows:
      - from: persons
        columns:
          patient_id: {token: person, of: psn_no}
          sex: {codes: {M: "1"}, of: sex}
          death_date: {of: born, format: yyyyMMdd}
        vault: [{token: person, of: psn_no, with: {certificate: certno}}]
  encounter:
    rows:
      - from: visits
        where: {of: state, keep: ["1"], drop: ["0"], code: NOT_VALID}
        columns:
          encounter_id: visit
          patient_id: {token: person, of: psn_no}
          visit_type: {expr: "upper(kind)"}
          is_inpatient: {of: kind, true: [IP], false: [OP]}
          complaint: {scrub: state, names: [psn_no]}
        carry: {paid: {expr: "try_cast(fee AS decimal(16,2))"}, who: {token: person, of: psn_no}}
  settlement:
    grouped:
      - from: encounter
        by: {settlement_id: encounter_id}
        columns: {patient_id: "min(patient_id)", fund_amount: "sum(paid)"}
  claim_line:
    reversal: {matches: [item_code, "abs(amount)"]}
    rows:
      - from: lines
        lookup: {from: visits, on: [visit], columns: [kind, psn_no], where: "state = '1'"}
        columns: {line_id: number, amount: fee, visit_type: kind, patient_id: {token: person, of: psn_no}}
"""
# where SQL stands, and the key that a message names
PLACES: dict[str, tuple[str | int, ...]] = {
    "tables.patient.rows[0].patient_id": ("patient", "rows", 0, "columns", "patient_id", "of"),
    "tables.patient.rows[0].sex": ("patient", "rows", 0, "columns", "sex", "of"),
    "tables.patient.rows[0].death_date": ("patient", "rows", 0, "columns", "death_date", "of"),
    "tables.patient.rows[0].vault[0].of": ("patient", "rows", 0, "vault", 0, "of"),
    "tables.patient.rows[0].vault[0].with.certificate": ("patient", "rows", 0, "vault", 0, "with", "certificate"),
    "tables.encounter.rows[0].where": ("encounter", "rows", 0, "where", "of"),
    "tables.encounter.rows[0].visit_type": ("encounter", "rows", 0, "columns", "visit_type", "expr"),
    "tables.encounter.rows[0].is_inpatient": ("encounter", "rows", 0, "columns", "is_inpatient", "of"),
    "tables.encounter.rows[0].complaint": ("encounter", "rows", 0, "columns", "complaint", "scrub"),
    "tables.encounter.rows[0].paid": ("encounter", "rows", 0, "carry", "paid", "expr"),
    "tables.settlement.grouped[0].settlement_id": ("settlement", "grouped", 0, "by", "settlement_id"),
    "tables.settlement.grouped[0].fund_amount": ("settlement", "grouped", 0, "columns", "fund_amount"),
    "tables.claim_line.reversal.matches[1]": ("claim_line", "reversal", "matches", 1),
    "tables.claim_line.rows[0].lookup[0].where": ("claim_line", "rows", 0, "lookup", "where"),
}
HOSTILE = [
    "to_json(struct(*))",
    "transform(array(fee), y -> psn_no)",
    "reflect('java.lang.System', 'getenv', 'HOME')",
    "(select max(value) from text.`/etc/passwd`)",
    "input_file_name()",
    "raise_error(psn_no)",
    "kind -- psn_no",
    "unheard_of",
]


def _parse(tmp_path: Path, content: object) -> None:
    file = tmp_path / "small.yaml"
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    parse_mapping(file)


def _put(place: tuple[str | int, ...], sql: object) -> dict:
    content = yaml.safe_load(MAPPING)
    content["tables"]["claim_line"]["rows"][0]["lookup"]["on"] = content["tables"]["claim_line"]["rows"][0][
        "lookup"
    ].pop(True)
    at = content["tables"]
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = sql
    return content


def test_the_mapping_itself_holds(tmp_path):
    _parse(tmp_path, yaml.safe_load(MAPPING))


@pytest.mark.parametrize("place", PLACES)
def test_no_place_takes_what_is_no_plain_expression_and_each_is_named(tmp_path, place):
    for sql in HOSTILE:
        with pytest.raises(MappingError) as refused:
            _parse(tmp_path, _put(PLACES[place], sql))
        assert f"{place}: " in refused.value.what, sql
        assert "small.yaml" in str(refused.value)


@pytest.mark.parametrize(
    "sql",
    [
        "PSN_NO",
        "Psn_No",
        "upper(PSN_no)",
        "`psn_no`",
        "`PSN_NO`",
        "concat_ws('|', sex, certno)",
        "coalesce(sex, 'x' || `名字(全)`)",
        "array_join(array(psn_no), '')",
        "CASE WHEN psn_no LIKE '1%' THEN '1' END",
        "substring(certno, 1, 6)",
        "length(certno)",
    ],
)
def test_what_identifies_reaches_no_column_of_text_however_it_is_written(tmp_path, sql):
    for form in ({"expr": sql}, {"of": sql, "default": "0"}, {"codes": {"a": "1"}, "of": sql}):
        with pytest.raises(MappingError, match=r"tables\.patient\.rows\[0\]\.sex: '.*' identifies a person"):
            _parse(tmp_path, _put(("patient", "rows", 0, "columns", "sex"), form))
        with pytest.raises(MappingError, match=r"tables\.patient\.rows\[0\]\.kept: '.*' identifies a person"):
            _parse(tmp_path, _put(("patient", "rows", 0, "carry"), {"kept": form}))


def test_what_another_file_lends_identifies_here_too(tmp_path):
    with pytest.raises(MappingError, match=r"claim_line\.rows\[0\]\.order_id: 'psn_no' identifies a person"):
        _parse(tmp_path, _put(("claim_line", "rows", 0, "columns", "order_id"), {"expr": "lower(PSN_NO)"}))


def test_codes_of_what_identifies_are_shown_by_no_column_that_says_yes_or_no_either(tmp_path):
    codes = {"codes": {"a": "true"}, "of": "psn_no"}
    with pytest.raises(MappingError, match=r"is_inpatient: 'psn_no' identifies a person"):
        _parse(tmp_path, _put(("encounter", "rows", 0, "columns", "is_inpatient"), codes))


def test_what_a_token_is_made_of_identifies_whether_it_is_listed_or_not(tmp_path):
    content = _put(("encounter", "rows", 0, "columns", "attending_doctor_id"), {"token": "doctor", "of": "Kind"})
    with pytest.raises(MappingError, match=r"encounter\.rows\[0\]\.visit_type: 'kind' identifies a person"):
        _parse(tmp_path, content)


def test_what_a_token_is_made_of_in_another_file_identifies_where_it_is_lent(tmp_path):
    content = _put(("claim_line", "rows", 0, "lookup", "columns"), {"kind": "kind", "who": "psn_no"})
    del content["files"]["visits"]["identifying"]
    content["tables"]["claim_line"]["rows"][0]["columns"] |= {"patient_id": {"token": "person", "of": "upper(who)"}}
    _parse(tmp_path, content)
    content["tables"]["claim_line"]["rows"][0]["columns"]["order_id"] = "who"
    with pytest.raises(MappingError, match=r"order_id: 'who' identifies a person"):
        _parse(tmp_path, content)


@pytest.mark.parametrize("folder", ["/etc", "../other", "{date}/../../etc"])
def test_no_folder_outside_the_landing_is_read_as_a_delivery(tmp_path, folder):
    content = yaml.safe_load(MAPPING) | {"delivery": {"folder": folder}}
    with pytest.raises(MappingError, match=r"delivery\.folder: .*under the landing folder"):
        _parse(tmp_path, content)


def test_a_column_identifies_if_any_of_its_names_does(tmp_path):
    content = yaml.safe_load(MAPPING)
    content["files"]["visits"]["identifying"] = ["psn_no", "COST"]
    content["tables"]["encounter"]["rows"][0]["columns"]["admission_bed"] = "fee"
    with pytest.raises(MappingError, match=r"admission_bed: 'fee' identifies a person"):
        _parse(tmp_path, content)


def test_names_that_differ_in_the_size_of_letters_alone_are_refused(tmp_path):
    content = yaml.safe_load(MAPPING)
    content["files"]["persons"]["columns"].append("CERTNO")
    with pytest.raises(MappingError, match=r"files\.persons: 'CERTNO' and 'certno' differ in the size of letters only"):
        _parse(tmp_path, content)


@pytest.mark.parametrize(
    ("place", "sql", "reported"),
    [
        (("columns", "institution_id"), "min(patient_id)", "it is made of pseudonyms"),
        (("columns", "institution_id"), "max(who)", "it is made of pseudonyms"),
        (("columns", "visit_type"), "max(complaint)", "it is made of free text"),
        (("columns", "patient_id"), "min(visit_type)", "it holds pseudonyms of persons; take one of patient_id, who"),
        (("columns", "patient_id"), "max(upper(patient_id))", "it holds pseudonyms of persons"),
        (("columns", "invoice_id"), "min(patient_id)", "it holds pseudonyms of invoices"),
        (("by", "settlement_id"), "patient_id", "it is made of pseudonyms"),
    ],
)
def test_pseudonyms_and_free_text_stay_what_they_are_in_a_grouped_table(tmp_path, place, sql, reported):
    with pytest.raises(MappingError) as refused:
        _parse(tmp_path, _put(("settlement", "grouped", 0, *place), sql))
    assert f"tables.settlement.grouped[0].{place[1]}: {reported}" in refused.value.what


def test_a_carried_value_takes_no_canonical_columns_name(tmp_path):
    with pytest.raises(MappingError, match=r"carry\.Admission_Bed: the table encounter has a column of that name"):
        _parse(tmp_path, _put(("encounter", "rows", 0, "carry", "Admission_Bed"), "kind"))


def test_all_problems_of_all_places_are_reported_at_once(tmp_path):
    content = _put(("encounter", "rows", 0, "where", "of"), "rand() > 0.5")
    content["tables"]["encounter"]["rows"][0]["columns"]["visit_type"] = {"expr": "reflect('a', 'b') || PSN_NO"}
    with pytest.raises(MappingError) as refused:
        _parse(tmp_path, content)
    for reported in (
        "where: asks a clock or a die by rand()",
        "visit_type: calls reflect()",
        "visit_type: 'psn_no' identifies",
    ):
        assert reported in refused.value.what


@pytest.mark.parametrize(
    ("place", "given", "reported"),
    [
        (("encounter", "rows", 0, "where", "of"), "upper(psn_no)", "where: 'psn_no' identifies a person"),
        (("encounter", "rows", 0, "columns", "is_inpatient", "of"), "psn_no", "is_inpatient: 'psn_no' identifies"),
        (("encounter", "rows", 0, "where", "drop"), ["0", "1"], "listed twice: '1'"),
        (("encounter", "rows", 0, "columns", "visit_type"), {"of": "kind", "true": ["IP"], "false": ["OP"]},
         "visit_type: a flag says yes or no, and the column does not"),
        (("encounter", "rows", 0, "sign"), {"of": "kind", "minus": ["R"], "plus": ["N"]},
         "sign: the table encounter has no sums"),
        (("encounter", "later_replaces"), {"order": []}, "encounter.later_replaces: registers keep every change"),
        (("claim_line", "later_replaces"), {"order": ["rand()"]}, "later_replaces.order[0]: asks a clock"),
        (("claim_line", "later_replaces"), {}, "later_replaces: it needs reversals that name their original"),
        (("encounter", "rows", 0, "where"), {"keep": "state = '1'", "code": "NOT_VALID"}, "where"),
        # a text that YAML reads as another thing
        (("encounter", "rows", 0, "where", "drop"), ["0", False], "drop.1: Input should be a valid string; YAML reads"),
        # once they are read, codes have their signs in ASCII
        (("encounter", "rows", 0, "where", "drop"), ["（1）", "(1)", "１"], "listed twice: '1'"),
        (("encounter", "rows", 0, "columns", "visit_type"), {"expr": "if(kind = '住院（普通）', '21', kind)"},
         "visit_type: '住院（普通）' has full-width signs, and codes have none once they are read: '住院(普通)'"),
        (("encounter", "rows", 0, "columns", "visit_type"), {"of": "kind", "codes": {"（一）": "1", "(一)": "2"}},
         "one code once it is read, and two meanings: '(一)'"),
        # what it does not list would be a no by guess
        (("encounter", "rows", 0, "columns", "is_inpatient"), {"expr": "CASE kind WHEN 'IP' THEN true ELSE false END"},
         "is_inpatient: a code that it does not list would be a no by guess"),
        (("encounter", "rows", 0, "columns", "is_inpatient"), {"expr": "if(kind = 'IP', true, false)"},
         "is_inpatient: a code that it does not list would be a no by guess"),
    ],
)  # fmt: skip
def test_what_lists_codes_shows_no_person_lists_each_once_and_stands_where_it_means_something(
    tmp_path, place, given, reported
):
    with pytest.raises(MappingError) as refused:
        _parse(tmp_path, _put(place, given))
    assert reported in refused.value.what
