"""Write the JSON Schema of a pack of rules beside its guide: `python -m scripts.write_pack_schema`."""

from __future__ import annotations

import json
from pathlib import Path

from rules.pack.document import schema

FILE = Path(__file__).resolve().parent.parent / "docs" / "rule_pack.schema.json"


def schema_text() -> str:
    """The file as it must be."""
    return json.dumps(schema(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(schema_text(), encoding="utf-8")
