from __future__ import annotations

from pathlib import Path

import pytest

from fundwatch.errors import MappingError
from fundwatch.resources import conf_names
from fundwatch.settings import Settings
from intake.rows.canonical import Columns
from intake.source.columns import Scrub, Sealed
from intake.source.load import mapping_for, mapping_in_force, parse_mapping, read_mapping

GOOD = """
source: small
delivery: {folder: "."}
files:
  persons: {name: persons.csv, columns: [[id, number], sex], drop: [name]}
tables:
  patient:
    rows:
      - from: persons
        columns: {patient_id: {token: person, of: id}, sex: sex}
"""


def parsed(tmp_path: Path, text: str):
    file = tmp_path / "small.yaml"
    file.write_text(text, encoding="utf-8")
    return parse_mapping(file)


@pytest.mark.parametrize("source", conf_names("sources"))
def test_every_shipped_mapping_holds(source):
    assert read_mapping(source).source == source


def test_a_column_with_two_names_goes_by_the_first(tmp_path):
    assert parsed(tmp_path, GOOD).files["persons"].names() == {"id": "id", "number": "id", "sex": "sex"}


def test_all_problems_of_a_mapping_are_reported_at_once_with_their_keys(tmp_path):
    houses = "  houses: {name: houses.csv, columns: [id]}\n"
    doctor = "  doctor: {rows: [{from: staff, columns: {title: {constant: x}}}]}"
    wrong = GOOD.replace("patient:", "person:").replace("tables:", f"{houses}tables:\n{doctor}")
    with pytest.raises(MappingError) as caught:
        parsed(tmp_path, wrong)
    reported = str(caught.value)
    for problem in (
        "files.houses: its rows must feed a table, or lend columns to another file's",
        "tables.person: not a canonical table",
        "tables.doctor.rows[0]: the key column doctor_id is not filled",
        "tables.doctor.rows[0].from: no file is named 'staff'",
        "small.yaml",
    ):
        assert problem in reported


def test_a_column_the_table_has_not_and_one_the_file_has_not_are_named(tmp_path):
    with pytest.raises(MappingError) as caught:
        parsed(tmp_path, GOOD.replace("sex: sex}", "sex: gender, height: sex}"))
    assert "tables.patient.rows[0].height: the table patient has no such column" in str(caught.value)
    assert "tables.patient.rows[0].sex: the file persons has no column 'gender' to read" in str(caught.value)


@pytest.mark.parametrize(
    ("before", "after", "reported"),
    [
        ("token: person", "token: neighbour", "tables.patient.rows.0.columns.patient_id.token"),
        ("source: small", "source: small\ncolour: red", "colour: Extra inputs are not permitted"),
        ("sex: sex}", "sex: {expr: sex, constant: '1'}}", "exactly one of expr, codes, token, scrub, constant"),
        (
            "sex: sex}",
            "sex: sex}\n        action: {of: sex, put: ['1'], remove: ['2']}",
            "rows[0].action: only rows of claim_line and settlement can be removed; patient keeps",
        ),
    ],
)
def test_what_no_mapping_may_hold_is_refused_by_its_key(tmp_path, before, after, reported):
    with pytest.raises(MappingError) as caught:
        parsed(tmp_path, GOOD.replace(before, after))
    assert reported in str(caught.value)


def test_the_fingerprint_of_a_mapping_changes_with_its_content_only(tmp_path):
    first = parsed(tmp_path, GOOD).fingerprint
    assert parsed(tmp_path, "# a comment" + GOOD).fingerprint == first
    assert parsed(tmp_path, GOOD.replace("sex: sex}", "sex: {expr: 'upper(sex)'}}")).fingerprint != first


