"""The pseudonymisation key: make one, or check the one in place."""

from __future__ import annotations

import argparse
from typing import Any

from fundwatch.keys import make_key, read_key
from jobs.command_line import settings_of


def serve(options: argparse.Namespace) -> Any:
    """`fundwatch keys make|check`: prints the key's public id, never the key."""
    path = settings_of(options).settings.key_path
    key = make_key(path) if options.action == "make" else read_key(path)
    if not options.json:
        print(f"key {key.key_id} in {path}: readable by its owner alone; keep a copy where the lake is not")
    return {"key_id": key.key_id, "path": path}
