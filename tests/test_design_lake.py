"""A lake is an address: nobody outside `fundwatch/lake/` gets a path of it, and nobody there reaches for its files."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath
from typing import Any

import pytest

from fundwatch.errors import SettingsError
from fundwatch.lake.content_files import ContentFiles
from fundwatch.lake.decisions import Decisions
from fundwatch.lake.delivery_log import DeliveryLog
from fundwatch.lake.journal import Journal
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.lock import LakeLock
from fundwatch.lake.store import Lake
from fundwatch.places import LakeAddress
from privacy.audit.anchors import Anchors
from privacy.erasure.record import ErasureLog
from scripts.draw_house import imported_modules
from tests.lakes import ANNA, make_lake

ROOT = Path(__file__).parent.parent
OF_LAKES = (Lake, LakeAddress, Ledger, Journal, DeliveryLog, Decisions, LakeLock, ContentFiles, ErasureLog)
PACKAGES = (
    "fundwatch", "privacy", "jobs", "intake", "features", "rules", "models", "leads", "evaluation", "simulator",
    "benchmarks", "scripts",
)  # fmt: skip
_FILES = "fundwatch.lake.files"
_PATH = re.compile(r"\b(Pure|Posix|PurePosix)?Path\b")
_OPENERS = re.compile(r"(Path|PurePath|PosixPath|PurePosixPath|open|glob|iglob|LocalFileSystem|SubTreeFileSystem)$")
_TAKING = re.compile(r"(os|shutil|tempfile|io|glob)$")
_OF_THE_LAKE = re.compile(r"(.*_)?address$")


def _returns(kind: type) -> dict[str, str]:
    """What the public methods and properties of a class, and its fields, say they hand out."""
    fields = dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else ()
    found = {field.name: str(field.type) for field in fields}
    for name, member in inspect.getmembers_static(kind):
        function = member.fget if isinstance(member, property) else member
        if not name.startswith("_") and inspect.isfunction(function):
            found[name] = str(inspect.signature(function).return_annotation)
    return found


@pytest.mark.parametrize("kind", OF_LAKES)
def test_nothing_of_a_lake_says_that_it_hands_out_a_path(kind: type) -> None:
    stated = _returns(kind)
    assert stated
    assert {name: text for name, text in stated.items() if _PATH.search(text)} == {}
    assert _PATH.search(_returns(Anchors)["reports"])  # reports lie in a folder: what is looked for is found


def _within(value: Any) -> Iterator[Any]:
    yield value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = vars(value)
    if isinstance(value, Mapping):
        value = [*value.keys(), *value.values()]
    if isinstance(value, list | tuple | set):
        for part in value:
            yield from _within(part)


def test_what_a_lake_answers_holds_no_path(tmp_path: Path) -> None:
    lake = Lake(make_lake(tmp_path).lake_address)
    asked: dict[str, Any] = {"rows": lake.rows("lead", "SELECT * FROM lead"), "holding": lake.holding(ANNA)}
    for name in (name for name in dir(lake) if not name.startswith("_")):
        value = getattr(lake, name)
        takes = list(inspect.signature(value).parameters) if inspect.ismethod(value) else None
        if takes is None:
            asked[name] = value
        elif takes in ([], ["table"]):
            asked[name] = value(*["lead"] * len(takes))
    assert {"address", "pinned", "tables", "table_address", "columns", "mode", "staging_left"} <= asked.keys()
    assert asked["holding"]
    assert [name for name, value in asked.items() if any(isinstance(v, os.PathLike) for v in _within(value))] == []
    assert any(isinstance(v, PurePath) for v in _within({"a": [tmp_path]}))  # the walk sees one where there is one


def test_an_address_is_no_path_and_names_no_scheme_that_is_not_served() -> None:
    with pytest.raises(TypeError):
        Path(LakeAddress("var/lake"))  # type: ignore[arg-type]
    for text in ("s3://bucket/lake", "file:///data/lake", "hdfs:///lake", "hdfs://name:8020"):
        with pytest.raises(SettingsError, match=f"'{text}' is an address that is not served"):
            LakeAddress(text)
    with pytest.raises(SettingsError, match="whole file system; name a folder of it, like hdfs://name/lake"):
        LakeAddress("hdfs://name/")
    with pytest.raises(SettingsError, match=r"no blank, backslash, %, \?, # or \.\."):
        LakeAddress("hdfs://name/lake/../keys")
    assert str(LakeAddress("var/lake/").within("claim_line", "_delta_log")) == "var/lake/claim_line/_delta_log"
    remote = LakeAddress("hdfs://name:8020//data/lake/")
    assert (str(remote), remote.root, remote.path) == ("hdfs://name:8020/data/lake", "hdfs://name:8020", "/data/lake")
    assert remote.within("a").absolute().parent == remote


def _names(tree: ast.AST) -> set[str]:
    nodes = list(ast.walk(tree))
    return {n.id for n in nodes if isinstance(n, ast.Name)} | {n.attr for n in nodes if isinstance(n, ast.Attribute)}


def _is_of_the_lake(tree: ast.AST, known: set[str]) -> bool:
    """Whether an expression is made of a lake's address, or of the setting that names it."""
    of_settings = any(
        isinstance(n, ast.Attribute) and n.attr == "lake" and "settings" in _names(n.value) for n in ast.walk(tree)
    )
    return of_settings or any(name in known or _OF_THE_LAKE.match(name) for name in _names(tree))