LINES = """
source: two_files
delivery: {folder: "."}
files:
  heads: {name: heads.csv, columns: [claim_id, person, day], optional: [valid], drop: [name]}
  details: {name: details.csv, columns: [claim_id, number, code, fen, count, memo]}
tables:
  settlement:
    rows:
      - from: heads
        columns: {settlement_id: claim_id, patient_id: {token: person, of: person}}
  claim_line:
    rows:
      - from: details
        lookup: {from: heads, on: [claim_id], columns: [person, day]}
        columns:
          line_id: {expr: "claim_id || '-' || number"}
          patient_id: {token: person, of: person}
          charged_at: {of: day, format: [yyyyMMdd, iso]}
          quantity: {of: count, default: 1}
          amount: {of: fen, unit: fen}
"""


def test_a_mapping_with_units_defaults_formats_and_a_lookup_holds(tmp_path):
    rows = parsed(tmp_path, LINES).tables["claim_line"].rows[0]
    assert rows.looked_up() == {"person", "day"}
    assert rows.columns["quantity"].default == "1"
    assert rows.columns["charged_at"].format == ("yyyyMMdd", "iso")


@pytest.mark.parametrize(
    ("before", "after", "reported"),
    [
        ("unit: fen", "unit: dollar", "tables.claim_line.rows.0.columns.amount.of.unit"),
        ("{of: fen, unit: fen}", "{of: fen}", "for a column as it is write its name alone"),
        ("{of: fen, unit: fen}", "{of: fen, unit: fen, format: yyyyMMdd}", "a number has a unit, a date has a format"),
        ("yyyyMMdd, iso", "yyyyDDD, iso", "'DDD' in the format 'yyyyDDD' is none of"),
        ("yyyyMMdd, iso", "yyyyMMMMMdd, iso", "'MMMMM' in the format 'yyyyMMMMMdd' is none of"),
        ("yyyyMMdd, iso", "MM/dd", "says no y"),
        ("charged_at: {of: day, format: [yyyyMMdd, iso]}", "order_id: {of: day, unit: fen}", "order_id: a unit goes"),
        ("{of: fen, unit: fen}", "{of: fen, format: yyyyMMdd}", "rows[0].amount: a format goes with a date"),
        ("default: 1", "default: one", "rows[0].quantity: the default 'one' is no decimal(16,4)"),
        ("from: heads, on", "from: houses, on", "lookup[0].from: 'houses' is no other file"),
        ("on: [claim_id]", "on: {number: visit}", "lookup[0].on.number: the file heads has no column 'visit'"),
        ("on: [claim_id]", "on: {visit: claim_id}", "lookup[0].on.visit: the file details has no column 'visit'"),
        ("[person, day]", "[person, day, sex]", "lookup[0].columns.sex: the file heads has no column 'sex'"),
        ("[person, day]", "{person: person, memo: day}", "lookup[0].columns.memo: the name is taken"),
        ("[person, day]}", "[person], sums: {day: tax}}", "lookup[0].sums.day: the file heads has no column 'tax'"),
        ("[person, day]}", "[person], sums: {memo: day}}", "lookup[0].sums.memo: the name is taken"),
        ("[person, day]}", "[person], sums: {day: day}, none: 0}", "`none` is the number that stands for no row, of a"),
        ("columns: [person, day]}", "where: valid}", "name columns or sums"),
        (
            "[person, day]}\n        columns:",
            "[person], sums: {day: day}}\n        columns:\n          unit_price: {of: day, default: 0}",
            "unit_price: a default would stand for a sum that is unknown",
        ),
        ("lookup:", "action: {of: memo, put: [I], remove: [D]}\n        lookup:", "action: it needs `later_replaces`"),
        (
            "line_id: {",
            "is_removal: {of: memo, true: [D], false: [I]}\n          line_id: {",
            "`action` beside the columns",
        ),
        ("of: fen, unit: fen", "of: tax, unit: fen", "the file details has no column 'tax'"),
    ],
)
def test_a_unit_default_format_or_lookup_that_cannot_be_meant_is_refused_by_its_key(tmp_path, before, after, reported):
    assert before in LINES
    with pytest.raises(MappingError) as caught:
        parsed(tmp_path, LINES.replace(before, after))
    assert reported in str(caught.value)


