"""A Delta table by its address, as delta-rs opens it: with what its store asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundwatch.lake.stores.patience import in_time
from fundwatch.lake.stores.s3_access import s3_access
from fundwatch.logs import log
from fundwatch.places import S3, LakeAddress

if TYPE_CHECKING:
    from deltalake import DeltaTable

_PATIENCE, _QUESTIONS = 60.0, 3


def delta_table(address: LakeAddress, version: int | None = None) -> DeltaTable:
    """The table at its newest version or the one given.

    The client of HDFS that delta-rs has within has no time limit: an answer of the name node's was seen to be lost, and
    a night then stood still for ever. To open a table changes nothing, so it is asked again.
    """
    from deltalake import DeltaTable

    def opened() -> DeltaTable:
        return DeltaTable(str(address), version=version, storage_options=storage_options(address))

    if not address.root or address.root.startswith(S3):
        return opened()
    for _ in range(_QUESTIONS - 1):
        try:
            return in_time(opened, _PATIENCE)
        except TimeoutError:
            log.warning("the store gives no answer about the table %s: it is asked again", address.name)
    return in_time(opened, _PATIENCE)


def storage_options(address: LakeAddress) -> dict[str, str] | None:
    """By what delta-rs reaches an object store; other stores it reaches by itself."""
    if not address.root.startswith(S3):
        return None
    return s3_access(address.root.removeprefix(S3)).options()
