"""The guide to regions says what works."""

from __future__ import annotations

import re
from pathlib import Path

from fundwatch.regions import read_region
from rules.catalogue.load import load_rules

GUIDE = Path(__file__).parents[2] / "docs" / "regions.md"


def test_the_guides_overlay_of_rules_loads_and_does_what_it_says(tmp_path: Path) -> None:
    block = re.search(r"```yaml\n# rules\.yaml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert block is not None
    folder = tmp_path / "regions" / "330100"
    folder.mkdir(parents=True)
    (folder / "region.yaml").write_text("zh: 某市\nen: Some City\n", encoding="utf-8")
    (folder / "rules.yaml").write_text(block[1], encoding="utf-8")
    here = load_rules(region=read_region("330100", tmp_path))
    assert next(rule for rule in here.rules if rule.id == "FQ-02").params["max_institutions"] == 4
    assert here.switched_off["SA-02"].zh == "本市按床日付费"