def test_a_text_is_unknown_when_only_the_names_to_take_out_of_it_were_delivered():
    given = Scrub(scrub="concat_ws(' ', first, second)", names=("author",), needs=())
    known = frozenset({"first", "second", "author"})
    assert Columns(known, frozenset({"second"})).fill(given)
    assert not Columns(known, frozenset({"author"})).fill(given)


def test_an_entry_of_the_vault_is_filled_by_its_identifier_and_not_by_what_stands_beside_it():
    given = Sealed.model_validate(
        {"token": "record", "of": "coalesce(a, b)", "with": {"institution": "i"}, "needs": []}
    )
    known = frozenset({"a", "b", "i"})
    assert Columns(known, frozenset({"b"})).fill(given)
    assert not Columns(known, frozenset({"i"})).fill(given)


@pytest.mark.parametrize(
    ("filled", "reported"),
    [
        ("sex: name", "tables.patient.rows[0].sex: 'name' identifies a person"),
        ('sex: {expr: "upper(name)"}', "tables.patient.rows[0].sex: 'name' identifies a person"),
        ('sex: {codes: {a: "1"}, of: name}', "tables.patient.rows[0].sex: 'name' identifies a person"),
    ],
)
def test_a_mapping_that_would_show_an_identifying_column_is_refused(tmp_path, filled, reported):
    text = GOOD.replace("drop: [name]", "identifying: [id, name]")
    with pytest.raises(MappingError) as caught:
        parsed(tmp_path, text.replace("sex: sex}", f"{filled}}}"))
    assert reported in str(caught.value)
    assert parsed(tmp_path, text.replace("sex: sex}", "contact_id: {token: contact, of: name}}"))
    assert parsed(tmp_path, text.replace("sex: sex}", 'is_identity_sex_consistent: {expr: "name = sex"}}'))


def test_free_text_goes_through_the_scrubber_or_stays_out(tmp_path):
    text = GOOD.replace("  patient:", "  tip:").replace(
        "patient_id: {token: person, of: id}, sex: sex", "tip_id: id, content: sex"
    )
    with pytest.raises(MappingError, match=r"tables\.tip\.rows\[0\]\.content: free text may name anybody"):
        parsed(tmp_path, text)
    assert parsed(tmp_path, text.replace("content: sex", "content: {scrub: sex}"))


CARRIED = """
source: small
delivery: {folder: "."}
files:
  visits: {name: visits.csv, columns: [id, sex], identifying: [person, certificate]}
tables:
  encounter:
    rows:
      - from: visits
        columns: {encounter_id: id, patient_id: {token: person, of: person}}
        carry: {is_male: {expr: "substring(certificate, 17, 1) IN ('1', '3')"}}
"""


VISIT = """
source: small
delivery: {folder: "."}
files:
  visits: {name: visits.csv, columns: [id, kind, fee], identifying: [person]}
tables:
  encounter:
    rows:
      - from: visits
        columns: {encounter_id: id, patient_id: {token: person, of: person}, is_inpatient: {expr: "kind IN ('2')"}}
"""


@pytest.mark.parametrize(
    "guessed",
    ["kind IN ('2')", "kind = '2'", "upper(kind) LIKE '2%'", "NOT kind RLIKE '^1'", "coalesce(kind, '') <> '1'"],
)
def test_a_yes_or_no_made_of_a_code_by_an_expression_is_refused_because_others_would_be_a_no(tmp_path, guessed):
    with pytest.raises(MappingError) as caught:
        parsed(tmp_path, VISIT.replace("kind IN ('2')", guessed))
    assert "rows[0].is_inpatient: a code that it does not list would be a no by guess" in str(caught.value)
    assert "{of: kind, true: […], false: […]}" in str(caught.value)


@pytest.mark.parametrize(
    "known",
    [
        "CASE WHEN kind IN ('2') THEN true WHEN kind IN ('1') THEN false END",
        "try_cast(fee AS int) > 0",
        "kind IS NOT NULL",
    ],
)
def test_a_yes_or_no_of_both_lists_a_number_or_whether_something_is_there_is_an_expression(tmp_path, known):
    assert parsed(tmp_path, VISIT.replace("kind IN ('2')", known)).source == "small"


