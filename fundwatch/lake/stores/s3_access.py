"""How an object store is reached: its endpoint and its credentials, from the environment or the cluster's own
configuration. No setting holds any of it, and nothing here shows a secret.

The environment goes first, by the names that Amazon's own programs use (`AWS_ENDPOINT_URL`, `AWS_REGION`,
`AWS_ACCESS_KEY_ID`, …); then `core-site.xml` in `HADOOP_CONF_DIR` (`fs.s3a.…`, also of one bucket alone). Where
neither names a key, each client asks the machine's own role.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from fundwatch.errors import SettingsError

_SECRETS = {
    "aws_access_key_id": ("fs.s3a.access.key", "AWS_ACCESS_KEY_ID"),
    "aws_secret_access_key": ("fs.s3a.secret.key", "AWS_SECRET_ACCESS_KEY"),
    "aws_session_token": ("fs.s3a.session.token", "AWS_SESSION_TOKEN"),
}
_ENDPOINT = ("fs.s3a.endpoint", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
_REGION = ("fs.s3a.endpoint.region", "AWS_REGION", "AWS_DEFAULT_REGION")
_PATH_STYLE = "fs.s3a.path.style.access"
_ANY_REGION = "us-east-1"  # what a store that has no regions takes as its own


@dataclass(frozen=True)
class S3Access:
    """How to reach one bucket. `endpoint` is empty for Amazon's own."""

    endpoint: str
    region: str
    is_path_style: bool
    secrets: Mapping[str, str] = field(repr=False)

    def options(self) -> dict[str, str]:
        """For delta-rs and for the store's own client, by the names that both use."""
        found = {"aws_region": self.region} if self.region else {}
        if self.endpoint:
            found["aws_endpoint_url"] = self.endpoint
            found["aws_allow_http"] = str(self.endpoint.startswith("http://")).lower()
        return {**found, "aws_virtual_hosted_style_request": str(not self.is_path_style).lower(), **self.secrets}

    def spark_conf(self) -> dict[str, str]:
        """For Hadoop's client within Spark, which finds the credentials by itself, where this does."""
        conf = {_PATH_STYLE: str(self.is_path_style).lower()}
        conf |= {_ENDPOINT[0]: self.endpoint} if self.endpoint else {}
        conf |= {_REGION[0]: self.region} if self.region else {}
        return {f"spark.hadoop.{name}": value for name, value in conf.items()}


def s3_access(bucket: str, environment: Mapping[str, str] | None = None) -> S3Access:
    """How this process reaches the bucket. Raises SettingsError for a configuration that cannot be read."""
    environment = os.environ if environment is None else environment
    site = _site(environment)

    def found(name: str, *variables: str) -> str:
        given = next((environment[one] for one in variables if environment.get(one)), "")
        own = name.replace("fs.s3a.", f"fs.s3a.bucket.{bucket}.", 1)
        return given or site.get(own, "") or site.get(name, "")

    endpoint = found(*_ENDPOINT)
    if endpoint and "://" not in endpoint:
        endpoint = f"https://{endpoint}"
    secrets = {name: found(*places) for name, places in _SECRETS.items()}
    is_from_environment = bool(environment.get("AWS_ACCESS_KEY_ID"))
    if is_from_environment and not environment.get("AWS_SESSION_TOKEN"):
        secrets.pop("aws_session_token")  # of another key
    return S3Access(
        endpoint.rstrip("/"),
        found(*_REGION) or (_ANY_REGION if endpoint else ""),
        (found(_PATH_STYLE) or str(bool(endpoint))).lower() == "true",
        {name: value for name, value in secrets.items() if value},
    )


def _site(environment: Mapping[str, str]) -> dict[str, str]:
    """What the cluster's configuration says; nothing where there is none."""
    path = Path(environment.get("HADOOP_CONF_DIR", "")) / "core-site.xml"
    if "HADOOP_CONF_DIR" not in environment or not path.is_file():
        return {}
    try:
        properties = ElementTree.parse(path).getroot().iter("property")
        return {one.findtext("name", "").strip(): one.findtext("value", "").strip() for one in properties}
    except (ElementTree.ParseError, OSError) as error:
        raise SettingsError(
            f"the cluster's configuration cannot be read ({type(error).__name__})",
            where=str(path),
            do="put it right, or unset HADOOP_CONF_DIR and name the store in the environment",
        ) from error
