"""The settings in force, each with the place its value comes from."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from fundwatch.settings import Settings
from jobs.command_line import settings_of

_WIDTH, _INDENT = 80, "    "
_RESOLVED = {
    "landing": "landing_dir", "lake": "lake_dir", "truth": "truth_dir", "lists": "lists_dir", "reports": "reports_dir",
    "key_file": "key_path", "vault": "vault_dir", "vault_key_file": "vault_key_path", "mlflow_uri": "tracking_uri",
}  # fmt: skip


def serve(options: argparse.Namespace) -> Any:
    """`fundwatch settings`."""
    in_force = settings_of(options)
    rows = []
    for name, field in Settings.model_fields.items():
        value = getattr(in_force.settings, _RESOLVED.get(name, name))
        rows.append({"setting": name, "value": value, "from": in_force.origin[name], "meaning": field.description})
    if not options.json:
        _print(rows)
        print("\nany of them: --set KEY=VALUE, FUNDWATCH_<KEY>=VALUE, or a line in fundwatch.yaml")
    return rows


def _print(rows: Sequence[Mapping[str, Any]]) -> None:
    """A setting with its value and origin, then what it means; the parts of one that has several, a line each."""
    for row in rows:
        several = row["value"] if isinstance(row["value"], dict) else None
        value = "" if several is not None else f" = {row['value']}"
        print(_wrapped(f"{row['setting']}{value}  ({row['from']})", ""))
        for key, part in (several or {}).items():
            print(_wrapped(f"{key} = {part}", _INDENT))
        print(_wrapped(str(row["meaning"]), _INDENT))


def _wrapped(text: str, indent: str) -> str:
    """Wrapped between words; a path is not cut, so that it can be copied."""
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=_INDENT + indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
