"""Executors whose Python has no package of ours, and none that we need: what `make package` makes is enough, and
without it one message says what they lack."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pandas
import pytest

from fundwatch.errors import ExitCode
from fundwatch.lake.delta_rows import is_made
from scripts.pack_environment import pack
from scripts.small_cluster.spark import SPARK, cluster
from tests.night import NIGHTS, FinishedNight, clean_environment, run_fundwatch
from tests.packages import build_wheel
from tests.places import at

pytestmark = pytest.mark.long
# on executors: a function of texts by Arrow, and where they find what
_WORK = """
import sys
import pandas as pd
from pyspark.sql import SparkSession, functions as F
from privacy.tokens.distinct import text_function

spark = SparkSession.builder.getOrCreate()
def where(batches):
    import fundwatch, pyarrow, sklearn
    for batch in batches:
        yield pd.DataFrame({"prefix": [sys.prefix], "ours": [fundwatch.__file__], "theirs": [sklearn.__file__]})
loud = text_function("loud", str.upper)
words = spark.createDataFrame([("a",), ("b",), ("a",)], "word string").select(loud(F.col("word")).alias("loud"))
print("LOUD", sorted(row.loud for row in words.collect()))
for row in spark.range(2, numPartitions=2).mapInPandas(where, "prefix string, ours string, theirs string").collect():
    print("WHERE", row.prefix, row.ours, row.theirs)
"""


def python_of(folder: Path, kind: str) -> Path:
    """A Python for executors: without any package, of another version by its own word, or with an older release."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    (packages,) = folder.glob("lib/*/site-packages")
    ours, older = str(Path(pandas.__file__).parent.parent), folder / "older"
    if kind == "another version":
        (packages / "sitecustomize.py").write_text("import sys\nsys.version_info = (3, 9, 0, 'final', 0)\n")
    if kind == "an older release":
        with zipfile.ZipFile(build_wheel(folder / "build")) as wheel:
            wheel.extractall(older)
        (older / "fundwatch" / "__init__.py").write_text('__version__ = "0.0.9"\n')
        (packages / "ours.pth").write_text(f"{older}\n{ours}\n")
    return folder / "bin" / "python"


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("no package", "the executors' Python lacks what our functions need"),
        ("another version", "the executors' Python is another than the driver's"),
        ("an older release", "the executors have another release of fundwatch than the driver"),
    ],
)
def test_executors_that_cannot_run_ours_are_reported_in_one_message(
    finished_night: FinishedNight, tmp_path: Path, kind: str, says: str
) -> None:
    python = python_of(tmp_path / "theirs", kind)
    var = finished_night.undone(tmp_path / "var")
    with cluster(tmp_path, workers=1) as workers:
        where = ("--set", f"spark_master={workers.address}")
        environment = {"PYSPARK_PYTHON": str(python)}
        done = run_fundwatch("intake", "--date", str(NIGHTS[0]), *where, var=var, environment=environment)
    assert (done.returncode, says in done.stderr) == (ExitCode.FAULT, True), done.stderr
    assert "Traceback" not in done.stderr
    assert not is_made(at(var / "lake").within("claim_line"))


def test_executors_find_all_they_need_in_what_is_packed(tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True)
    assert subprocess.run([bare / "bin" / "python", "-c", "import numpy"], check=False, capture_output=True).returncode
    shutil.copy(build_wheel(tmp_path / "build"), tmp_path / "fundwatch.zip")
    assert any(one.startswith("scikit-learn ") for one in pack(tmp_path / "environment.tar.gz"))
    (tmp_path / "work.py").write_text(_WORK)
    with cluster(tmp_path, workers=1, python=bare / "bin" / "python") as workers:
        done = subprocess.run(
            [str(SPARK / "bin" / "spark-submit"), "--master", workers.address,
             "--py-files", str(tmp_path / "fundwatch.zip"),
             "--archives", f"{tmp_path / 'environment.tar.gz'}#environment",
             "--conf", "spark.executorEnv.PYTHONPATH=environment",
             "--conf", f"spark.pyspark.python={bare / 'bin' / 'python'}",
             "--conf", f"spark.pyspark.driver.python={sys.executable}", str(tmp_path / "work.py")],
            cwd=tmp_path, env=clean_environment(), capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "LOUD ['A', 'A', 'B']" in done.stdout
    places = [line.split()[1:] for line in done.stdout.splitlines() if line.startswith("WHERE ")]
    assert len(places) == 2
    for prefix, ours, theirs in places:
        assert (prefix, "fundwatch.zip" in ours, "/environment/sklearn/" in theirs) == (str(bare), True, True)
