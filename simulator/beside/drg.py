"""Payment groups of stays, simplified: chapter of the main diagnosis, operation or not, complications.

The real grouper has some 600 groups; this one has one surgical and one medical family per chapter, each in
three grades of complication. It only reads what is written on the encounter, so that a changed diagnosis
changes the group. Weights in hundredths, money in cents (the payment-group result).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from simulator.beside.extra_table import Dated, ExtraTable
from simulator.care.records import Visit
from simulator.delivering.rows import money
from simulator.streams import Hand

RATE = 455_000  # cents per weight of 1.00
# First letter of the main diagnosis -> chapter letter, its name, weight of a medical and of a surgical stay.
_CHAPTERS = {
    "A": ("S", "感染及寄生虫病", 105, 170), "B": ("S", "感染及寄生虫病", 95, 160), "C": ("R", "肿瘤", 125, 240),
    "D": ("Q", "血液疾患", 90, 150), "E": ("K", "内分泌疾病", 85, 165), "F": ("T", "精神疾患", 95, 120),
    "G": ("B", "神经系统疾患", 100, 230), "H": ("C", "眼科疾患", 60, 75), "I": ("F", "循环系统疾患", 115, 210),
    "J": ("E", "呼吸系统疾患", 95, 220), "K": ("G", "消化系统疾患", 85, 145), "L": ("J", "皮肤疾患", 70, 110),
    "M": ("I", "肌肉骨骼疾患", 85, 260), "N": ("L", "泌尿系统疾患", 80, 150), "O": ("O", "妊娠分娩", 70, 105),
    "P": ("P", "新生儿疾患", 90, 160), "R": ("X", "症状与体征", 65, 110), "S": ("I", "损伤", 90, 230),
    "T": ("V", "中毒与创伤", 95, 200), "Z": ("X", "影响健康因素", 55, 90),
}  # fmt: skip
_OTHER = ("X", "其他", 75, 130)
# Secondary diagnoses that count as complications: of the greater and of the lesser kind.
_GREATER = ("J96", "A41", "I46", "J80", "R57", "N17", "K72")
_LESSER = ("E11", "I50", "J44", "N18", "I48", "D62", "E87", "J18", "I25")
_GRADES = {"1": ("伴严重合并症与伴随病", 150), "3": ("伴一般合并症与伴随病", 112), "5": ("不伴合并症与伴随病", 88)}


@dataclass(frozen=True, slots=True)
class Group:
    """A payment group; `weight` in hundredths."""

    code: str
    name: str
    weight: int

    @property
    def standard(self) -> int:
        """What is paid for a stay of the group, in cents."""
        return self.weight * RATE // 100


def group_of(visit: Visit) -> Group:
    """The group of a stay by its main diagnosis, operation and other diagnoses."""
    main, others = visit.diagnoses[0][0], [code for code, _ in visit.diagnoses[1:]]
    letter, name, medical, surgical = _CHAPTERS.get(main[:1], _OTHER)
    grade = "1" if any(code.startswith(_GREATER) for code in others) else "5"
    if grade == "5" and any(code.startswith(_LESSER) and code[:3] != main[:3] for code in others):
        grade = "3"
    operated = visit.operation is not None
    number = int(visit.operation[0][:2]) % 10 if visit.operation and visit.operation[0][:2].isdigit() else 0
    code = f"{letter}{'B' if operated else 'R'}{number if operated else int(_digit(main))}{grade}"
    reported, percent = _GRADES[grade]
    kind = "手术" if operated else "内科治疗"
    return Group(code, f"{name}{kind}，{reported}", (surgical if operated else medical) * percent // 100)


def _digit(code: str) -> str:
    return code[1] if len(code) > 1 and code[1].isdigit() else "0"


def _rows(hand: Hand, visit: Visit) -> Iterator[Dated]:
    """One row per settlement of a stay; a reversal takes its result back by being marked in setl."""
    if not visit.is_stay:
        return
    group = group_of(visit)
    for settlement in visit.settlements:
        if settlement.is_reversal:
            continue
        cost = settlement.sums["medfee_sumamt"]
        ratio = cost * 10_000 // group.standard
        row = (
            settlement.id, visit.id, group.code, group.name, f"{group.weight // 100}.{group.weight % 100:02d}",
            money(RATE), money(group.standard), f"{ratio // 10_000}.{ratio % 10_000:04d}",
        )  # fmt: skip
        yield Dated(settlement.at.date(), settlement.id, row)


PAYMENT_GROUPS = ExtraTable(
    "setl_drg",
    ("setl_id", "mdtrt_id", "grp_code", "grp_name", "weight", "rate", "payment_std", "cost_ratio"),
    of_visit=_rows,
)
