"""The archive of Java's classes hastens a start and is never needed for one."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from fundwatch.engine.class_archive import ARCHIVE, options_with_archive


def test_a_session_names_the_archive_beside_the_jars_where_there_is_one(tmp_path: Path) -> None:
    jars = tmp_path / "jars"
    assert options_with_archive(jars) == ""
    (tmp_path / ARCHIVE).touch()
    assert f"-XX:SharedArchiveFile={tmp_path / ARCHIVE}" in options_with_archive(jars).split()
    parted = tmp_path / "a folder"  # Java's options are parted at blanks
    parted.mkdir()
    (parted / ARCHIVE).touch()
    assert options_with_archive(parted / "jars") == ""


def test_java_passes_over_an_archive_that_is_not_its_own_and_says_nothing(tmp_path: Path) -> None:
    (tmp_path / ARCHIVE).write_bytes(b"of another Java" * 1000)
    java = os.path.join(os.environ["JAVA_HOME"], "bin", "java") if "JAVA_HOME" in os.environ else "java"
    options = options_with_archive(tmp_path / "jars").split()
    done = subprocess.run(
        [java, *options, "-XshowSettings:none", "-version"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert "SharedArchive" not in done.stderr
