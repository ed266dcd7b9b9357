"""The categories of rules, by the two letters that a rule's id begins with: the ten of the ministry's system of medical
monitoring (人社信息函〔2013〕26号) first."""

from __future__ import annotations

from collections.abc import Mapping

CATEGORIES: Mapping[str, str] = {
    "FQ": "频繁就医 Frequent visits",
    "HC": "超高费用 Very high cost",
    "OD": "超量用药 Too much of a drug",
    "OT": "过度诊疗 Too much treatment",
    "RT": "重复诊疗 Repeated treatment",
    "IM": "不合理用药 Drugs against their rules",
    "IA": "不合理入院 Admission without need",
    "ID": "冒名就医 Impersonation",
    "FK": "虚假就医 Care that did not take place",
    "SA": "分解住院 Stays that are split",
    "DC": "重复收费 Charged twice",
    "OP": "超标准收费 Charged above the standard",
    "UB": "分解收费 Charges that are split",
    "SW": "串换 Swapped items",
    "SC": "支付范围 Beyond what the fund pays for",
    "DG": "DRG/DIP 高套 Upcoded groups",
    "PH": "药店 Pharmacies",
    "TC": "追溯码 Trace codes",
    "XR": "异地 Care in another region",
    "RG": "团伙 Rings",
    "IN": "机构管理与指标 Institutions",
    "PS": "个人与待遇 Persons and benefits",
    "DQ": "数据质量 Data quality",
    "OV": "其他违规 Other violations",
    # rules on indicators, by the ten classes of these
    "AD": "分析:药品 Analysis: drugs",
    "AN": "分析:机构 Analysis: institutions",
    "AS": "分析:人员 Analysis: staff",
    "AG": "分析:疾病 Analysis: diseases",
    "AV": "分析:就诊结算 Analysis: visits",
    "AP": "分析:患者 Analysis: patients",
    "AT": "分析:项目 Analysis: items",
    "AK": "分析:耗材库存 Analysis: stock",
    "AW": "分析:时空网络 Analysis: time, place and company",
    "AF": "分析:基金 Analysis: funds",
}
OTHERS = "其他 Others"


def category_of(rule_id: str) -> str:
    """What the rule's id says it is about."""
    return CATEGORIES.get(rule_id[:2], OTHERS)
