"""A delivery on disk: its manifest, and its files checked byte by byte before Spark sees them.

Spark reads a file in the wrong encoding without an error, loads half of a damaged one, and swaps the columns of a
reordered header; so all of that is looked at here, and every fault of a delivery is told at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fundwatch.errors import DeliveryError, faults
from fundwatch.fingerprint import file_sha256
from intake.landed import FileFault, Measured, measure, read_header
from intake.mapping import SourceFile, SourceMapping

MANIFEST = "manifest.json"


class ManifestFile(BaseModel):
    """What the sender says of one file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    table: str
    rows: int = Field(ge=0)
    sha256: str
    bytes: int = Field(ge=0)
    amount_column: str | None = None
    amount_total: Decimal | None = None


class Manifest(BaseModel):
    """What the sender says of the delivery."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int
    source: str
    business_date: date
    batch_id: str
    files: tuple[ManifestFile, ...]


@dataclass(frozen=True)
class LandedFile:
    """A file that has passed: `path` is what Spark reads, `header` its columns under the mapping's names, in order."""

    kind: str
    name: str
    path: Path
    header: tuple[str, ...]
    measured: Measured
    declared_rows: int
    declared_amount: Decimal | None


@dataclass(frozen=True)
class Delivery:
    """All files of one night."""

    source: str
    business_date: date
    batch_id: str
    files: tuple[LandedFile, ...]

    def headers(self) -> dict[str, frozenset[str]]:
        """The columns delivered, by kind of file."""
        kinds = {file.kind for file in self.files}
        return {k: frozenset().union(*(f.header for f in self.files if f.kind == k)) for k in kinds}


def delivery_folder(mapping: SourceMapping, landing: Path, night: date) -> Path:
    """Where the night's files lie. Raises DeliveryError when there is no such folder."""
    folder = landing / mapping.delivery.folder.replace("{date}", night.isoformat())
    if not folder.is_dir():
        raise DeliveryError(
            f"there is no delivery for {night}",
            where=str(folder),
            do="put the night's files there, name another --date or --landing, or make some with `fundwatch simulate`",
        )
    return folder


def delivery_hashes(mapping: SourceMapping, landing: Path, night: date) -> dict[str, str]:
    """The SHA-256 of every file of the delivery that is the mapping's business, by name."""
    folder = delivery_folder(mapping, landing, night)
    names = [f.name for f in _files_in(folder) if f.name == MANIFEST or _kind_of(mapping, f.name) is not None]
    return {name: file_sha256(folder / name) for name in names}


def open_delivery(mapping: SourceMapping, landing: Path, night: date, scratch: Path) -> Delivery:
    """Check the whole delivery. Files not in UTF-8 are rewritten into `scratch`, a folder outside the lake.

    Raises DeliveryError with every fault: a missing or unknown file, table or column, a wrong hash, size or row count,
    an empty or damaged file, undecodable bytes.
    """
    folder = delivery_folder(mapping, landing, night)
    found: list[str] = []
    if mapping.delivery.manifest == "required":
        manifest = _read_manifest(folder, mapping, night)
        listed = {entry.name: entry for entry in manifest.files}
        found += _manifest_faults(manifest, mapping, folder)
        names, batch = [n for n in listed if (folder / n).is_file()], manifest.batch_id
    else:
        listed = {}
        names = [f.name for f in _files_in(folder) if _kind_of(mapping, f.name) is not None]
        batch = f"measured {night}"
    files: list[LandedFile] = []
    for name in names:
        kind = listed[name].table if name in listed else _kind_of(mapping, name)
        if kind is not None and kind in mapping.files:
            landed = _open_file(mapping, kind, folder / name, listed.get(name), scratch, found)
            files += [landed] if landed is not None else []
    named = {entry.table for entry in listed.values()} | {_kind_of(mapping, n) for n in names if not listed}
    missing = [kind for kind, file in mapping.files.items() if file.required and kind not in named]
    found += [f"{mapping.files[kind].name}: the file of {kind} is missing" for kind in missing]
    if found:
        raise DeliveryError(
            faults("the delivery cannot be taken in", found),
            where=str(folder),
            do="have it delivered again; nothing of it is in the lake",
        )
    return Delivery(mapping.source, night, batch, tuple(files))


def _files_in(folder: Path) -> list[Path]:
    return sorted(f for f in folder.iterdir() if f.is_file() and not f.name.startswith("."))


