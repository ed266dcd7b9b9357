"""What the sender says of a delivery: `manifest.json`, and where it and the folder do not agree."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

from pydantic import Field, ValidationError

from fundwatch.declared import Declared, model_problems
from fundwatch.errors import DeliveryError, problems
from intake.files.limits import MOST_MANIFEST
from intake.files.unpacking import CHANGED
from intake.source.mapping import SourceMapping
from privacy.scrubbing.identifiers import holds_identifier

MANIFEST = "manifest.json"
FORMAT = 1
_AGAIN = "have the delivery sent with a true manifest"


class ManifestFile(Declared):
    """What the sender says of one file. `content_sha256` is of its text unpacked, in UTF-8, without a mark."""

    name: str = Field(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f]+$")
    table: str
    rows: int = Field(ge=0)
    sha256: str
    bytes: int = Field(ge=0)
    amount_column: str | None = None
    amount_total: Decimal | None = None
    content_sha256: str | None = None

    @property
    def is_plain_name(self) -> bool:
        """Whether the name stays in the folder, on any system."""
        parts = self.name.split("/")
        return "\\" not in self.name and not any(part in ("", ".", "..") for part in parts)


class Manifest(Declared):
    """What the sender says of the delivery."""

    format: int
    source: str
    business_date: date
    batch_id: str
    files: tuple[ManifestFile, ...]


def read_manifest(folder: Path, mapping: SourceMapping, night: date, sha256: str | None = None) -> Manifest:
    """The folder's manifest, which has this `sha256` if one is given.

    Raises DeliveryError when there is none, it does not hold, is of another delivery, or has changed.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise DeliveryError("the delivery has no manifest", where=str(path), do=_AGAIN)
    if (size := path.stat().st_size) > MOST_MANIFEST:
        text = f"the manifest has {size:,} bytes, more than {MOST_MANIFEST >> 20} MiB"
        raise DeliveryError(text, where=str(path), do=_AGAIN)
    try:
        content = path.read_bytes()
        manifest = Manifest.model_validate_json(content)
    except ValidationError as error:
        text = problems("the manifest does not hold", model_problems(error))
        raise DeliveryError(text, where=str(path), do=_AGAIN) from error
    if sha256 is not None and hashlib.sha256(content).hexdigest() != sha256:
        raise DeliveryError(f"{MANIFEST} {CHANGED}", where=str(path), do=_AGAIN)
    wrong = []
    if manifest.format != FORMAT:
        wrong.append(f"format: {manifest.format}, this version reads {FORMAT}")
    if manifest.source != mapping.source:
        wrong.append(f"source: '{manifest.source}', the mapping reads '{mapping.source}'")
    if manifest.business_date != night:
        wrong.append(f"business_date: {manifest.business_date}, the folder is of {night}")
    if holds_identifier(manifest.batch_id, night.year):
        wrong.append("batch_id: holds what looks like somebody's number or name")
    if wrong:
        raise DeliveryError(problems("the manifest is not of this delivery", wrong), where=str(path), do=_AGAIN)
    return manifest


def manifest_problems(manifest: Manifest, mapping: SourceMapping, there: set[str]) -> Iterator[str]:
    """What the manifest and the files that are `there` do not agree on."""
    names = [entry.name for entry in manifest.files]
    yield from (f"{name}: occurs twice in the manifest" for name in sorted({n for n in names if names.count(n) > 1}))
    for entry in manifest.files:
        if not entry.is_plain_name:
            yield f"{entry.name}: leads out of the delivery's folder; name a file in it"
        elif entry.name not in there:
            yield f"{entry.name}: in the manifest, not in the folder"
        if entry.table not in mapping.files:
            yield f"{entry.name}: the mapping knows no file of '{entry.table}'"
        elif entry.amount_total is not None:
            yield from _amount_problems(mapping, entry, entry.amount_column or "")
    yield from (f"{name}: in the folder, not in the manifest" for name in sorted(there - {MANIFEST, *names}))


def _amount_problems(mapping: SourceMapping, entry: ManifestFile, column: str) -> Iterator[str]:
    """A total is of one column, as it is read: of several that become rows it is the sum over all of them."""
    fed = mapping.rows_of(entry.table)
    used = set() if fed is None else {c for c in fed[1].columns.values() if isinstance(c, str)}
    spread = None if fed is None else fed[1].unpivot
    name = column if spread is not None and column in spread.made else mapping.files[entry.table].names().get(column)
    if spread is not None and name in spread.columns:
        whole = spread.name_of(name)
        yield f"{entry.name}: its total is of '{column}' alone; state that of all that become '{whole}', as '{whole}'"
    elif name not in used:
        yield f"{entry.name}: its total is of '{column}', which the mapping does not read"
