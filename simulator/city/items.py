"""The items of the simulated world.

Codes of the frequency list, the sex-restricted lists and the exclusive pairs are the national ones
(the bureau's two-library batches); all others only have the national shape: service codes beginning with
0099 and drug codes with an S serial were never issued. Prices are invented.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DRUGS_SUPPLIED_DAYS = 28  # a long prescription of the chronic benefit


@dataclass(frozen=True, slots=True)
class Item:
    """One catalogue entry; prices in cents, `price_limit` None where no limit is set."""

    code: str
    name: str
    list_type: str  # 101 drug, 102 herb pieces, 201 service, 301 consumable
    charge_class: str  # 01 bed .. 14 other
    grade: str  # 1 甲, 2 乙, 3 丙 (self-paid)
    price: int
    price_limit: int | None

    def __hash__(self) -> int:
        return hash(self.code)

    @property
    def is_service(self) -> bool:
        """Services have one government price; drugs and consumables differ by seller."""
        return self.list_type == "201"


_REGISTERED: list[Item] = []


def _service(code: str, name: str, charge_class: str, yuan: float, grade: str = "1") -> Item:
    price = round(yuan * 100)
    return Item(code, name, "201", charge_class, grade, price, price if grade != "3" else None)


def _own_service(serial: int, name: str, charge_class: str, yuan: float, grade: str = "1") -> Item:
    return _service(f"0099{serial:07d}0000", name, charge_class, yuan, grade)


def _drug(serial: int, group: str, name: str, yuan: float, grade: str = "1", charge_class: str = "09") -> Item:
    patent = charge_class == "11"
    code = f"Z{group}S{serial:04d}0199{serial:05d}" if patent else f"X{group}S{serial:03d}A0010199{serial:05d}"
    price = round(yuan * 100)
    return Item(code, name, "101", charge_class, grade, price, price * 12 // 10)


def _herb(serial: int, name: str, yuan: float) -> Item:
    price = round(yuan * 100)
    return Item(f"T99{serial:07d}", name, "102", "10", "1", price, price * 12 // 10)


def _consumable(serial: int, name: str, yuan: float, grade: str = "2") -> Item:
    price = round(yuan * 100)
    return Item(f"C99{serial:024d}", name, "301", "08", grade, price, price * 12 // 10)


BED = _service("001109000010000", "普通病房床位费", "01", 40)
WARD_ROUND = _service("001102000050000", "住院诊查费", "02", 25)
NURSING_1 = _service("001201000030000", "Ⅰ级护理", "07", 30)
NURSING_2 = _service("001201000040000", "Ⅱ级护理", "07", 18)
NURSING_3 = _service("001201000050000", "Ⅲ级护理", "07", 10)
HEART_MONITOR = _service("003107010220000", "心电监测", "05", 6)
OXYGEN_MONITOR = _service("003107010280000", "血氧饱和度监测", "05", 3)
HBA1C = _service("002503020030000", "糖化血红蛋白测定", "04", 60)
DIALYSIS = _service("003110000060000", "血液透析", "05", 400)
ANGIOGRAPHY = _service("003205000010000", "冠状动脉造影术", "06", 2900)
FEMALE_ITEMS = (
    _service("002202020010000", "经阴道B超检查", "03", 90),
    _service("002101030310000", "子宫输卵管碘油造影", "03", 180),
)
MALE_ITEMS = (
    _service("002101030290000", "输精管造影", "03", 160),
    Item("XG04CBA088A001010101467", "爱普列特片", "101", "09", "2", 5600, 6720),
)

CONSULTATION = _own_service(1, "普通门诊诊查费", "02", 15)
EXPERT_CONSULTATION = _own_service(2, "主任医师门诊诊查费", "02", 40, "2")
EMERGENCY_CONSULTATION = _own_service(3, "急诊诊查费", "02", 25)
PRIVATE_WARD = _own_service(4, "特需病房床位费", "01", 480, "3")
COMPANION_BED = _own_service(5, "陪护床位费", "01", 20, "3")
LABS = (
    _own_service(11, "血常规五分类", "04", 20),
    _own_service(12, "尿常规分析", "04", 12),
    _own_service(13, "肝功能组合", "04", 68),
    _own_service(14, "肾功能组合", "04", 45),
    _own_service(15, "血脂组合", "04", 55),
    _own_service(16, "空腹血糖测定", "04", 8),
    _own_service(17, "电解质组合", "04", 32),
    _own_service(18, "凝血功能组合", "04", 60),
    _own_service(19, "C反应蛋白测定", "04", 30),
    _own_service(20, "甲状腺功能组合", "04", 120, "2"),
)
EXAMS = (
    _own_service(31, "胸部CT平扫", "03", 230),
    _own_service(32, "颅脑CT平扫", "03", 220),
    _own_service(33, "腹部彩色超声", "03", 110),
    _own_service(34, "心脏彩色超声", "03", 180, "2"),
    _own_service(35, "十二导联心电图", "03", 25),
    _own_service(36, "数字化胸片", "03", 70),
)
INFUSION = _own_service(41, "静脉输液", "05", 12)
INJECTION = _own_service(42, "肌肉注射", "05", 4)
ACUPUNCTURE = _own_service(43, "普通针刺", "05", 35)
LIMB_PUMP = _own_service(44, "肢体气压治疗(单肢)", "05", 28)
REHAB = (
    ACUPUNCTURE,
    _own_service(45, "中频脉冲电治疗", "05", 22),
    _own_service(46, "推拿治疗", "05", 45, "2"),
)
SURGERY = {
    "appendix": _own_service(51, "阑尾切除术", "06", 900),
    "gallbladder": _own_service(52, "腹腔镜胆囊切除术", "06", 1650),
    "cataract": _own_service(53, "白内障超声乳化摘除术", "06", 1400),
    "heart": ANGIOGRAPHY,
}
ANAESTHESIA = _own_service(54, "全身麻醉", "05", 500)

CHRONIC_DRUGS = {
    "hypertension": (
        _drug(101, "C08CA", "苯磺酸氨氯地平片", 22.4),
        _drug(102, "C09CA", "缬沙坦胶囊", 31.8),
        _drug(103, "C07AB", "琥珀酸美托洛尔缓释片", 38.5),
        _drug(104, "C03AA", "氢氯噻嗪片", 6.9),
    ),
    "diabetes": (
        _drug(111, "A10BA", "盐酸二甲双胍片", 24.6),
        _drug(112, "A10BF", "阿卡波糖片", 41.2),
        _drug(113, "A10BH", "沙格列汀片", 98.0, "2"),
        _drug(114, "A10AE", "甘精胰岛素注射液", 136.0, "2"),
    ),
    "heart": (
        _drug(121, "B01AC", "阿司匹林肠溶片", 14.3),
        _drug(122, "B01AC", "硫酸氢氯吡格雷片", 69.0),
        _drug(123, "C10AA", "瑞舒伐他汀钙片", 46.4),
        _drug(124, "C01DA", "单硝酸异山梨酯缓释片", 35.7),
    ),
    "lung": (
        _drug(131, "R03AK", "布地奈德福莫特罗吸入粉雾剂", 188.0, "2"),
        _drug(132, "R03BB", "噻托溴铵吸入粉雾剂", 132.0, "2"),
        _drug(133, "R03DA", "茶碱缓释片", 19.5),
    ),
}
PATENT_DRUGS = (
    _drug(201, "A12HA", "复方丹参滴丸", 28.9, charge_class="11"),
    _drug(202, "A12HA", "通心络胶囊", 36.5, charge_class="11"),
    _drug(203, "A12HA", "稳心颗粒", 42.0, "2", "11"),
    _drug(204, "A09BA", "六味地黄丸", 33.0, charge_class="11"),
)
COSTLY_DRUGS = (
    _drug(211, "L04AB", "阿达木单抗注射液", 1290.0, "2"),
    _drug(212, "B01AF", "利伐沙班片", 210.0, "2"),
    _drug(213, "A10BJ", "司美格鲁肽注射液", 478.0, "2"),
    _drug(214, "H05AA", "特立帕肽注射液", 860.0, "2"),
)
ACUTE_DRUGS = (
    _drug(301, "J01CA", "阿莫西林胶囊", 13.6),
    _drug(302, "J01DD", "头孢克肟胶囊", 27.8),
    _drug(303, "M01AE", "布洛芬缓释胶囊", 19.9),
    _drug(304, "J05AH", "磷酸奥司他韦胶囊", 74.0, "2"),
    _drug(305, "A07BC", "蒙脱石散", 16.2),
    _drug(306, "A01AA", "连花清瘟胶囊", 17.5, charge_class="11"),
    _drug(307, "R05CB", "盐酸氨溴索口服溶液", 23.1),
)
WARD_DRUGS = (
    _drug(401, "B05BB", "氯化钠注射液", 4.8),
    _drug(402, "B05BA", "葡萄糖注射液", 5.2),
    _drug(403, "J01DD", "注射用头孢曲松钠", 18.6),
    _drug(404, "A02BC", "注射用奥美拉唑钠", 21.3, "2"),
    _drug(405, "C01EB", "丹参多酚酸盐注射剂", 62.0, "2"),
    _drug(406, "J01MA", "盐酸左氧氟沙星注射液", 26.4, "2"),
)
HERBS = tuple(
    _herb(n, name, yuan)
    for n, (name, yuan) in enumerate(
        (("黄芪", 0.42), ("当归", 0.55), ("茯苓", 0.31), ("白术", 0.48), ("甘草", 0.27), ("川芎", 0.39)),
        start=1,
    )
)
DIALYSER = _consumable(1, "血液透析器", 120)
INFUSION_SET = _consumable(2, "一次性使用输液器", 6.5)
CANNULA = _consumable(3, "静脉留置针", 18)


@cache
def families() -> dict[str, tuple[Item, ...]]:
    """The items of data/items.csv by what they are used for."""
    found: dict[str, list[Item]] = {}
    for row in _rows():
        found.setdefault(row["family"], []).append(_item_of(row))
    return {family: tuple(items) for family, items in found.items()}


@cache
def equipment_of() -> dict[str, str]:
    """The machine an item needs, by code."""
    own = {EXAMS[0]: "CT", EXAMS[1]: "CT", EXAMS[2]: "US", EXAMS[3]: "US", EXAMS[4]: "ECG", EXAMS[5]: "DR"}
    rest = {_item_of(row).code: row["equipment"] for row in _rows() if row["equipment"]}
    return {item.code: kind for item, kind in own.items()} | {DIALYSIS.code: "DIALYSIS"} | rest


def register(*items: Item) -> None:
    """Items of another module that belong in the delivered catalogue too."""
    _REGISTERED.extend(items)


def _rows() -> list[dict[str, str]]:
    path = Path(__file__).parent.parent / "data" / "items.csv"
    with path.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def _item_of(row: dict[str, str]) -> Item:
    serial, yuan, grade = int(row["serial"]), float(row["yuan"]), row["grade"]
    if row["kind"] == "service":
        return _own_service(serial, row["name"], row["charge_class"], yuan, grade)
    if row["kind"] == "herb":
        return _herb(serial, row["name"], yuan)
    if row["kind"] == "consumable":
        return _consumable(serial, row["name"], yuan, grade)
    return _drug(serial, row["group"], row["name"], yuan, grade, "11" if row["kind"] == "patent" else "09")


def all_items() -> tuple[Item, ...]:
    """Every item once, by code."""
    everything: list[Item] = list(_REGISTERED)
    for value in (*list(globals().values()), *families().values()):
        everything += _items_in(value)
    return tuple(sorted({item.code: item for item in everything}.values(), key=lambda item: item.code))


def _items_in(value: object) -> list[Item]:
    """The items of a constant: itself, or what a tuple or mapping of it holds."""
    if isinstance(value, Item):
        return [value]
    held = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else ()
    return [item for part in held for item in _items_in(part)]
