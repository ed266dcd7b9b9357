"""Items that come in pairs, cheap and dear or covered and not: what swaps, surcharges and covers are made of.

Codes only have the national shape (see the catalogue); prices are invented.
"""

from __future__ import annotations

from simulator.city.items import Item, register


def _service(serial: int, name: str, charge_class: str, yuan: float, grade: str = "1") -> Item:
    price = round(yuan * 100)
    return Item(f"0099{serial:07d}0000", name, "201", charge_class, grade, price, price if grade != "3" else None)


def _good(code: str, name: str, list_type: str, charge_class: str, yuan: float, grade: str) -> Item:
    price = round(yuan * 100)
    return Item(code, name, list_type, charge_class, grade, price, price * 12 // 10 if grade != "3" else None)


def _drug(serial: int, group: str, name: str, yuan: float, grade: str = "1") -> Item:
    return _good(f"X{group}S{serial:03d}A0010199{serial:05d}", name, "101", "09", yuan, grade)


# The same test by two methods, the same scan on two machines (a typical problem of inspections).
TSH_PLAIN = _service(201, "促甲状腺激素测定(放射免疫法)", "04", 15)
TSH_DEAR = _service(202, "促甲状腺激素测定(化学发光法)", "04", 40)
SCAN_PLAIN = _service(203, "胸部CT平扫(16排)", "03", 160)
SCAN_DEAR = _service(204, "胸部CT平扫(64排及以上)", "03", 290)
PLATE_PLAIN = _good("C99" + f"{101:024d}", "金属锁定接骨板(国产)", "301", "08", 1280, "2")
PLATE_DEAR = _good("C99" + f"{102:024d}", "金属锁定接骨板(进口)", "301", "08", 5650, "2")
PLATING = _service(205, "骨折切开复位内固定术", "06", 1250)
# Beauty is self-paid, skin disease is not.
SKIN_BEAUTY = _service(206, "强脉冲光嫩肤", "05", 380, "3")
SKIN_LIGHT = _service(207, "窄谱紫外线照射治疗", "05", 46)
# Units and surcharges.
DRESSING = _service(211, "大换药", "05", 24)
CHILD_SURCHARGE = _service(212, "六岁以下儿童静脉输液加收", "05", 4)
WOUND_SUTURE = _service(213, "清创缝合术", "06", 210)
NEWBORN_SCREEN = _service(214, "产前血清学筛查(限生育保险)", "04", 165)
REGISTRATION = _service(215, "挂号费", "13", 1)
# Pharmacy goods.
TONIC = _good("Z" + "A09BA" + "S0301" + "0199" + "00301", "阿胶块", "101", "11", 598, "3")
PROTEIN = _good("Z" + "A09BA" + "S0302" + "0199" + "00302", "营养素补充剂", "101", "14", 168, "3")
COVER_DRUG = _good("Z" + "A06BA" + "S0303" + "0199" + "00303", "复方感冒灵颗粒", "101", "11", 21.6, "1")
ANTIBIOTIC = _drug(901, "J01CR", "哌拉西林他唑巴坦注射剂", 58.0, "2")
VENTILATION = _service(216, "呼吸机辅助通气(每小时)", "05", 12)

VARIANTS = (
    TSH_PLAIN, TSH_DEAR, SCAN_PLAIN, SCAN_DEAR, PLATE_PLAIN, PLATE_DEAR, PLATING, SKIN_BEAUTY, SKIN_LIGHT, DRESSING,
    CHILD_SURCHARGE, WOUND_SUTURE, NEWBORN_SCREEN, REGISTRATION, TONIC, PROTEIN, COVER_DRUG, ANTIBIOTIC, VENTILATION,
)  # fmt: skip
register(*VARIANTS)
