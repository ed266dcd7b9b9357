"""A Delta table by its address, as delta-rs opens it: with what its store asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundwatch.lake.stores.s3_access import s3_access
from fundwatch.places import S3, LakeAddress

if TYPE_CHECKING:
    from deltalake import DeltaTable


def delta_table(address: LakeAddress, version: int | None = None) -> DeltaTable:
    """The table at its newest version or the one given."""
    from deltalake import DeltaTable

    return DeltaTable(str(address), version=version, storage_options=storage_options(address))


def storage_options(address: LakeAddress) -> dict[str, str] | None:
    """By what delta-rs reaches an object store; other stores it reaches by itself."""
    if not address.root.startswith(S3):
        return None
    return s3_access(address.root.removeprefix(S3)).options()
