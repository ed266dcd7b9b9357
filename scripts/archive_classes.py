"""Makes the archive of Java's classes beside Delta's jars, unless it is there for this Java, Spark and Delta."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from fundwatch.engine.class_archive import ARCHIVE, make_archive
from fundwatch.engine.session import project_jars
from fundwatch.fingerprint import fingerprint


def main() -> None:
    """Run by `make setup`; a session without an archive works too, and starts later."""
    jars = project_jars()
    if not jars:
        return
    archive = Path(jars[0]).parent.parent / ARCHIVE
    stamp, made_for = archive.with_suffix(".stamp"), _made_for(jars)
    if archive.is_file() and stamp.is_file() and stamp.read_text(encoding="utf-8") == made_for:
        return
    print("the archive of Java classes is made anew", file=sys.stderr)
    with tempfile.TemporaryDirectory() as scratch:
        make_archive(archive, Path(scratch))
    stamp.write_text(made_for, encoding="utf-8")


def _made_for(jars: list[str]) -> str:
    import pyspark

    java = str(Path(os.environ["JAVA_HOME"], "bin", "java")) if "JAVA_HOME" in os.environ else "java"
    version = subprocess.run([java, "-version"], capture_output=True, text=True, check=True).stderr
    place = str(Path(str(pyspark.__file__)).resolve())
    return fingerprint(version, pyspark.__version__, place, [Path(jar).name for jar in jars])


if __name__ == "__main__":
    main()
