"""Illnesses: whom they strike, when, which department treats them and with what."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate
from pathlib import Path

from simulator.city import items as catalogue
from simulator.city.items import Item
from simulator.streams import Hand

Diagnosis = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Illness:
    """One illness; `kind` is passing, injury, ward (a stay) or surgery (a stay with an operation)."""

    kind: str
    diagnosis: Diagnosis
    department: str
    season: str
    ages: str
    weight: float
    drugs: tuple[Item, ...]
    imaging: Item | None

    def strikes(self, years: int, sex: str) -> bool:
        """Anyone, children to 14, adults, the old, women of 15 to 55, old men."""
        return {
            "any": True,
            "child": years <= 14,
            "adult": years >= 18,
            "old": years >= 50,
            "woman": sex == "2" and 15 <= years <= 55,
            "oldman": sex == "1" and years >= 55,
        }[self.ages]


@dataclass(frozen=True, slots=True)
class Operation:
    """What is done in theatre for a diagnosis."""

    procedure: Diagnosis
    items: tuple[Item, ...]


def drug_families() -> dict[str, tuple[Item, ...]]:
    """Drugs by family: those of the catalogue's constants and those of data/items.csv."""
    return {"acute": catalogue.ACUTE_DRUGS, "ward": catalogue.WARD_DRUGS, **catalogue.families()}


@cache
def illnesses() -> tuple[Illness, ...]:
    """Every illness of data/illnesses.csv."""
    families = drug_families()
    examinations = (*catalogue.EXAMS, *catalogue.families()["imaging"])
    path = Path(__file__).parent.parent / "data" / "illnesses.csv"
    with path.open(encoding="utf-8", newline="") as text:
        return tuple(
            Illness(
                row["kind"], (row["code"], row["name"]), row["department"], row["season"], row["ages"],
                float(row["weight"]),
                tuple(drug for family in row["drugs"].split("|") for drug in families[family]),
                next((item for item in examinations if row["imaging"] and row["imaging"] in item.name), None),
            )
            for row in csv.DictReader(text)
        )  # fmt: skip


@lru_cache(maxsize=4096)
def _choice(kinds: tuple[str, ...], years: int, sex: str) -> tuple[tuple[Illness, ...], tuple[float, ...]]:
    fitting = tuple(i for i in illnesses() if i.kind in kinds and i.strikes(years, sex))
    return fitting, tuple(accumulate(illness.weight for illness in fitting))


def drawn(hand: Hand, kinds: tuple[str, ...], years: int, sex: str) -> Illness:
    """An illness that strikes people of that age and sex."""
    return hand.weighted(*_choice(kinds, years, sex))


@cache
def operations() -> dict[str, Operation]:
    """The operation by main diagnosis (ICD-10), with what is charged for it beside anaesthesia."""
    own, implants = catalogue.families()["operations"], catalogue.families()["implants"]
    suture, hemostat, plate, knee, mesh = implants
    return {
        "K35.800": Operation(("47.0100", "腹腔镜下阑尾切除术"), (catalogue.SURGERY["appendix"], suture)),
        "K80.100": Operation(("51.2300", "腹腔镜下胆囊切除术"), (catalogue.SURGERY["gallbladder"], suture, hemostat)),
        "H25.900": Operation(("13.4100x001", "白内障超声乳化抽吸术"), (catalogue.SURGERY["cataract"],)),
        "I25.103": Operation(("88.5500", "单根导管的冠状动脉造影术"), (catalogue.SURGERY["heart"],)),
        "S82.200": Operation(("79.3600", "胫骨骨折切开复位内固定术"), (own[2], plate, suture)),
        "K40.900": Operation(("53.0500", "单侧腹股沟疝修补术"), (own[3], mesh, suture)),
        "M17.100": Operation(("81.5400", "全膝关节置换术"), (own[4], knee, suture, hemostat)),
        "N40.x00": Operation(("60.2900", "经尿道前列腺切除术"), (own[5],)),
        "E04.100": Operation(("06.3900", "甲状腺部分切除术"), (own[6], suture)),
        "K63.500": Operation(("45.4200", "内镜下结肠息肉切除术"), (own[7],)),
        "O82.000": Operation(("74.1x00", "剖宫产术"), (own[0], suture)),
    }
