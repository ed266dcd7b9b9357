"""The design's own laws: imports go down only, jobs and DAGs agree, what declares never touches data."""

from __future__ import annotations

import ast
import html
import importlib
import json
import os
import re
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pyspark
import pytest

from fundwatch.contracts import ASKED, IMPORTED, TABLES
from jobs.declared_stages import NOUNS, STAGES, verb_of
from jobs.stages import NIGHT, job_named
from jobs.stages_file import FILE, stages_text
from jobs.terminal.commands import COMMANDS, Command
from scripts.draw_house import FLOORS, PICTURE, drawn_rooms, edges_between, house, imported_modules, picture
from tests.longest import LONGEST, place_of

ROOT = Path(__file__).parent.parent
DOMAINS = ("intake", "features", "rules", "models", "leads", "evaluation", "simulator")
# The floors of the house, from the ground up: what each may import besides itself.
ALLOWED = {"fundwatch": set(), "privacy": {"fundwatch"}, "dags": set(), "jobs": {"fundwatch", "privacy", *DOMAINS}}
ALLOWED |= {domain: {"fundwatch", "privacy"} for domain in DOMAINS}
SCRIPTS = {command.name: command.script for command in COMMANDS if command.script}
JOBS = tuple(stage.name for stage in STAGES)


def _modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def _imported(module: Path) -> set[str]:
    return {name.split(".")[0] for name in imported_modules(module)}


@pytest.mark.parametrize("package", ALLOWED)
def test_imports_go_down_only(package: str) -> None:
    assert _modules(package), f"{package}/ holds no modules"
    ours = {*ALLOWED, "tests"} - {package}
    wrong = {str(m.relative_to(ROOT)): _imported(m) & ours - ALLOWED[package] for m in _modules(package)}
    assert {module: names for module, names in wrong.items() if names} == {}


def test_no_file_imports_itself_by_way_of_others() -> None:
    with pytest.raises(CycleError, match="one"):
        TopologicalSorter({"one": {"other"}, "other": {"one"}}).prepare()
    TopologicalSorter(house(package for package in ALLOWED if package != "dags")).prepare()


def _unexplained_imports(source: str) -> list[int]:
    """Lines of imports of ours within functions before whose block, or beside which, no comment says why."""
    lines, wrong = source.splitlines(), set()
    functions = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef))
    for node in (node for function in functions for node in ast.walk(function)):
        if not isinstance(node, ast.ImportFrom) or (node.module or "").split(".")[0] not in ALLOWED:
            continue
        first = node.lineno - 1
        while not (before := lines[first - 1].strip()) or before.startswith(("from ", "import ")):
            first -= 1
        if not any("#" in line for line in lines[first - 1 : node.lineno]):
            wrong.add(node.lineno)
    return sorted(wrong)


def test_an_import_within_a_function_says_why() -> None:
    """It hides the flow; start-up time, or Spark that is not loaded yet, may ask for it."""
    assert _unexplained_imports("def f():\n    from jobs.job import Job\n") == [2]
    assert _unexplained_imports("def f():\n    # help is instant\n    from jobs.job import Job\n") == []
    found = {str(m.relative_to(ROOT)): _unexplained_imports(m.read_text(encoding="utf-8"))
             for package in ALLOWED for m in _modules(package)}  # fmt: skip
    assert {module: lines for module, lines in found.items() if lines} == {}


def test_the_picture_of_the_imports_is_current_and_no_line_of_it_goes_up() -> None:
    drawn = PICTURE.read_text(encoding="utf-8")
    shown = json.loads(html.unescape(drawn.split("<metadata>")[1].split("</metadata>")[0]))
    assert [tuple(edge) for edge in shown] == edges_between(drawn_rooms()), "run `python -m scripts.draw_house`"
    assert drawn == picture(), "run `python -m scripts.draw_house`"
    level = {package: number for number, floor in enumerate(FLOORS) for package in floor}
    tops = [tuple(room.split(".")[0] for room in edge) for edge in shown]
    assert [edge for edge in tops if edge[0] != edge[1] and level[edge[0]] >= level[edge[1]]] == []


