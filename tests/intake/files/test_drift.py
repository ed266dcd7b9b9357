from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from intake.files.drift import FileDrift, find_drift, parked_error_codes, read_names
from intake.files.landed import Measured, Opened
from intake.source.checks import Quality
from intake.source.load import parse_mapping
from intake.source.mapping import SourceMapping

MAPPING = """
source: small
delivery: {folder: "."}
files:
  houses:
    name: houses.csv
    columns: [[fixmedins_code, code], hosp_lv, aprv_bed_cnt, begndate]
    optional: [fixmedins_name]
    drop: [memo]
tables:
  institution:
    rows:
      - from: houses
        columns:
          institution_id: fixmedins_code
          institution_name: fixmedins_name
          institution_level: {codes: {"1": "1", "2": "2"}, of: hosp_lv}
          institution_type: memo_type
          bed_count: aprv_bed_cnt
          started_on: begndate
"""
HEADER = ("fixmedins_code", "hosp_lv", "aprv_bed_cnt", "begndate")
SECRET = "990000198001011233"


@pytest.fixture
def mapping(tmp_path) -> SourceMapping:
    return made(tmp_path, MAPPING)


def made(folder: Path, text: str) -> SourceMapping:
    file = folder / "small.yaml"
    text = text.replace("          institution_type: memo_type\n", "")
    file.write_text(text, encoding="utf-8")
    return parse_mapping(file)


def row(**other: str) -> dict[str, str]:
    return {"fixmedins_code": "H1", "hosp_lv": "1", "aprv_bed_cnt": "20", "begndate": "2020-01-01", **other}


def file_of(*rows: dict[str, str], header: tuple[str, ...] = HEADER) -> Opened:
    lines = tuple((n, ",".join(r.get(c, "") for c in header)) for n, r in enumerate(rows, 2))
    return Opened(Path("houses.csv"), Measured("", 0, len(rows), "utf-8"), header, ",", False, lines)


def seen(mapping: SourceMapping, file: Opened, quality: Quality | None = None) -> FileDrift:
    return find_drift(mapping, "houses", "houses.csv", file, quality)


def with_rules(mapping: SourceMapping, **rules: str) -> SourceMapping:
    return mapping.model_copy(update={"drift": mapping.drift.model_copy(update=rules)})


def test_a_file_as_the_mapping_has_it_shows_no_drift(mapping):
    found = seen(mapping, file_of(*[row() for _ in range(20)]))
    assert (found.problems, found.is_reported) == ((), False)


def test_an_unknown_column_refuses_the_file_and_parked_it_is_not_read(mapping):
    file = file_of(row(), header=(*HEADER, "wechat"))
    assert seen(mapping, file).problems == (
        "column 'wechat': the mapping does not know it; allow it or list it under drop",
    )
    parked = seen(with_rules(mapping, unknown_columns="park"), file)
    assert (parked.problems, parked.parked_columns) == ((), ("wechat",))
    assert parked.notes() == ["houses.csv: column 'wechat' is new: parked, not read"]
    assert read_names(mapping.files["houses"], file.header)[-1] == "_parked_5"


def test_a_missing_column_is_refused_even_where_unknown_ones_are_parked(mapping):
    file = file_of(row(), header=("fixmedins_code", "hosp_lv", "begndate", "beds"))
    assert seen(with_rules(mapping, unknown_columns="park"), file).problems == ("column 'aprv_bed_cnt' is missing",)


@pytest.mark.parametrize("name", ["HOSPLV", "hosp_lvl", " hosp_lv"])
def test_a_renamed_column_is_guessed_by_its_name(mapping, name):
    file = file_of(row(), header=("fixmedins_code", name, "aprv_bed_cnt", "begndate"))
    reported = seen(mapping, file).problems
    assert f"column '{name}': the mapping does not know it (did you mean 'hosp_lv'?); allow it" in reported[0]
    assert reported[1] == "column 'hosp_lv' is missing"


def test_a_renamed_column_is_guessed_by_its_values(mapping):
    header = ("fixmedins_code", "hosp_lv", "aprv_bed_cnt", "since")
    file = file_of(*[row(since="2020-01-01") for _ in range(12)], header=header)
    assert "(did you mean 'begndate'?)" in seen(mapping, file).problems[0]


