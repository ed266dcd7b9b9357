"""The rules of the region that one visit decides, as one file for systems that check before and in settlement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from fundwatch.errors import FundwatchError
from fundwatch.places import put_file
from fundwatch.regions import region_of
from fundwatch.settings import Settings
from jobs.author.rules_in_force import rules_in_force
from jobs.curate.in_force import points_in_force
from rules.catalogue.load import load_rules
from rules.knowledge.points import load_knowledge
from rules.pack.document import Pack, written_pack
from rules.pack.exporting import PackMaker


@dataclass(frozen=True)
class PackExported:
    """A pack, and the file that it was written to, if any."""

    pack: Pack
    out: Path | None

    def as_json(self) -> dict[str, Any]:
        """The pack itself where it was written nowhere, or what was written where."""
        if self.out is None:
            return self.pack.content()
        return {
            "file": str(self.out),
            "fingerprint": self.pack.fingerprint,
            "rules": [rule.id for rule in self.pack.rules],
            "left_out": {one.id: one.why for one in self.pack.left_out},
            "points": sum(len(known.points) for known in self.pack.knowledge.values()),
        }


def export_pack(
    settings: Settings, night: date | None = None, out: Path | None = None, with_shadow: bool = False
) -> PackExported:
    """Pack the rules as they ship, or as they stand in the lake on a night, and write them to the file: whole or not
    at all, the same rules the same bytes; with a night its editions are in it too. Raises CatalogueError;
    FundwatchError where the file cannot be written."""
    region = region_of(settings)
    rule_set = load_rules(region=region) if night is None else rules_in_force(settings, night).rule_set
    knowledge = load_knowledge(region=region) if night is None else points_in_force(settings, night, region)
    pack = PackMaker(rule_set, knowledge, region.chain, night, with_shadow).pack()
    if out is not None:
        try:
            put_file(out, written_pack(pack))
        except OSError as error:
            raise FundwatchError(
                f"the pack cannot be written: {error.strerror}", where=str(out), do="name a file that may be written"
            ) from error
    return PackExported(pack, out)
