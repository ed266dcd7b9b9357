"""Executors whose Python has no package of ours, and none that we need: what `make package` makes is enough."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.pack_environment import pack
from scripts.small_cluster.spark import SPARK, cluster
from tests.night import clean_environment
from tests.packages import build_wheel

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