def _kind_of(mapping: SourceMapping, name: str) -> str | None:
    return next((kind for kind, file in mapping.files.items() if fnmatchcase(name, file.name)), None)


def _read_manifest(folder: Path, mapping: SourceMapping, night: date) -> Manifest:
    path = folder / MANIFEST
    again = "have the delivery sent with a true manifest"
    if not path.is_file():
        raise DeliveryError("the delivery has no manifest", where=str(path), do=again)
    try:
        manifest = Manifest.model_validate_json(path.read_bytes())
    except ValidationError as fault:
        found = [f"{'.'.join(map(str, e['loc'])) or 'the file'}: {e['msg']}" for e in fault.errors()]
        raise DeliveryError(faults("the manifest does not hold", found), where=str(path), do=again) from fault
    wrong = []
    if manifest.format != 1:
        wrong.append(f"format: {manifest.format}, this version reads 1")
    if manifest.source != mapping.source:
        wrong.append(f"source: '{manifest.source}', the mapping reads '{mapping.source}'")
    if manifest.business_date != night:
        wrong.append(f"business_date: {manifest.business_date}, the folder is of {night}")
    if wrong:
        raise DeliveryError(faults("the manifest is not of this delivery", wrong), where=str(path), do=again)
    return manifest


def _manifest_faults(manifest: Manifest, mapping: SourceMapping, folder: Path) -> list[str]:
    """What the manifest and the folder do not agree on."""
    names = [entry.name for entry in manifest.files]
    found = [f"{name}: stands twice in the manifest" for name in sorted({n for n in names if names.count(n) > 1})]
    for entry in manifest.files:
        if Path(entry.name).name != entry.name or not (folder / entry.name).is_file():
            found.append(f"{entry.name}: in the manifest, not in the folder")
        if entry.table not in mapping.files:
            found.append(f"{entry.name}: the mapping knows no file of '{entry.table}'")
        else:
            found += _money_faults(entry, mapping)
    stray = [f.name for f in _files_in(folder) if f.name != MANIFEST and f.name not in names]
    return [*found, *(f"{name}: in the folder, not in the manifest" for name in stray)]


def _money_faults(entry: ManifestFile, mapping: SourceMapping) -> list[str]:
    if entry.amount_total is None:
        return []
    fed = mapping.rows_of(entry.table)
    used = set() if fed is None else {c for c in fed[1].columns.values() if isinstance(c, str)}
    column = mapping.files[entry.table].names().get(entry.amount_column or "")
    if column in used:
        return []
    return [f"{entry.name}: its total is of '{entry.amount_column}', which the mapping does not read"]


def _open_file(
    mapping: SourceMapping, kind: str, path: Path, entry: ManifestFile | None, scratch: Path, found: list[str]
) -> LandedFile | None:
    """One file, its faults added to `found`; None when it cannot be read at all."""
    form = mapping.delivery
    try:
        measured, readable = measure(path, form.encodings, scratch)
        header = read_header(readable, form.delimiter)
    except FileFault as fault:
        found.append(f"{path.name}: {fault}")
        return None
    wrong = _header_faults(mapping.files[kind], header)
    if measured.rows == 0:
        wrong.append("holds no rows")
    if entry is not None:
        pairs = (
            ("SHA-256", measured.sha256, entry.sha256.lower()),
            ("bytes", measured.byte_count, entry.bytes),
            ("rows", measured.rows, entry.rows),
        )
        wrong += [f"{what}: has {has}, the manifest says {says}" for what, has, says in pairs if has != says]
    found += [f"{path.name}: {fault}" for fault in wrong]
    names = mapping.files[kind].names()
    return LandedFile(
        kind=kind,
        name=path.name,
        path=readable,
        header=tuple(names.get(column, column) for column in header),
        measured=measured,
        declared_rows=measured.rows if entry is None else entry.rows,
        declared_amount=None if entry is None else entry.amount_total,
    )


def _header_faults(file: SourceFile, header: Sequence[str]) -> list[str]:
    known = {*file.names(), *file.drop}
    found = [
        f"column '{c}': the mapping does not know it; allow it or list it under drop" for c in header if c not in known
    ]
    for aliases in file.needed():
        if not any(alias in header for alias in aliases):
            found.append(f"column '{' or '.join(aliases)}' is missing")
    names = [file.names().get(c, c) for c in header]
    found += [f"column '{c}' stands twice" for c in sorted({n for n in names if names.count(n) > 1})]
    return found