def test_columns_in_another_order_and_in_capitals_are_no_drift(mapping):
    found = seen(mapping, file_of(row(), header=HEADER[::-1]))
    assert (found.problems, found.notes()) == ((), [])
    header = tuple(name.upper() for name in HEADER)
    file = file_of({name.upper(): value for name, value in row().items()}, header=header)
    assert (seen(mapping, file).problems, read_names(mapping.files["houses"], header)) == ((), tuple(HEADER))


def test_a_column_under_both_its_names_is_refused(mapping):
    found = seen(mapping, file_of(row(), header=(*HEADER, "code")))
    assert found.problems == ("column 'fixmedins_code' occurs twice",)


@pytest.mark.parametrize(
    ("column", "value", "reported"),
    [
        ("aprv_bed_cnt", "many", "column 'aprv_bed_cnt', line 2: most of its values are no int"),
        ("begndate", "20200101", "column 'begndate', line 2: most of its values are no date"),
        ("begndate", "01/02/2020", "column 'begndate', line 2: most of its values are no date"),
    ],
)
def test_a_column_of_another_type_is_refused_without_its_values(mapping, column, value, reported):
    (problem,) = seen(mapping, file_of(*[row(**{column: value}) for _ in range(12)])).problems
    assert reported in problem
    assert value not in problem


def test_a_few_values_of_another_type_are_problems_of_their_rows_only(mapping):
    rows = [row(aprv_bed_cnt="many")] * 5 + [row()] * 6
    assert seen(mapping, file_of(*rows)).problems == ()
    assert seen(mapping, file_of(*rows[:5])).problems == (), "five values are too few to judge by"


def test_identifiers_that_a_spreadsheet_cut_short_are_refused(mapping):
    (problem,) = seen(mapping, file_of(row(), row(fixmedins_code="1.23457E+17"))).problems
    assert "column 'fixmedins_code', line 3: a spreadsheet cut a long number short" in problem


def test_a_new_code_is_refused_by_name_or_parked(mapping):
    file = file_of(*[row() for _ in range(20)], *[row(hosp_lv="3A") for _ in range(3)])
    (problem,) = seen(mapping, file).problems
    assert (
        "column 'hosp_lv', line 22: a code that the mapping or the checks do not list: 3A, in 3 of 23 rows looked at"
    ) in problem
    parked = seen(with_rules(mapping, new_codes="park"), file)
    assert parked.notes() == ["houses.csv: column 'hosp_lv' has a new code 3A: parked"]


def test_one_odd_code_is_a_problem_of_its_row_only(mapping):
    assert seen(mapping, file_of(*[row() for _ in range(20)], row(hosp_lv="9"))).problems == ()


def test_a_code_that_may_be_more_than_a_code_is_not_shown(mapping):
    (problem,) = seen(mapping, file_of(*[row(hosp_lv=SECRET) for _ in range(4)])).problems
    assert SECRET not in problem
    parked = seen(with_rules(mapping, new_codes="park"), file_of(*[row(hosp_lv=SECRET) for _ in range(4)]))
    assert parked.notes() == ["houses.csv: column 'hosp_lv' has a new code that is not shown: parked"]


def test_codes_that_the_checks_list_are_judged_too_and_parked_by_their_error_codes(mapping):
    quality = Quality.model_validate(
        {"quarantine_share": 0.1, "tables": {"institution": {"one_of": {"institution_name": ["A", "B"]}}}}
    )
    file = file_of(*[row(fixmedins_name="C") for _ in range(5)], header=(*HEADER, "fixmedins_name"))
    assert "column 'fixmedins_name', line 2" in seen(mapping, file, quality).problems[0]
    assert parked_error_codes(mapping, quality, "institution") == ()
    assert parked_error_codes(with_rules(mapping, new_codes="park"), quality, "institution") == (
        "NOT_IN_LIST:institution_name",
        "MALFORMED:institution_level",
    )


def test_a_file_without_header_is_refused_without_showing_what_stands_there(mapping):
    (problem,) = seen(mapping, file_of(row(), header=("欧阳测试", SECRET, "1", "2"))).problems
    assert "line 1 names none of the columns of houses" in problem
    assert "欧阳" not in problem
    assert SECRET not in problem


def test_a_column_that_looks_like_a_value_is_not_shown(mapping):
    found = seen(mapping, file_of(row(), header=(*HEADER, SECRET)))
    assert SECRET not in "".join(found.problems)


