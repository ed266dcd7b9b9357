"""What the lake's table `model` and its journal of promotions say, row by row, and what in it is signed.

A row is one kind of detector of one entity type on one night. Its model's data lie in a file that the row names by
hash, so whoever trusts the row's signature can trust the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, astuple, dataclass, fields, replace
from datetime import date
from typing import Any, Self

from fundwatch.lake.content_files import ContentFiles
from fundwatch.places import LakeAddress
from models.registry.model_data import MOST_BYTES
from models.registry.promotion import ModelStatus
from privacy.keys.signing import Signature, Signer

PURPOSE = "model"
NOT_TRAINED = "not_trained"
FOLDER = "model_files"
MODEL_COLUMNS = (
    "business_date", "entity_type", "model", "model_fingerprint", "registered_name", "trained_count", "state",
    "why_not", "content_sha256", "key_id", "mac",
)  # fmt: skip
PROMOTION_COLUMNS = {
    "from_date": "date",
    "entity_type": "string",
    "model": "string",
    "model_fingerprint": "string",
    "by": "string",
    "why": "string",
    "signed_with": "string",
    "mac": "string",
}


def files_of(lake: LakeAddress) -> ContentFiles:
    """Where the lake keeps its models' data."""
    return ContentFiles(lake.within(FOLDER), ".json", MOST_BYTES)


def registered_name(entity: str, model: str) -> str:
    """The model's name in MLflow."""
    return f"fundwatch_{entity}_{model}"


@dataclass(frozen=True)
class ModelRecord:
    """One row of the table `model`."""

    business_date: date
    entity_type: str
    model: str
    model_fingerprint: str | None
    trained_count: int
    state: str
    why_not: str | None
    content_sha256: str | None = None
    signature: Signature | None = None

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Self:
        """The record of a row; one of an earlier release lacks the later columns."""
        own = {f.name: row.get(f.name) for f in fields(cls) if f.name != "signature"}
        return cls(**own, signature=_signature(row.get("key_id"), row.get("mac")))  # type: ignore[arg-type]

    @property
    def kind(self) -> tuple[str, str]:
        """Entity type and detector."""
        return self.entity_type, self.model

    def signed(self, signer: Signer) -> Self:
        """The record as whoever has the key vouches for it; one without a model has nothing to vouch for."""
        if self.content_sha256 is None:
            return replace(self, signature=None)
        return replace(self, signature=signer.sign(self._signed_values()))

    def signature_problem(self, signer: Signer) -> str:
        """Why the record is not as it was signed; nothing, and it is an empty text."""
        return signer.problem(self.signature, self._signed_values())

    def row(self) -> tuple[Any, ...]:
        """The values of MODEL_COLUMNS."""
        name = None if self.model_fingerprint is None else registered_name(*self.kind)
        key_id, mac = (None, None) if self.signature is None else astuple(self.signature)
        given = asdict(self) | {"registered_name": name, "key_id": key_id, "mac": mac}
        return tuple(given[column] for column in MODEL_COLUMNS)

    def _signed_values(self) -> list[Any]:
        return ["model", *(getattr(self, f.name) for f in fields(self) if f.name != "signature")]


@dataclass(frozen=True)
class Promotion:
    """A person's word that a model speaks from a night on, whatever training thought of it."""

    from_date: date
    entity_type: str
    model: str
    model_fingerprint: str
    by: str
    why: str
    signature: Signature | None = None

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Self:
        """The promotion of a journal's row."""
        own = {f.name: row.get(f.name) for f in fields(cls) if f.name != "signature"}
        return cls(**own, signature=_signature(row.get("signed_with"), row.get("mac")))  # type: ignore[arg-type]

    @property
    def kind(self) -> tuple[str, str]:
        """Entity type and detector."""
        return self.entity_type, self.model

    def signed(self, signer: Signer) -> Self:
        """The promotion as whoever has the key vouches for it."""
        return replace(self, signature=signer.sign(self._signed_values()))

    def signature_problem(self, signer: Signer) -> str:
        """Why the promotion is not as it was signed; nothing, and it is an empty text."""
        return signer.problem(self.signature, self._signed_values())

    def row(self) -> dict[str, Any]:
        """The values of PROMOTION_COLUMNS by name."""
        key_id, mac = ("", "") if self.signature is None else astuple(self.signature)
        given = asdict(self) | {"signed_with": key_id, "mac": mac}
        return {column: given[column] for column in PROMOTION_COLUMNS}

    def _signed_values(self) -> list[Any]:
        return ["promotion", *(getattr(self, f.name) for f in fields(self) if f.name != "signature")]


def is_model(record: ModelRecord) -> bool:
    """Whether training made a model, whatever its standing."""
    return record.state in {status.value for status in ModelStatus}


def _signature(key_id: str | None, mac: str | None) -> Signature | None:
    return Signature(key_id, mac) if key_id and mac else None
