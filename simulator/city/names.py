"""Names, certificates, telephones and addresses that can belong to nobody.

Certificates carry an area prefix (99) and telephones a prefix (100) that were never issued; names are drawn
from common surnames and given characters, towns and streets do not exist.
"""

from __future__ import annotations

from datetime import date

from simulator.streams import Hand

AREA = "990001"
REGIONS = ("990002", "990003")  # other counties of the same region
MOST_COUNTIES = 90
_FIRST_COUNTY = 990011  # of those beside the first
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华文玉兰建国志梅春红海云"
_STREETS = ("柳湾路", "青禾街", "望川巷", "石桥北路", "丹霞里")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643
_CHECKS = "10X98765432"


def county(hand: Hand, counties: int) -> str:
    """The code of one of so many counties, each as likely as the others."""
    number = hand.between(0, counties - 1)
    return AREA if number == 0 else str(_FIRST_COUNTY + number - 1)


def address(hand: Hand) -> str:
    """A dwelling in a town that does not exist."""
    house = f"{hand.between(1, 199)}号{hand.between(1, 30)}栋{hand.between(101, 1806)}室"
    return f"云溪市青禾区{hand.pick(_STREETS)}{house}"


def telephone(hand: Hand) -> str:
    """Eleven digits with a prefix no operator has."""
    return "100" + hand.new_id(8)


def person_name(hand: Hand, surname: str = "") -> str:
    """A name; with the surname asked for."""
    return (surname or hand.pick(SURNAMES)) + "".join(hand.some(_GIVEN, hand.pick((1, 2, 2))))


def certificate(hand: Hand, birth: date, sex: str) -> str:
    """Eighteen characters with the right check character; the 17th digit is odd for men (GB 11643)."""
    serial = hand.between(0, 499) * 2 + (1 if sex == "1" else 0)
    body = f"{AREA}{birth:%Y%m%d}{serial:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True))
    return body + _CHECKS[total % 11]
