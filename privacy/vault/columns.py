"""What goes into the vault, and how a lake follows a rotation of the key: column functions and pure transformations.

Sources: PIPL Art. 51 and 73; GB/T 37964-2019. A row that is pseudonymous already carries what it was made of as sealed
bytes; the sealing key travels inside the pickled function, never in the plan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

import pyarrow as pa

from fundwatch.errors import ContractError
from privacy.keys.ring import PseudonymKey
from privacy.tokens.distinct import arrow_function, distinct_rows
from privacy.tokens.pseudonyms import token_of
from privacy.vault.sealing import FIELDS, SealingKey, VaultError
from privacy.vault.vault import IDENTITY_COLUMNS

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

REPORTED_TYPE = "struct<domain:string,token:string,sealed:binary>"
_ARROW_REPORTED = pa.struct([("domain", pa.string()), ("token", pa.string()), ("sealed", pa.binary())])
_KEY = ("domain", "token")
_MOST_REMEMBERED = 200_000  # contents a task remembers to have sealed: some 50 MB
# a token stands alone: 32 hex digits inside a longer run are a hash of something else
_TOKENS = "(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])"


def sealed(
    vault_key: SealingKey, key: PseudonymKey, domain: str, of: Column, fields: Mapping[str, Column] | None = None
) -> Column:
    """What the vault is to keep of an identifier and what belongs to it: a struct as REPORTED_TYPE; null for a blank
    one.

    Reported is the first row of each distinct content that a task meets; the others are null, so that millions of lines
    carry a few thousand seals. `of` is the identifier as delivered, a string; `fields` are strings by their name in
    privacy.vault.sealing.FIELDS. Raises VaultError for an unknown field, KeyMissingError for an unknown domain.
    """
    from pyspark.sql import functions as F

    named = dict(fields or {})
    if unknown := sorted(named.keys() - (set(FIELDS) - {"value"})):
        raise VaultError(f"the vault has no field {', '.join(unknown)}", do=f"use: {', '.join(FIELDS[1:])}")
    key.of_domain(domain)
    names = ("value", *sorted(named))
    reported: set[tuple[str | None, ...]] = set()  # a task's own: the function comes to each again

    def seal(content: tuple[str | None, ...]) -> dict[str, str | bytes] | None:
        given = {name: value for name, value in zip(names, content, strict=True) if value and value.strip()}
        token = token_of(key, domain, given.get("value", ""))
        if token is None:
            return None
        return {"domain": domain, "token": token, "sealed": vault_key.seal(domain, token, given)}

    def sealing(contents: pa.Array) -> pa.Array:
        columns = contents.flatten()
        made: list[dict[str, str | bytes] | None] = [None] * len(contents)
        if len(contents) and columns[0].null_count < len(contents):
            firsts = distinct_rows(columns)[0]
            rows = zip(*(column.take(pa.array(firsts)).to_pylist() for column in columns), strict=True)
            for place, content in zip(firsts.tolist(), rows, strict=True):
                if content[0] is not None and content not in reported:
                    made[place] = seal(content)
                    reported.add(content)
            if len(reported) > _MOST_REMEMBERED:
                reported.clear()
        return pa.array(made, _ARROW_REPORTED)

    # nonces are random: a filter on the result must not be computed apart from it
    function = arrow_function(f"{domain}_sealed", sealing, REPORTED_TYPE, is_random=True)
    columns = [of.cast("string").alias("value"), *(named[name].cast("string").alias(name) for name in names[1:])]
    result: Column = function(F.struct(*columns))
    return result


def identities(reported: DataFrame, *, key_id: str, night: date) -> DataFrame:
    """Grain: domain × token; the vault's columns. `reported` has those of REPORTED_TYPE; of several contents the
    richest is kept.
    """
    from pyspark.sql import functions as F

    nights = [F.lit(night).cast("date").alias(name) for name in ("first_night", "last_night", "sealed_night")]
    carried = reported.select(
        *_KEY,
        F.lit(key_id).alias("key_id"),
        *nights,
        F.conv(F.hex(F.substring("sealed", 2, 1)), 16, 10).cast("int").alias("field_count"),
        "sealed",
    )
    return _one_each(carried)


def beside_held(tonight: DataFrame, held: DataFrame) -> DataFrame:
    """Grain: domain × token; what tonight tells that the vault does not hold, with `_is_new`: no content held at all.

    `tonight` are `identities`. Left out is what tells no more than what is held: less, or the bare identifier alone,
    which its token stands for.
    """
    from pyspark.sql import functions as F

    known = held.select(*_KEY, F.col("field_count").alias("_held_count"))
    reported = tonight.join(known, [*_KEY], how="left")
    is_new = F.col("_held_count").isNull()
    is_more = (F.col("field_count") >= F.col("_held_count")) & (F.col("field_count") > 1)
    return reported.filter(is_new | is_more).select(*IDENTITY_COLUMNS, is_new.alias("_is_new"))


def with_earlier(tonight: DataFrame, held: DataFrame | None) -> DataFrame:
    """Grain: domain × token, those of tonight only: what the vault is to hold of them from now on.

    The rule: the richest content (most fields) stays, of equally rich ones the latest night's; the first and last night
    are those of all. So a file with bare numbers never takes a name away. `tonight` is a union of `identities`; `held`
    is what the vault holds (Vault.rows), None if nothing.
    """
    rows = tonight.select(*IDENTITY_COLUMNS)
    if held is not None:
        touched = rows.select(*_KEY).distinct()
        rows = rows.unionByName(held.select(*IDENTITY_COLUMNS).join(touched, [*_KEY], how="left_semi"))
    return _one_each(rows)


def _one_each(rows: DataFrame) -> DataFrame:
    from pyspark.sql import functions as F

    best = F.max_by(
        F.struct("key_id", "sealed_night", "field_count", "sealed"), F.struct("field_count", "sealed_night", "sealed")
    )
    grouped = rows.groupBy(*_KEY).agg(
        F.min("first_night").alias("first_night"), F.max("last_night").alias("last_night"), best.alias("best")
    )
    return grouped.select(*_KEY, "first_night", "last_night", "best.*").select(*IDENTITY_COLUMNS)


def rekeyed(
    rows: DataFrame, bridge: DataFrame, columns: Sequence[str], new_key_id: str, in_text: Sequence[str] = ()
) -> DataFrame:
    """The same rows, columns and grain, with new tokens for old ones, and `key_id` (if there is one) the new key's.

    `columns` hold tokens: string, array<string> or map<string,array<string>>. `in_text` are strings in which tokens
    stand, like quarantine's row_json. A token that the bridge does not know stays, so a second application changes
    nothing. `bridge` is the vault's table, unique by old_token. Raises ContractError for a column of another type.
    """
    from pyspark.sql import functions as F

    kinds = {name: kind for name, kind in rows.dtypes if name in {*columns, *in_text}}
    names = rows.columns
    pairs = bridge.select(F.col("old_token").alias("_old"), F.col("new_token").alias("_new"))
    for name in columns:
        if kinds[name] == "string":
            rows = _renamed(rows, name, pairs)
        elif kinds[name] == "array<string>":
            rows = _looked_up(rows, name, pairs, F.col(name), _renamed_array(F.col(name)))
        elif kinds[name] == "map<string,array<string>>":
            renamed = F.transform_values(F.col(name), lambda _, tokens: _renamed_array(tokens))
            rows = _looked_up(rows, name, pairs, F.flatten(F.map_values(F.col(name))), renamed)
        else:
            raise ContractError(f"tokens do not stand in a column of {kinds[name]}", where=f"rekeyed: {name}")
    for name in in_text:
        renamed = F.aggregate(
            F.map_entries(F.col("_lookup")), F.col(name), lambda text, pair: F.replace(text, pair["key"], pair["value"])
        )
        rows = _looked_up(rows, name, pairs, F.regexp_extract_all(F.col(name), F.lit(_TOKENS), F.lit(0)), renamed)
    stamp = {"key_id": F.lit(new_key_id).alias("key_id")} if "key_id" in names else {}
    return rows.select(*(stamp.get(name, F.col(f"`{name}`")) for name in names))


def unbridged(rows: DataFrame, bridge: DataFrame, column: str) -> DataFrame:
    """Grain: token of a string column that the bridge knows neither as old nor as new: it cannot be carried over."""
    from pyspark.sql import functions as F

    tokens = rows.select(F.col(column).alias("token")).filter(F.col("token").isNotNull()).distinct()
    known = bridge.select(F.explode(F.array("old_token", "new_token")).alias("token"))
    return tokens.join(known, ["token"], how="left_anti")


def _renamed(rows: DataFrame, name: str, pairs: DataFrame) -> DataFrame:
    from pyspark.sql import functions as F

    joined = rows.join(pairs, F.col(name) == F.col("_old"), how="left")
    kept = [F.col(f"`{c}`") for c in rows.columns if c != name]
    return joined.select(*kept, F.coalesce("_new", name).alias(name))


def _renamed_array(tokens: Column) -> Column:
    from pyspark.sql import functions as F

    return F.transform(tokens, lambda token: F.coalesce(F.try_element_at(F.col("_lookup"), token), token))


def _looked_up(rows: DataFrame, name: str, pairs: DataFrame, tokens: Column, renamed: Column) -> DataFrame:
    """Rows whose column is `renamed`, which draws on `_lookup`: a map of the old tokens in it to the new ones.

    Rows are joined with their lookup by a fingerprint of the tokens; two rows of one fingerprint share the union of
    their lookups, which is right for both.
    """
    from pyspark.sql import functions as F

    printed = rows.withColumn("_print", F.xxhash64(tokens))
    distinct = printed.select("_print", F.explode(tokens).alias("_token")).distinct()
    found = distinct.join(pairs, F.col("_token") == F.col("_old"), how="inner").groupBy("_print")
    lookups = found.agg(F.map_from_entries(F.collect_list(F.struct("_old", "_new"))).alias("_lookup"))
    joined = printed.join(lookups, ["_print"], how="left")
    kept = [F.col(f"`{c}`") for c in rows.columns if c != name]
    return joined.select(*kept, F.when(F.col("_lookup").isNull(), F.col(name)).otherwise(renamed).alias(name))