def _opens(call: ast.Call) -> bool:
    named = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    taking = isinstance(call.func, ast.Attribute) and any(_TAKING.match(name) for name in _names(call.func.value))
    return bool(_OPENERS.match(named)) or taking


def _reached(source: str) -> list[int]:
    """The lines where a module reaches for files of the lake: a path made of its address, or of its usual folder."""
    found: set[int] = set()
    tree = ast.parse(source)
    scopes: list[ast.AST] = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    scopes += [node for node in tree.body if not isinstance(node, ast.FunctionDef | ast.ClassDef)]
    for scope in scopes:
        known: set[str] = set()
        for node in ast.walk(scope):  # an address under another name
            if isinstance(node, ast.Assign) and _is_of_the_lake(node.value, known):
                known |= {name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)}
        for node in ast.walk(scope):
            given = [*node.args, *(k.value for k in node.keywords)] if isinstance(node, ast.Call) else []
            if isinstance(node, ast.Call) and _opens(node) and any(_is_of_the_lake(one, known) for one in given):
                found.add(node.lineno)
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
                right = node.right
                if isinstance(right, ast.Constant) and right.value in ("lake", "_delta_log"):
                    found.add(node.lineno)
    return sorted(found)


@pytest.mark.parametrize(
    "source",
    [
        "def f(settings):\n    Path(str(settings.lake_address)).iterdir()",
        "def f(lake):\n    shutil.rmtree(str(lake.table_address('lead')))",
        "def f(lake):\n    place = str(lake.address)\n    os.remove(place + '/x')",
        "def f(lake):\n    open(f'{lake.address}/x')",
        "def f(settings):\n    return Path(settings.lake)",
        "def f(settings):\n    return settings.var / 'lake'",
        "def f(path):\n    return path / '_delta_log'",
        "def f(lake):\n    return LocalFileSystem().x(SubTreeFileSystem(str(lake.address), LocalFileSystem()))",
    ],
)
def test_a_path_made_of_an_address_is_noticed(source: str) -> None:
    assert _reached(source)


def test_who_asks_the_lake_or_names_its_address_reaches_for_no_files() -> None:
    assert _reached("def f(lake):\n    raise Problem(where=str(lake.address))") == []
    assert _reached("def f(settings, folder):\n    lake = Lake(settings.lake_address)\n    return Path(folder)") == []


@pytest.mark.parametrize("package", PACKAGES)
def test_only_the_room_of_the_lake_reaches_for_its_files(package: str) -> None:
    modules = [m for m in sorted((ROOT / package).rglob("*.py")) if ROOT / "fundwatch" / "lake" not in m.parents]
    assert modules
    wrong = [str(m.relative_to(ROOT)) for m in modules if _FILES in imported_modules(m)]
    wrong += [f"{m.relative_to(ROOT)}:{line}" for m in modules for line in _reached(m.read_text(encoding="utf-8"))]
    # the setting itself says where the lake lies when nobody does
    assert [place for place in wrong if not place.startswith("fundwatch/settings.py")] == []
