"""The wheel of this tree, built without network from a copy: setuptools writes into the tree it builds from."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
_LEFT_OUT = shutil.ignore_patterns(".*", "var", "build", "dist", "*.egg-info", "__pycache__", "spark-warehouse")


def build_wheel(folder: Path) -> Path:
    """The wheel, in a folder that is made for it."""
    tree = folder / "tree"
    shutil.copytree(ROOT, tree, ignore=_LEFT_OUT)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder / "dist")]
    subprocess.run(command, cwd=tree, check=True, capture_output=True)
    (built,) = (folder / "dist").glob("*.whl")
    return built
