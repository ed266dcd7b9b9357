"""Small vaults for tests: what a night would have sealed. The persons are nobody (region 99, telephone 1000…)."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
from deltalake import write_deltalake

from privacy.keys.ring import PseudonymKey
from privacy.tokens.pseudonyms import token_of
from privacy.vault.vault import Vault, identity_schema

CANARIES = {"name": "欧阳金丝雀", "certificate": "990001198002299996", "telephone": "10098765432"}
NIGHT = date(2026, 3, 31)


def row(
    vault: Vault, key: PseudonymKey, content: dict[str, str], night: date = NIGHT, domain: str = "person"
) -> pa.Table:
    """One row of `identity`."""
    token = token_of(key, domain, content["value"]) or ""
    reported = {
        "domain": domain, "token": token, "key_id": key.key_id, "first_night": night, "last_night": night,
        "sealed_night": night, "field_count": len(content), "sealed": vault.key.seal(domain, token, content),
    }  # fmt: skip
    return pa.Table.from_pylist([reported], identity_schema())


def fill(vault: Vault, key: PseudonymKey, *contents: dict[str, str], domain: str = "person") -> None:
    """Put contents into a vault."""
    vault.prepare()
    rows = pa.concat_tables([row(vault, key, content, domain=domain) for content in contents])
    write_deltalake(str(vault.identity), rows, mode="append")
