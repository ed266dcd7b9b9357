"""The settings in force, each with the place its value comes from."""

from __future__ import annotations

import argparse
from typing import Any

from fundwatch.settings import Settings
from jobs.command_line import settings_of

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
        for row in rows:
            print(f"{row['setting']:<26} {row['value']!s:<34} {row['from']:<22} {row['meaning']}")
        print("\nany of them: --set KEY=VALUE, FUNDWATCH_<KEY>=VALUE, or a line in fundwatch.yaml")
    return rows