def test_every_room_says_what_it_is_for_and_holds_few_enough_files_to_see_them_all() -> None:
    rooms = {module.parent for package in ALLOWED if package != "dags" for module in _modules(package)}
    silent = [
        str(r.relative_to(ROOT)) for r in rooms if not ast.get_docstring(ast.parse((r / "__init__.py").read_text()))
    ]
    assert silent == []
    crowded = {str(room.relative_to(ROOT)): len([*room.glob("*.py")]) for room in rooms}
    may_be = {"simulator/schemes": 99, "fundwatch": 18, "jobs": 17}  # one file a group of schemes; the ground floor
    assert {room: count for room, count in crowded.items() if count > may_be.get(room, 16)} == {}


def test_no_script_can_shadow_a_package_by_its_neighbours() -> None:
    """`spark-submit jobs/protect/export_data.py` puts that folder first on the path."""
    tops = {*ALLOWED, "tests", "notebooks", "benchmarks"} | sys.stdlib_module_names
    shadows = [m for m in _modules("jobs") if m.parent.name != "jobs" and m.stem in tops - {"__init__"}]
    assert shadows == []


def test_dags_import_airflow_and_the_standard_library_only() -> None:
    own = {module.stem for module in _modules("dags")}
    foreign = {n for m in _modules("dags") for n in _imported(m)} - own - {"airflow", "__future__"}
    assert foreign <= sys.stdlib_module_names


@pytest.mark.parametrize("package", [domain for domain in DOMAINS if domain != "simulator"])
def test_domain_packages_never_touch_tables(package: str) -> None:
    forbidden = re.compile(r"\.(collect|toPandas|cache|persist|saveAsTable)\(|\.write\.format\(|\.rdd\b|@(F\.)?udf\b")
    found = [
        f"{module.relative_to(ROOT)}:{number}"
        for module in _modules(package)
        for number, line in enumerate(module.read_text(encoding="utf-8").splitlines(), 1)
        if forbidden.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("stage", JOBS)
def test_a_job_reads_and_writes_tables_that_have_contracts(stage: str) -> None:
    job = job_named(stage)
    assert job.name == stage
    assert {*job.reads, *job.optional, *job.writes} <= set(TABLES)


@pytest.mark.parametrize("stage", JOBS)
def test_the_script_of_a_stage_is_the_module_of_its_job(stage: str) -> None:
    assert job_named(stage).run.__module__ == f"jobs.{SCRIPTS[verb_of(stage)]}"


def test_the_stages_that_the_dags_read_are_those_that_are_declared() -> None:
    assert FILE.read_text(encoding="utf-8") == stages_text(), "run python -m jobs.stages_file"


def test_no_stage_is_typed_as_a_noun_that_is_kept_for_looking() -> None:
    assert {stage.verb for stage in STAGES} & NOUNS == set()


def test_what_a_dag_runs_is_a_script_and_no_other_module_of_jobs_pretends_to_be_one() -> None:
    content = json.loads(FILE.read_text(encoding="utf-8"))
    assert {entry["command"] for kind in ("stages", "reports") for entry in content[kind]} <= SCRIPTS.keys()
    own_entry = {"command_line", "onboard/reference", "stages_file"}  # the command line; what is generated
    entered = {
        str(m.relative_to(ROOT / "jobs").with_suffix(""))
        for m in _modules("jobs")
        if '__name__ == "__main__"' in m.read_text(encoding="utf-8")
    }
    assert entered - own_entry == {*SCRIPTS.values()}


@pytest.mark.parametrize("command", SCRIPTS)
def test_a_script_is_its_command(command: str) -> None:
    here = os.environ | {"PYTHONPATH": str(ROOT)}
    script = [sys.executable, str(ROOT / "jobs" / f"{SCRIPTS[command]}.py"), "--help"]
    assert f"fundwatch {command}" in subprocess.run(script, capture_output=True, text=True, check=True, env=here).stdout


@pytest.mark.long
@pytest.mark.parametrize("command", SCRIPTS)
def test_spark_submit_starts_a_script(command: str) -> None:
    submit = Path(pyspark.__file__).parent / "bin" / "spark-submit"
    here = os.environ | {"PYTHONPATH": str(ROOT), "PYSPARK_PYTHON": sys.executable}
    script = [str(submit), str(ROOT / "jobs" / f"{SCRIPTS[command]}.py"), "--help"]
    assert f"fundwatch {command}" in subprocess.run(script, capture_output=True, text=True, check=True, env=here).stdout


_READS_OPTIONS = {
    "command_line",
    "commands",
    "console",
    "copying",
    "lake_commands",
    "night_commands",
    "usage",
}


def _calls_of(module: Path) -> set[str]:
    """The names of the functions that a module calls by their bare names."""
    nodes = ast.walk(ast.parse(module.read_text(encoding="utf-8")))
    return {node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}


def test_parsing_acting_and_printing_are_three_places() -> None:
    """Modules of commands turn options into arguments, the console prints, pages make text; services do neither."""
    services = [
        m for m in _modules("jobs") if m.stem not in _READS_OPTIONS and not m.stem.endswith(("commands", "options"))
    ]
    assert [str(m.relative_to(ROOT)) for m in services if "argparse" in _imported(m)] == []
    printing = {m.relative_to(ROOT).as_posix() for m in _modules("jobs") if "print" in _calls_of(m)}
    assert printing == {"jobs/terminal/console.py"}
    acting = [m for m in services if not m.stem.endswith("pages")]
    pages = ("rich", "fundwatch.terminal", "jobs.terminal.console", "jobs.terminal.options", "jobs.terminal.copying")
    reaching = {
        str(m.relative_to(ROOT)): found
        for m in acting
        if (found := sorted(n for n in imported_modules(m) if n in pages or n.startswith("rich.")))
    }
    assert reaching == {}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_a_command_is_served_by_a_module_of_commands(command: Command) -> None:
    module, function = command.serves.split(":")
    assert module.endswith("commands")
    assert callable(getattr(importlib.import_module(module), function))


def test_a_command_opens_the_lake_by_the_frame_of_jobs_alone() -> None:
    """What makes a workplace of its own forgets the session, the versions or the lock."""
    opened = re.compile(r"(?<!def )(?<!class )\b(Workplace|start_session)\(")
    found = {m.stem for m in _modules("jobs") if opened.search(m.read_text(encoding="utf-8"))}
    # a check of a source or of examples knows no lake
    assert found == {"job", "workplace", "check_source", "play_examples"}


def test_every_derived_table_is_written_by_exactly_one_job() -> None:
    writers = [table for stage in JOBS for table in job_named(stage).writes]
    assert sorted([*writers, *(table.name for table in (*IMPORTED, *ASKED))]) == sorted(TABLES)


def test_a_night_runs_its_jobs_after_those_they_need() -> None:
    done: list[str] = []
    for stage in NIGHT:
        assert set(job_named(stage).needs) <= set(done)
        done.append(stage)


def test_help_answers_without_loading_anything_heavy() -> None:
    script = (
        "import sys; sys.argv=['fundwatch','--help']\n"
        "from jobs.command_line import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "heavy = {'pyspark', 'pandas', 'numpy', 'pydantic', 'mlflow', 'yaml', 'sqlglot'}\n"
        "print(sorted({m.split('.')[0] for m in sys.modules} & heavy))"
    )
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True).stdout
    assert output.splitlines()[-1] == "[]"


