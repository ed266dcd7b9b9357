"""What may stand in an expression, and that what runs says the same as what was written. No Spark here."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from fundwatch.expressions.declared import (
    DAY_MEASURE,
    EXPORT_COLUMN,
    EXPORT_MEASURE,
    FORMULA,
    GROUPED,
    MAPPING,
    RULE,
    RULE_MEASURE,
    ExpressionError,
    Value,
    distinct_columns,
    functions_in,
    is_aggregate,
    is_call,
    literal,
    names_in,
    parameters_in,
    problems_in,
    written,
)
from fundwatch.expressions.queries import query_problems, query_written

PURPOSES = [MAPPING, GROUPED, RULE, RULE_MEASURE, DAY_MEASURE, FORMULA, EXPORT_COLUMN, EXPORT_MEASURE]
KNOWN = frozenset({"psn_no", "sex", "day", "amount"})

HOSTILE = {
    "a struct of all columns": "to_json(struct(*))",
    "all columns": "concat_ws('|', *)",
    "all columns of a table": "concat_ws('|', t.*)",
    "a lambda": "transform(array(sex), y -> psn_no)",
    "a lambda of two": "aggregate(array(sex), '', (a, y) -> concat(a, psn_no))",
    "a map": "map('a', psn_no)['a']",
    "a map's function": "map_values(map(sex, psn_no))",
    "a structure's field": "named_struct('a', psn_no).a",
    "code by name": "reflect('java.lang.System', 'getenv', 'HOME')",
    "code by name, milder": "try_reflect('java.lang.System', 'getenv', 'HOME')",
    "java": "java_method('java.lang.Runtime', 'getRuntime')",
    "a file of the machine": "(select max(value) from text.`/etc/passwd`)",
    "a file in a list": "sex in (select value from text.`/etc/passwd`)",
    "whether a file is": "exists(select 1 from text.`/etc/passwd`)",
    "where a row lies": "input_file_name()",
    "where a block lies": "input_file_block_start()",
    "hidden columns": "_metadata.file_path",
    "the hidden column": "to_json(_metadata)",
    "a die": "rand()",
    "another die": "uuid()",
    "a shuffled array": "shuffle(array(sex, psn_no))",
    "a clock": "now()",
    "a clock without brackets": "day < current_date",
    "a clock's text": "day < 'now'",
    "a clock's text in parts": "day < 'no' || 'w'",
    "a clock's text by a function": "to_date(concat('to', 'day'))",
    "a clock's text turned": "to_date(reverse('won'))",
    "a typed clock": "TIMESTAMP'now'",
    "unix time of now": "unix_timestamp()",
    "an error with the value": "raise_error(psn_no)",
    "an error in a condition": "assert_true(sex = '1', psn_no)",
    "who runs": "current_user()",
    "what runs": "version()",
    "where it runs": "spark_partition_id() = 1",
    "a count of rows": "monotonically_increasing_id()",
    "the session's settings": "current_catalog()",
    "a value of the session": "session_user",
    "a function that nobody knows": "my_udf(psn_no)",
    "a function in quotes": "`reflect`('a', 'b')",
    "a function with a path": "system.builtin.reflect('a', 'b')",
    "a function of a file": "from_avro(sex, 'x')",
    "an xml file": "xpath_string('<!DOCTYPE a SYSTEM \"file:///etc/passwd\">', 'a')",
    "many rows": "explode(array(psn_no))",
    "a sequence without end": "sequence(1, 1000000000)",
    "a text without end": "repeat(sex, 1000000000)",
    "the first of any order": "first(psn_no)",
    "a pattern made of values": "sex RLIKE psn_no",
    "a pattern put together": "sex LIKE psn_no || '%'",
    "a pattern of dates made of values": "date_format(day, psn_no)",
    "a pattern to split by": "split(sex, psn_no)",
    "a comment": "sex -- psn_no",
    "a comment within": "sex /* psn_no */",
    "a hint": "/*+ BROADCAST(t) */ sex",
    "a second statement": "sex; DROP TABLE patient",
    "an end": "sex;",
    "two texts in a row": "'psn' '_no'",
    "a doubled quotation mark": "'it''s'",
    "a raw text": r"r'\' || psn_no || '\''",
    "a text by its bytes": "X'70736e'",
    "a text in double marks": 'concat(sex, "psn_no")',
    "an unknown escape": r"'\x70'",
    "an escape of unicode": r"'\u0070'",
    "a mark in other clothes": "'a\u202e'",
    "a cast by colons": "psn_no::int",
    "a cast to many": "try_cast(sex AS struct<a:int>)",
    "an unknown cast": "try_cast(sex AS map<string, string>)",
    "a field": "sex.psn_no",
    "an element": "array(sex, psn_no)[1]",
    "a path in json": "sex:psn_no",
    "an unnamed parameter": "sex = ?",
    "a variable": "sex = ${env}",
    "a session's variable": "@@x",
    "a template": "{{ psn_no }}",
    "a named argument": "substring(str => psn_no, pos => 1)",
    "an order within": "collect_list(psn_no ORDER BY sex)",
    "a window": "max(psn_no) OVER (PARTITION BY sex)",
    "an interval of a column": "interval psn_no day",
    "an interval of many parts": "interval '1 day 2 hours'",
    "a collation": "sex COLLATE UNICODE_CI = 'a'",
    "a place in time": "day AT TIME ZONE 'UTC'",
    "another's name": "certno",
    "the name in other marks": "`certno`",
    "a look-alike of an s": "p\u017fn_no",
    "a look-alike of a k": "\u212aey",
    "a name with an unseen sign": "psn_no\u200b",
    "nothing": "",
    "only a blank": "  ",
    "brackets that stay open": "(sex",
    "brackets without end": "(" * 5000 + "sex" + ")" * 5000,
    "signs without end": "-" * 5000 + "1",
    "conditions without end": "NOT " * 3000 + "TRUE",
    "branches without end": "CASE WHEN TRUE THEN " * 900 + "1" + " END" * 900,
    "a sum without end": "+".join(["amount"] * 5000),
    "what two readers bind otherwise": "sex || amount + 1",
    "three compared": "1 < amount < 3",
    "a tuple": "(sex, psn_no) = ('a', 'b')",
    "a query of its own": "SELECT psn_no",
    "a table's row": "(TABLE patient)",
    "values": "(VALUES (1))",
    "a pipe": "sex |> psn_no",
}  # fmt: skip


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_no_plain_expression_stands_nowhere(hostile):
    for purpose in PURPOSES:
        assert problems_in(hostile, purpose, KNOWN)


@pytest.mark.parametrize(
    "name", ["a lambda", "code by name", "a comment", "a file of the machine", "brackets without end"]
)
def test_what_no_loader_saw_does_not_run_either(name):
    with pytest.raises(ExpressionError):
        written(HOSTILE[name])


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("PSN_NO", "`psn_no`"),
        ("Sex = '1' AND NOT psn_no IS NULL", "((`sex` = '1') AND (NOT (`psn_no` IS NULL)))"),
        (
            "amount BETWEEN 1 AND 2 + 3 OR sex IN ('a', 'b')",
            "((`amount` BETWEEN 1 AND (2 + 3)) OR (`sex` IN ('a', 'b')))",
        ),
        ("CASE sex WHEN '1' THEN amount ELSE -amount END", "CASE `sex` WHEN '1' THEN `amount` ELSE (-`amount`) END"),
        ("amount * (amount + 1) - 2 - 3", "((`amount` * (`amount` + 1)) - 2 - 3)"),
        ("count(DISTINCT psn_no) + count(*)", "(count(DISTINCT `psn_no`) + count(1))"),
        ("sum(amount) FILTER (WHERE sex = '1')", "sum(`amount`) FILTER (WHERE (`sex` = '1'))"),
        (
            "try_cast(substring(psn_no, 1, 4) AS decimal(16, 2))",
            "try_cast(substring(`psn_no`, 1, 4) AS decimal(16, 2))",
        ),
        ("day >= date '2026-03-31' - INTERVAL 3 DAYS", "(`day` >= (DATE'2026-03-31' - INTERVAL '3' DAY))"),
        ("timestampdiff(day, day, day)", "timestampdiff(DAY, `day`, `day`)"),
        ("sex RLIKE '^\\\\d{2}$'", "(`sex` RLIKE '^\\\\d{2}$')"),
        ("sex != 'it\\'s'", "(`sex` <> 'it\\'s')"),
        ("sex == '男' AND !(amount <=> NULL)", "((`sex` = '男') AND (NOT (`amount` <=> NULL)))"),
        ("`day`", "`day`"),
        ("sex NOT LIKE '1%' AND NOT sex LIKE '2%'", "((`sex` NOT LIKE '1%') AND (NOT (`sex` LIKE '2%')))"),
        ("sex NOT IN ('1') OR sex NOT RLIKE 'a'", "((NOT (`sex` IN ('1'))) OR (NOT (`sex` RLIKE 'a')))"),
        (
            "amount NOT BETWEEN 1 AND 2 AND sex IS NOT TRUE",
            "((NOT (`amount` BETWEEN 1 AND 2)) AND (NOT (`sex` IS TRUE)))",
        ),
    ],
)
def test_what_runs_is_written_again_with_the_columns_own_names(text, runs):
    assert problems_in(text, EXPORT_MEASURE, KNOWN) == []
    assert written(text, names={name: f"`{name}`" for name in KNOWN}) == runs
    assert problems_in(runs, EXPORT_MEASURE, KNOWN) == []


def test_names_are_found_without_case_and_never_in_texts():
    text = "sum(Amount) FILTER (WHERE sex IN ('amount', 'psn_no') AND `day` IS NOT NULL)"
    assert names_in(text, KNOWN) == {"amount", "sex", "day"}
    assert names_in(text) == {"Amount", "sex", "day"}
    assert functions_in(text) == {"sum"}
    assert distinct_columns("count(DISTINCT psn_no)") == {"psn_no"}


def test_a_name_with_strange_signs_is_compared_whole():
    assert names_in("`费别(psn_no)`", {"psn_no", "费别(psn_no)"}) == {"费别(psn_no)"}
    assert problems_in("`费别(psn_no)`", MAPPING, KNOWN) == ["names '费别(psn_no)', and there is no such column"]
    assert written("`a``b` = 1") == "(`a``b` = 1)"


@pytest.mark.parametrize("word", ["order", "desc", "values", "end", "from", "user", "date", "current_date", "interval"])
def test_a_column_may_be_called_by_a_word_of_sql_where_it_stands_alone(word):
    assert problems_in(word, MAPPING, {word}) == []
    assert written(word) == f"`{word}`"
    assert problems_in(word, MAPPING, KNOWN)


def test_a_name_that_stands_for_two_columns_is_refused():
    assert "stands for PSN_NO and psn_no" in problems_in("Psn_no", MAPPING, {"psn_no", "PSN_NO"})[0]


def test_parameters_become_literals_and_quoted_text_is_left_alone():
    params: dict[str, Value] = {"n": 3, "kinds": ["a", "b'c"], "share": 0.001, "day": date(2026, 3, 31)}
    text = "x > :n AND k IN (:kinds) AND t = ':n' AND s < :share AND d = :day"
    assert parameters_in(text) == {"n", "kinds", "share", "day"}
    assert written(text, params=params) == (
        "((`x` > 3) AND (`k` IN ('a', 'b\\'c')) AND (`t` = ':n') AND (`s` < 0.001) AND (`d` = DATE'2026-03-31'))"
    )
    assert "takes none" in problems_in("x > :n", MAPPING)[0]


@pytest.mark.parametrize("text", ["today", " NOW", "a\x00b", "a\u202eb"])
def test_a_parameter_is_no_clock_and_no_hidden_sign(text):
    with pytest.raises(ExpressionError):
        literal(text)


def test_ours_stands_in_place_of_names():
    assert written("x = 'amount' + Amount", names={"amount": "(a / 100D)"}) == "(`x` = ('amount' + (a / 100D)))"


@pytest.mark.parametrize(
    ("text", "purpose", "reported"),
    [
        ("amount / 2", RULE, "divides"),
        ("amount / 2", FORMULA, "divides"),
        ("cast(sex AS int) = 1", RULE, "casts"),
        ("cast(psn_no AS int) = 1", MAPPING, "casts"),
        ("day > current_date()", RULE, "clock"),
        ("sum(amount) > 1", RULE, "calls sum(), which is not allowed in a rule"),
        ("row_number()", GROUPED, "calls row_number()"),
        ("collect_set(amount)", GROUPED, "calls collect_set()"),
        ("collect_set(amount)", RULE, "calls collect_set()"),
        ("max(amount)", DAY_MEASURE, "calls max(), which is not among the functions whose memory is bounded"),
    ],
)
def test_each_purpose_has_its_own_list(text, purpose, reported):
    assert reported in problems_in(text, purpose, KNOWN)[0]
    assert problems_in("try_divide(amount, 2) > 1", purpose, KNOWN) == []


def test_all_problems_of_an_expression_are_reported_at_once():
    reported = problems_in("cast(certno AS int) / rand() > my_udf(psn)", RULE, KNOWN)
    assert [
        word for word in ("'/'", "casts", "rand", "my_udf", "'certno'", "'psn'") if not any(word in t for t in reported)
    ] == []


def test_an_aggregate_sees_only_the_rows_of_a_condition():
    seen = {
        "count(*)": "count(IF(j, 1, NULL))",
        "count_if(amount > :least)": "count_if(IF(j, (`amount` > 5), NULL))",
        "max_by(item_code, charged_at)": "max_by(IF(j, `item_code`, NULL), IF(j, `charged_at`, NULL))",
        "percentile(coalesce(amount, 0), 0.5)": "percentile(IF(j, coalesce(`amount`, 0), NULL), 0.5)",
        "collect_set(item_code)": "collect_set(IF(j, `item_code`, NULL))",
    }
    assert {text: written(text, params={"least": 5}, where="j") for text in seen} == seen
    assert [is_aggregate(text) for text in ("sum(amount)", "row_number()", "lag(amount)", "sum(amount) + 1")] == [
        True,
        False,
        False,
        False,
    ]


def test_only_the_call_of_one_function_may_stand_before_a_window():
    assert is_call("sum(amount)")
    assert is_call("count(*) FILTER (WHERE sex = '1')")
    assert not is_call("sum(amount) + 1")


TABLES = ("encounter", "patient")


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM text.`/etc/passwd`",
        "SELECT * FROM csv.`/etc/passwd`",
        "SELECT * FROM `text`.`/etc/passwd`",
        "SELECT (SELECT max(value) FROM text.`/etc/passwd`) FROM patient",
        "SELECT * FROM lead",
        "SELECT * FROM default.patient",
        "SELECT sex FROM patient UNION SELECT value FROM text.`/etc/passwd`",
        "SELECT * FROM read_files('/etc')",
        "SELECT * FROM range(1000000000000)",
        "SELECT explode(array(1)) FROM patient",
        "SELECT * FROM identifier('patient')",
        "SELECT * FROM patient VERSION AS OF 1",
        "SELECT * FROM patient TABLESAMPLE (1 ROWS)",
        "DROP TABLE patient",
        "WITH p AS (SELECT * FROM patient) SELECT * FROM p",
        "SELECT * FROM patient LATERAL VIEW explode(array(1)) t AS z",
        "SELECT TRANSFORM(sex) USING 'cat' FROM patient",
        "SELECT reflect('a', 'b') FROM patient",
        "SELECT 1",
        "SELECT _metadata FROM patient",
        "SELECT p._metadata.file_path FROM patient p",
        "SELECT input_file_name() FROM patient",
        "SELECT * FROM patient; SELECT 1",
        "SELECT * FROM patient -- all",
        "SELECT /*+ BROADCAST(p) */ * FROM patient p",
        "INSERT INTO patient SELECT * FROM patient",
        "SELECT * FROM patient WHERE sex IN (SELECT sex FROM patient)",
        "SELECT current_user() FROM patient",
        "SELECT sex FROM patient WHERE raise_error(patient_id)",
        "",
        "VALUES (1)",
    ],
)
def test_a_query_reads_declared_tables_and_nothing_else(query):
    assert query_problems(query, TABLES)
    with pytest.raises(ExpressionError):
        query_written(query, TABLES)


def test_a_query_is_written_again():
    query = "select e.*, p.sex s from Encounter e left join patient p on e.a = p.a where e.b > 1 group by 1 having true"
    assert query_written(query, TABLES) == (
        "SELECT `e`.*, `p`.`sex` AS `s` FROM `Encounter` AS `e` LEFT JOIN `patient` AS `p` ON (`e`.`a` = `p`.`a`) "
        "WHERE (`e`.`b` > 1) GROUP BY 1 HAVING TRUE"
    )


def test_the_parser_is_imported_with_the_first_expression_and_not_before():
    script = (
        "import sys, fundwatch.expressions.declared, fundwatch.expressions.queries\n"
        "import intake.source.mapping, rules.catalogue.rule\n"
        "print('sqlglot' in sys.modules)\n"
        "fundwatch.expressions.declared.written('a + 1')\nprint('sqlglot' in sys.modules)"
    )
    root = Path(__file__).parents[3]
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=root, check=True).stdout
    assert output.split() == ["False", "True"]
