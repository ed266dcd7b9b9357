"""What Spark is told for a lake in an object store: the jars of the store's client, and how it is reached.

Delta's part in Spark looks whether a version is taken and then writes it, one writer of a process after the other: of
two processes one could replace what the other wrote. The lease lets one process write at a time, and who takes a lake
over from a lost holder fences each table twice (see `fundwatch/lake/lock.py`).
"""

from __future__ import annotations

from fundwatch.engine.session import object_store_jars, project_jars
from fundwatch.errors import SettingsError
from fundwatch.lake.stores.s3_access import s3_access
from fundwatch.places import S3, LakeAddress

# another way of reading would ask for a part of the kit that is not fetched
_READING = {"spark.hadoop.fs.s3a.input.stream.type": "classic"}


def spark_settings(lake: LakeAddress, *, has_own_jars: bool) -> dict[str, str]:
    """Settings for a session over the lake; none for a folder or HDFS. `has_own_jars`: nobody else, such as
    spark-submit, names jars. Raises SettingsError where they were not fetched."""
    if not lake.root.startswith(S3):
        return {}
    conf = _READING | s3_access(lake.root.removeprefix(S3)).spark_conf()
    jars = object_store_jars()
    if has_own_jars and not jars:
        raise SettingsError(
            "Spark has no jars for object stores here",
            where=str(lake),
            do="run `make s3-jars` once; they come to .jars/s3",
        )
    return conf | ({"spark.jars": ",".join([*project_jars(), *jars])} if has_own_jars else {})
