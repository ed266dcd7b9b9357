"""Java's archive of loaded classes: with it a session starts in half the time, and so does its first work.

Java looks some twelve thousand classes up in 300 jars, reads and verifies them, in every process anew. An archive (JDK
application class data sharing) holds them as they lie in memory. Set-up makes it beside Delta's jars. Java compares it
with itself and the jars, and goes on without one that does not fit.
"""

from __future__ import annotations

from pathlib import Path

ARCHIVE = "classes.jsa"
# an archive that does not fit is no fault, and standard output is for results
QUIET = "-Xlog:disable -Xlog:all=error:stderr"


def options_with_archive(jars: Path) -> str:
    """Java's options that name the archive beside a folder of jars; none where there is none."""
    archive = jars.absolute().parent / ARCHIVE
    return f"-XX:SharedArchiveFile={archive} {QUIET}" if archive.is_file() and " " not in str(archive) else ""
