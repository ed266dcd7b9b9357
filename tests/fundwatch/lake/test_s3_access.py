"""Where an object store's endpoint and credentials come from, and that nothing shows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from fundwatch.errors import SettingsError
from fundwatch.lake.stores import spark_settings
from fundwatch.lake.stores.delta_table import storage_options
from fundwatch.lake.stores.s3_access import s3_access
from fundwatch.places import LakeAddress

FROM_ENVIRONMENT = {
    "AWS_ENDPOINT_URL": "http://store:9000/",
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "hidden-one",
}
LAKE = LakeAddress("s3a://bureau/lakes/fundwatch")


def site(folder: Path, **values: str) -> dict[str, str]:
    rows = "".join(f"<property><name>{n}</name><value>{v}</value></property>" for n, v in values.items())
    (folder / "core-site.xml").write_text(f"<configuration>{rows}</configuration>")
    return {"HADOOP_CONF_DIR": str(folder)}


def test_the_environment_goes_before_the_cluster_s_configuration(tmp_path: Path) -> None:
    cluster = {"fs.s3a.endpoint": "other:1", "fs.s3a.access.key": "another", "fs.s3a.session.token": "of another"}
    found = s3_access("bureau", FROM_ENVIRONMENT | site(tmp_path, **cluster))
    assert found.options() == {
        "aws_endpoint_url": "http://store:9000",
        "aws_allow_http": "true",
        "aws_region": "us-east-1",
        "aws_virtual_hosted_style_request": "false",
        "aws_access_key_id": "key",
        "aws_secret_access_key": "hidden-one",
    }


def test_a_cluster_s_configuration_may_speak_of_one_bucket_alone(tmp_path: Path) -> None:
    own = {"fs.s3a.endpoint": "store", "fs.s3a.bucket.bureau.endpoint": "own", "fs.s3a.secret.key": "hidden-one"}
    where = site(tmp_path, **own)
    assert s3_access("bureau", where).options()["aws_endpoint_url"] == "https://own"
    assert s3_access("others", where).options()["aws_endpoint_url"] == "https://store"
    assert s3_access("bureau", where).secrets == {"aws_secret_access_key": "hidden-one"}


def test_amazon_s_own_store_needs_no_endpoint_and_a_role_no_key() -> None:
    found = s3_access("bureau", {"AWS_REGION": "cn-north-1"})
    assert found.options() == {"aws_region": "cn-north-1", "aws_virtual_hosted_style_request": "true"}


def test_a_configuration_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    where = site(tmp_path)
    (tmp_path / "core-site.xml").write_text("<configuration>")
    with pytest.raises(SettingsError, match="cannot be read") as caught:
        s3_access("bureau", where)
    assert caught.value.where == str(tmp_path / "core-site.xml")


def test_no_setting_and_nothing_printed_holds_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in FROM_ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(spark_settings, "object_store_jars", lambda: ["hadoop-aws.jar"])
    conf = spark_settings.spark_settings(LAKE, has_own_jars=True)
    assert (conf["spark.hadoop.fs.s3a.endpoint"], "hadoop-aws.jar" in conf["spark.jars"]) == ("http://store:9000", True)
    assert "hidden-one" not in f"{conf} {s3_access('bureau')}"
    assert "hidden-one" in str(storage_options(LAKE))  # what is looked for is there


def test_spark_without_the_jars_of_object_stores_says_how_to_fetch_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark_settings, "object_store_jars", list)
    with pytest.raises(SettingsError, match="no jars for object stores") as caught:
        spark_settings.spark_settings(LAKE, has_own_jars=True)
    assert "make s3-jars" in caught.value.do
    assert "spark.jars" not in spark_settings.spark_settings(LAKE, has_own_jars=False)  # spark-submit brings them
    assert spark_settings.spark_settings(LakeAddress("/data/lake"), has_own_jars=True) == {}