def test_nothing_committed_names_a_machine_or_a_registry() -> None:
    files = subprocess.run(["git", "ls-files"], capture_output=True, text=True, cwd=ROOT, check=True).stdout.split()
    hosts = "|".join(["pypi" + r"\.org", "repo1" + r"\.maven", "registry" + r"\.npmjs", "deb" + r"\.debian"])
    machine = re.compile(rf"(?<![\w.])/(work|farm|opt|root|home)/|{hosts}")
    found = []
    for name in files:
        path = ROOT / name
        if path.is_file() and path.suffix not in {".png", ".ipynb"}:
            text = path.read_text(encoding="utf-8", errors="replace")
            found += [f"{name}: {m.group()}" for m in machine.finditer(text) if name != "tests/test_design.py"]
    assert found == []


def test_the_files_that_begin_first_are_there_and_others_follow_slow_ones_before_quick_ones() -> None:
    assert [file for file in LONGEST if not (ROOT / file).is_file()] == []
    tests = ("tests/quick.py::test", "tests/slow.py::test[a::b]", *(f"{file}::test" for file in reversed(LONGEST)))
    found = sorted(tests, key=lambda test: place_of(test, {"tests/slow.py", LONGEST[-1]}))
    assert [test.partition("::")[0] for test in found] == [*LONGEST, "tests/slow.py", "tests/quick.py"]
