"""What the wheel holds: our packages, all of them, their data, and nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.packages import build_wheel

PROJECT = Path(__file__).parent.parent
TOP_LEVEL = {
    "fundwatch", "privacy", "intake", "features", "rules", "models", "leads", "evaluation", "simulator", "jobs"
}  # fmt: skip


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("packaging"))


@pytest.fixture(scope="module")
def shipped(wheel: Path) -> set[str]:
    """The files of the wheel, without its metadata."""
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def files_below(folder: str, *suffixes: str) -> set[str]:
    found = (f.relative_to(PROJECT) for f in (PROJECT / folder).rglob("*") if f.suffix in suffixes)
    return {f.as_posix() for f in found}


def test_the_wheel_provides_our_top_level_names_alone(shipped: set[str]) -> None:
    assert {name.split("/")[0] for name in shipped} == TOP_LEVEL


def test_every_module_of_the_tree_is_in_the_wheel(shipped: set[str]) -> None:
    in_tree = set().union(*(files_below(package, ".py") for package in TOP_LEVEL))
    assert {name for name in shipped if name.endswith(".py")} == in_tree


def test_every_folder_with_modules_is_a_package() -> None:
    modules = set().union(*(files_below(package, ".py") for package in TOP_LEVEL))
    folders = {str(Path(module).parent) for module in modules}
    assert sorted(folder for folder in folders if f"{folder}/__init__.py" not in modules) == []


def test_the_catalogues_and_conf_ship_with_the_code(shipped: set[str]) -> None:
    data = (".yaml", ".csv", ".json")
    of_packages = set().union(*(files_below(package, *data) for package in TOP_LEVEL))
    of_conf = {f"fundwatch/{name}" for name in files_below("conf", *data)}
    assert {name for name in shipped if name.endswith(data)} == of_packages | of_conf


def test_executors_import_the_wheel_as_a_zip_and_read_its_conf(wheel: Path, tmp_path: Path) -> None:
    archive = shutil.copy(wheel, tmp_path / "fundwatch.zip")
    program = "import fundwatch.resources as r; print(r.__file__); print(*r.conf_names('profiles'))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(archive)},
        check=True,
        capture_output=True,
        text=True,
    )
    origin, names = done.stdout.splitlines()
    assert origin.startswith(str(archive))
    assert names.split() == sorted(f.stem for f in (PROJECT / "conf" / "profiles").glob("*.yaml"))
