"""A workbook as LibreOffice saves it: many inspectors have no Excel."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

_PROGRAM = shutil.which("soffice")
with_libreoffice = pytest.mark.skipif(
    _PROGRAM is None, reason="LibreOffice is not installed here: `apt-get install libreoffice-calc`"
)


def saved_by_libreoffice(path: Path) -> Path:
    """The workbook, opened and saved as .xlsx under the same name in a folder beside it."""
    folder = path.parent / "saved"
    profile = f"-env:UserInstallation=file://{path.parent}/profile"  # two of them share none
    command = [str(_PROGRAM), profile, "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML"]
    subprocess.run([*command, "--outdir", str(folder), str(path)], check=True, capture_output=True, timeout=600)
    return folder / path.name
