"""Items that schemes and their look-alikes need beside the catalogue's.

Codes that publications name are the national ones; all others only have the national shape (0099, C99 and
S serials were never issued). Prices are invented.
"""

from __future__ import annotations

from simulator.city.items import Item, register


def _service(code: str, name: str, charge_class: str, yuan: int, grade: str = "1") -> Item:
    return Item(code, name, "201", charge_class, grade, yuan * 100, yuan * 100)


def _own(serial: int, name: str, charge_class: str, yuan: int, grade: str = "1") -> Item:
    return _service(f"0099{serial:07d}0000", name, charge_class, yuan, grade)


def _drug(serial: int, group: str, name: str, cents: int, grade: str = "1") -> Item:
    return Item(f"X{group}S{serial:03d}A0010199{serial:05d}", name, "101", "09", grade, cents, cents * 12 // 10)


def _part(serial: int, name: str, yuan: int) -> Item:
    return Item(f"C99{serial:024d}", name, "301", "08", "2", yuan * 100, yuan * 120)


# Laboratory: markers, tests without indication (typical problems of inspections), panel and components (T3).
TUMOUR_MARKERS = (
    _own(901, "甲胎蛋白测定", "04", 40),
    _own(902, "癌胚抗原测定", "04", 40),
    _own(903, "糖类抗原125测定", "04", 55),
    _own(904, "糖类抗原199测定", "04", 55),
    _own(905, "糖类抗原153测定", "04", 55),
    _own(906, "鳞状细胞癌抗原测定", "04", 60),
    _own(907, "神经元特异性烯醇化酶测定", "04", 60),
)
SCREENING_LABS = (
    _own(911, "D-二聚体测定", "04", 60),
    _own(912, "B型钠尿肽前体测定", "04", 180, "2"),
    _own(913, "肌红蛋白测定", "04", 45),
    _own(914, "胱抑素C测定", "04", 40),
)
LIVER_PANEL = _own(921, "肝功能全套", "04", 68)
LIVER_COMPONENTS = (
    _own(922, "丙氨酸氨基转移酶测定", "04", 8),
    _own(923, "总胆红素测定", "04", 8),
    _own(924, "白蛋白测定", "04", 8),
    _own(925, "碱性磷酸酶测定", "04", 8),
)
GLUCOSE = _own(926, "末梢血葡萄糖测定", "04", 6)
# Imaging and monitoring.
HEAD_CT = _own(931, "头部CT平扫", "03", 220)
CHEST_CT = _own(932, "胸部CT平扫(薄层)", "03", 230)
ABDOMEN_CT = _own(933, "腹部CT平扫", "03", 230)
BRAIN_MRI = _own(934, "头部磁共振平扫", "03", 480, "2")
LARGE_EXAMS = (HEAD_CT, CHEST_CT, ABDOMEN_CT, BRAIN_MRI)
EMERGENCY_MONITORING = _service("001103000010000", "急诊监护费", "02", 120)
INVASIVE_PRESSURE = _service("003107020020000", "持续有创性血压监测", "05", 15)
# Treatment, rehabilitation courses (30 and 90 days), operations that contain one another.
PERFUSION = _service("003110000100000", "血液灌流", "05", 450, "2")
WEIGHT_SUPPORT = _service("003402000210000", "减重支持系统训练", "05", 40)
WHEELCHAIR_TRAINING = _service("003402000220000", "轮椅功能训练", "05", 25)
TILT_TABLE = _service("003402000230000", "电动起立床训练", "05", 25)
REHAB_COURSES = (WEIGHT_SUPPORT, WHEELCHAIR_TRAINING, TILT_TABLE)
BALLOON = _service("003205000020000", "经皮冠状动脉腔内成形术(PTCA)", "06", 3200, "2")
STENTING = _service("003205000030000", "经皮冠状动脉内支架置入术(STENT)", "06", 3800, "2")
RESUSCITATION = _own(941, "大抢救", "05", 180)
SUTURE, DRAINAGE, EXPLORATION = (
    _own(942, "清创缝合术", "06", 160),
    _own(943, "腹腔引流术", "06", 220),
    _own(944, "腹腔探查术", "06", 380),
)
OPERATION_STEPS = (SUTURE, DRAINAGE, EXPLORATION)
CHEMOTHERAPY = _own(945, "肿瘤化学治疗(静脉)", "05", 60)
# A set and its parts.
INFUSION_KIT = _part(951, "中心静脉导管套件", 420)
KIT_PARTS = (
    _part(952, "中心静脉导管", 260),
    _part(953, "导丝", 150),
    _part(954, "扩张器", 90),
    _part(955, "穿刺针", 60),
)
# Drugs by therapeutic class: pairs of one class, restricted and course drugs.
STATINS = (
    _drug(901, "C10AA", "阿托伐他汀钙片", 4860),
    _drug(902, "C10AA", "辛伐他汀片", 2150),
)
PUMP_INHIBITORS = (
    _drug(903, "A02BC", "泮托拉唑钠肠溶片", 2690),
    _drug(904, "A02BC", "雷贝拉唑钠肠溶片", 4350, "2"),
)
SARTANS = (
    _drug(905, "C09CA", "厄贝沙坦片", 3320),
    _drug(906, "C09CA", "替米沙坦片", 2790),
)
DUPLICATES = (STATINS, PUMP_INHIBITORS, SARTANS)
QUINOLONE = _drug(907, "J01MA", "左氧氟沙星片", 2240)
CLOZAPINE = _drug(908, "N05AH", "氯氮平片", 1180)
WARFARIN = _drug(909, "B01AA", "华法林钠片", 960)
WOMENS_DRUG = _drug(910, "G03DA", "地屈孕酮片", 7150, "2")
DEAR_MEDICINE = _drug(911, "L01EF", "哌柏西利胶囊", 498000, "2")

RARE_ITEMS: tuple[Item, ...] = (
    *TUMOUR_MARKERS, *SCREENING_LABS, LIVER_PANEL, *LIVER_COMPONENTS, GLUCOSE, *LARGE_EXAMS, EMERGENCY_MONITORING,
    INVASIVE_PRESSURE, PERFUSION, *REHAB_COURSES, BALLOON, STENTING, RESUSCITATION, *OPERATION_STEPS, CHEMOTHERAPY,
    INFUSION_KIT, *KIT_PARTS, *STATINS, *PUMP_INHIBITORS, *SARTANS, QUINOLONE, CLOZAPINE, WARFARIN, WOMENS_DRUG,
    DEAR_MEDICINE,
)  # fmt: skip
register(*RARE_ITEMS)
