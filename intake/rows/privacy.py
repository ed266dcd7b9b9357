"""How what identifies a person is made safe while a row is mapped: tokens, scrubbed text, a sealed copy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from fundwatch.expressions.declared import written
from intake.rows.reading import UNREADABLE
from intake.source.columns import Sealed
from privacy.keys.ring import PseudonymKey
from privacy.scrubbing.scrub import scrubbed
from privacy.tokens.pseudonyms import token
from privacy.vault.columns import REPORTED_TYPE, sealed
from privacy.vault.sealing import SealingKey

if TYPE_CHECKING:
    from pyspark.sql import Column

VAULT = "_vault_"


@dataclass(frozen=True)
class PrivacyFunctions:
    """Column functions: by domain, identifiers to tokens; a text and the names in its row to the scrubbed text; domain,
    identifier and the fields beside it to what the vault keeps (privacy.vault.columns.REPORTED_TYPE) in the first row
    that tells them."""

    token: Callable[[str], Callable[[Column], Column]]
    scrubbed: Callable[[Column, Sequence[Column]], Column]
    sealed: Callable[[str, Column, Mapping[str, Column]], Column]


def privacy_of(key: PseudonymKey, vault_key: SealingKey | None) -> PrivacyFunctions:
    """The functions under these keys. Without a vault key nothing is sealed: for trials, which write nothing."""

    def seal(domain: str, of: Column, fields: Mapping[str, Column]) -> Column:
        return (
            F.lit(None).cast(REPORTED_TYPE)
            if vault_key is None
            else sealed(vault_key.in_force, key, domain, of, fields)
        )

    return PrivacyFunctions(token=lru_cache(lambda domain: token(key, domain)), scrubbed=scrubbed, sealed=seal)


def sent_to_vault(entry: Sealed, number: int, privacy: PrivacyFunctions, names: Mapping[str, str]) -> Column:
    """What a vault entry tells, with SQL of ours in place of `names`. In a row that does not fit its header any value
    may stand anywhere: nothing."""
    of = F.when(~F.col(UNREADABLE), F.expr(written(entry.of, names=names)))
    fields = {name: F.expr(written(sql)) for name, sql in entry.fields.items()}
    return privacy.sealed(entry.token, of, fields).alias(f"{VAULT}{number}")
