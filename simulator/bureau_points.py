"""What the simulated city's bureau says of the items of its own catalogue: points for the classes of knowledge.

National knowledge speaks of national codes. The catalogue's own codes were never issued, so that a rule on them rests
on what a bureau publishes beside its catalogue: what an item is, in what it is counted, what it contains, which benefit
it is for. All of it is read off the catalogue (names, kinds of charge, panels, steps of operations, lists of benefits);
nothing is known here of who stages what.

`python -m simulator.bureau_points` writes them into conf/regions/990000/knowledge/.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from itertools import groupby
from pathlib import Path

from simulator.care.care import CHRONIC_DIAGNOSES
from simulator.care.chronic import BENEFIT_DRUGS
from simulator.city import items as catalogue
from simulator.city import rare_items
from simulator.city.items import Item

REGION = "990000"  # the pooling area of which the city and its counties are part
KNOWLEDGE = Path(__file__).parent.parent / "conf" / "regions" / REGION / "knowledge"
Cells = Mapping[str, str]
Points = list[tuple[str, Cells, str, str]]  # code, the class's own cells, name, source

_HOLDS_FROM = "2021-05-01"
_BY_NAME, _BY_UNIT = "项目名称（本地目录）", "计价单位（本地目录，项目名称所载）"
_IMAGING, _TREATMENT, _BED = "03", "05", "01"
# What a name says an item is, of which kind of charge: (class, kind of charge, words).
_ITEM_CLASSES = (
    ("CT", _IMAGING, ("CT",)),
    ("MR", _IMAGING, ("磁共振",)),
    ("oxygen", _TREATMENT, ("吸氧",)),
    ("nebulisation", _TREATMENT, ("雾化吸入",)),
    ("tcm_therapy", _TREATMENT, ("针刺", "推拿", "拔罐", "中药塌渍")),
    ("bed", _BED, ("病房床位",)),
)
_UNITS = (("(日)", "1", "day"), ("(每小时)", "24", "hour"))  # what a name says a price is for, and the most of a day


def points() -> dict[str, Points]:
    """The points by class of knowledge."""
    return {
        "benefit_drug": list(_benefit_drugs()),
        "fee_title": [_of(catalogue.EXPERT_CONSULTATION, {"value": "senior"}, _BY_NAME)],
        "frequency": list(_day_limits()),
        "insurance_drug_name": list(_limited_to_an_insurance()),
        "item_class": list(_item_classes()),
        "item_pair": list(_panel()) + list(_steps()),
        "per_time_item": [_of(item, {"value": "time"}, _BY_NAME) for item in _own() if "换药" in item.name],
    }


def files() -> dict[str, str]:
    """The text of each file by its name."""
    return {f"{name}.csv": _text(found) for name, found in points().items()}


def _own() -> Sequence[Item]:
    """Services that are the place's own: of the others the national knowledge speaks."""
    return [item for item in catalogue.all_items() if item.is_service and item.code.startswith("0099")]


def _of(item: Item, cells: Cells, source: str) -> tuple[str, Cells, str, str]:
    return f"{item.code}*", cells, item.name, source


def _item_classes() -> Iterator[tuple[str, Cells, str, str]]:
    for item in _own():
        for name, charge_class, words in _ITEM_CLASSES:
            if item.charge_class == charge_class and any(word in item.name for word in words):
                yield _of(item, {"value": name}, _BY_NAME)


def _day_limits() -> Iterator[tuple[str, Cells, str, str]]:
    for item in _own():
        for word, most, unit in _UNITS:
            if item.name.endswith(word):
                yield item.code, {"value": most, "unit": unit}, item.name, _BY_UNIT


def _limited_to_an_insurance() -> Iterator[tuple[str, Cells, str, str]]:
    """By name, as the limit is part of it."""
    for item in _own():
        if "限生育保险" in item.name:
            yield f"{item.name}*", {"value": "maternity"}, item.name, _BY_NAME


def _panel() -> Iterator[tuple[str, Cells, str, str]]:
    source = "项目内涵（本地目录）"
    yield _in_pair(rare_items.LIVER_PANEL, "肝功能全套×单项", "whole", "panel", source)
    for part in rare_items.LIVER_COMPONENTS:
        yield _in_pair(part, "肝功能全套×单项", "part", "panel", source)


def _steps() -> Iterator[tuple[str, Cells, str, str]]:
    """An operation in the belly contains how it is opened, drained and closed."""
    for operation in (catalogue.SURGERY["appendix"], catalogue.SURGERY["gallbladder"]):
        pair, source = f"{operation.name}×手术步骤", "手术项目内涵（本地目录）"
        yield _in_pair(operation, pair, "whole", "step", source)
        for step in rare_items.OPERATION_STEPS:
            yield _in_pair(step, pair, "part", "step", source)


def _in_pair(item: Item, pair: str, side: str, kind: str, source: str) -> tuple[str, Cells, str, str]:
    return item.code, {"pair": pair, "side": side, "kind": kind}, item.name, source


def _benefit_drugs() -> Iterator[tuple[str, Cells, str, str]]:
    """Each drug of the lists of the chronic benefits, with the names of the diseases on whose list it is."""
    listed = sorted(
        (
            (drug.code, drug.name, CHRONIC_DIAGNOSES[condition][1])
            for condition, drugs in BENEFIT_DRUGS.items()
            for drug in drugs
        )
    )
    for (code, name), found in groupby(listed, key=lambda entry: entry[:2]):
        diseases = "|".join(disease for *_, disease in found)
        yield f"{code}*", {"diseases": diseases}, name, "门诊慢特病病种用药目录（本地）"


def _text(found: Points) -> str:
    text = StringIO(newline="")
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("code", *found[0][1], "name", "region", "valid_from", "valid_to", "source"))
    for code, cells, name, source in found:
        rows.writerow((code, *cells.values(), name, REGION, _HOLDS_FROM, "", source))
    return text.getvalue()


if __name__ == "__main__":
    KNOWLEDGE.mkdir(parents=True, exist_ok=True)
    for name, content in files().items():
        (KNOWLEDGE / name).write_text(content, encoding="utf-8", newline="\n")