@pytest.mark.parametrize(
    ("before", "after", "reported"),
    [
        ("        columns: {enc", "        reversal: {matches: [x]}\n        columns: {enc",
         "rows.0.reversal: Extra inputs are not permitted: 'reversal' belongs at tables.NAME.reversal"),
        ("[person]", "[[person, psn]]",
         "['person', 'psn']: the pair stands under `columns` or `optional`, and here its first name alone"),
        ("        columns: {enc", "        lookup: {from: x, on: [id], columns: [y], where: {of: z, keep: [a]}}\n"
         "        columns: {enc", "a lookup's `where` is SQL over the other file's columns"),
    ],
)  # fmt: skip
def test_what_stands_in_the_wrong_place_is_told_the_right_one(tmp_path, before, after, reported):
    with pytest.raises(MappingError) as caught:
        parsed(tmp_path, VISIT.replace(before, after))
    assert reported in str(caught.value)


def test_a_key_in_the_wrong_place_hides_no_other_problem_of_the_mapping(tmp_path):
    wrong = VISIT.replace("source: small", "source: small\ncolour: red").replace(
        "encounter_id: id", "encounter_id: ids"
    )
    with pytest.raises(MappingError) as caught:
        parsed(tmp_path, wrong)
    for problem in ("colour: Extra inputs", "no column 'ids' to read", "is_inpatient: a code that it does not list"):
        assert problem in str(caught.value)


def test_a_carried_value_reads_what_identifies_only_as_a_yes_or_no(tmp_path):
    with pytest.raises(MappingError, match=r"is_male: 'certificate' identifies a person"):
        parsed(tmp_path, CARRIED)
    assert parsed(tmp_path, CARRIED.replace("'3')\"}", "'3')\", as: boolean}")).source == "small"


def test_columns_are_dropped_by_pattern_but_never_one_whose_name_looks_identifying(tmp_path):
    text = GOOD.replace(
        "drop: [name]", 'drop: [name, "X_*", "*_旧", "ext.*.[0]"], identifying: [person_name, id, 姓名]'
    )
    file = parsed(tmp_path, text).files["persons"]
    for name in ("NAME", "x_1", "X_", "ｘ_flag", "类别_旧", "ext.a.[0]", "x_valid"):
        assert file.is_dropped(name), name
    for name in ("sex", "ax_1", "旧", "ext.a.0", "x_person_name", "X_PersonName2", "x_id", "x_number", "患者姓名_旧"):
        assert not file.is_dropped(name), name


@pytest.mark.parametrize(
    ("pattern", "reported"),
    [
        ("s*", "files.persons.drop: 's*' covers sex, which the mapping reads"),
        ("NUM*R", "files.persons.drop: 'NUM*R' covers number, which the mapping reads"),
        ("*", "files.persons.drop: '*' fits nearly every name"),
        ("*z*", "files.persons.drop: '*z*' fits nearly every name"),
    ],
)
def test_a_pattern_that_covers_a_column_that_is_read_or_nearly_all_names_does_not_load(tmp_path, pattern, reported):
    with pytest.raises(MappingError) as caught:
        parsed(tmp_path, GOOD.replace("drop: [name]", f'drop: ["{pattern}"]'))
    assert reported in str(caught.value)


def test_amounts_in_another_currency_than_the_regions_are_refused_and_never_summed_with_them(tmp_path):
    assert parsed(tmp_path, GOOD).currency == "CNY"
    parsed(tmp_path, GOOD.replace("source: small", "source: small\ncurrency: USD"))
    with pytest.raises(MappingError, match="amounts are in USD, the money of the region default is CNY") as caught:
        mapping_for(Settings(), tmp_path / "small.yaml")
    assert "currency: USD" in caught.value.do
    assert mapping_for(Settings(region="US"), tmp_path / "small.yaml").currency == "USD"
    assert mapping_in_force(Settings(source="tuva_demo", region="US")).currency == "USD"