def test_lines_that_do_not_fit_the_header_are_refused_when_most_do_not(mapping):
    odd = tuple((n, "a,b") for n in range(2, 30))
    (problem,) = seen(mapping, replace(file_of(row()), sample=odd)).problems
    assert problem == "line 2 has 2 values and the header 4; most lines do not fit the header"


def test_a_few_lines_that_do_not_fit_the_header_take_no_part(mapping):
    file = file_of(*[row() for _ in range(20)])
    assert seen(mapping, replace(file, sample=((1, "a,b"), *file.sample))).problems == ()


def test_the_sample_shows_in_no_print_of_the_file(mapping):
    assert SECRET not in repr(file_of(row(fixmedins_code=SECRET)))


def test_codes_of_a_filter_or_a_flag_that_no_list_has_are_drift_and_a_parked_filter_code_is_no_fault(tmp_path):
    text = MAPPING.replace("[fixmedins_name]", "[fixmedins_name, vali_flag, open]").replace(
        "        columns:\n",
        '        where: {of: vali_flag, keep: ["1"], drop: ["0"], code: NOT_VALID}\n        columns:\n',
    )
    mapping = made(
        tmp_path,
        text.replace(
            "        columns:\n", "        carry: {flag: {of: open, true: [Y], false: [N]}}\n        columns:\n"
        ),
    )
    rows = [row(vali_flag="1", open="Y")] * 20 + [row(vali_flag="01", open="T")] * 4 + [row(vali_flag="", open="")] * 4
    file = file_of(*rows, header=(*HEADER, "vali_flag", "open"))
    filtered, flagged = seen(mapping, file).problems
    assert "column 'vali_flag', line 22: a code that the mapping or the checks do not list: 01, in 4 of 24" in filtered
    assert "column 'open', line 22: a code that the mapping or the checks do not list: T, in 4 of 24" in flagged
    parked = with_rules(mapping, new_codes="park")
    assert "UNKNOWN_CODE:vali_flag" in parked_error_codes(
        parked, Quality(quarantine_share=0.1, tables={}), "institution"
    )
    assert seen(parked, file).parked_codes == (("vali_flag", "01"), ("open", "T"))


def test_a_column_that_a_pattern_drops_is_no_new_one_and_keeps_its_name(tmp_path):
    mapping = made(tmp_path, MAPPING.replace("drop: [memo]", 'drop: [memo, "x_*"]'))
    file = file_of(row(x_a="1"), header=(*HEADER, "x_a"))
    assert seen(mapping, file) == FileDrift("houses.csv", "houses")
    assert read_names(mapping.files["houses"], file.header) == file.header
    both = file_of(row(x_a="1"), header=(*HEADER, "x_a", "X_A"))
    assert "column 'x_a' occurs twice" in seen(mapping, both).problems


def test_a_header_that_stands_elsewhere_or_is_parted_otherwise_is_said_to(mapping):
    def reported(first: str, *lines: str) -> str:
        header = tuple(first.split(","))
        sample = tuple(enumerate(lines, 2))
        file = Opened(Path("houses.csv"), Measured("", 0, 1, "utf-8"), header, ",", False, sample)
        (problem,) = seen(mapping, file).problems
        return problem.removeprefix("line 1 names none of the columns of houses: ")

    assert reported(";".join(HEADER), "H1;1;20;2020-01-01").startswith("they stand there with ';' between them")
    assert reported("医院名册,,,", "二〇二六年,,,", ",".join(HEADER)) == "line 3 does; take out what stands above it"
    assert reported("H1,1,20,2020-01-01") == "the header is missing, or the file is of another table"


def test_columns_without_a_name_are_left_aside_while_nothing_stands_in_them(mapping):
    header = (*HEADER, "", "")
    file = file_of(*[row() for _ in range(3)], header=header)
    assert seen(mapping, file).problems == ()
    assert read_names(mapping.files["houses"], header)[4:] == ("_parked_5", "_parked_6")
    lines = ((2, "H1,1,20,2020-01-01,,"), (3, "H2,1,20,2020-01-01,,x"))
    assert seen(mapping, replace(file, sample=lines)).problems == (
        'column 6 has no name in the header, and line 3 has a value there: have it named, or list "" under drop',
    )
    # as of the numbers of rows that a program puts before them
    houses = mapping.files["houses"].model_copy(update={"drop": ("memo", "")})
    dropping = mapping.model_copy(update={"files": {"houses": houses}})
    assert seen(dropping, replace(file, sample=lines)).problems == ()
