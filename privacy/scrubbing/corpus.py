# ruff: noqa: E501 (an expression or a list of characters is read whole)
"""Labelled texts that the scrubber is measured with: some written by hand, thousands composed from a seed.

Nobody in them exists: certificates carry area 99, telephones the prefix 100, towns and streets are made up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from fundwatch.errors import FundwatchError
from fundwatch.resources import package_files, read_yaml
from privacy.scrubbing.patterns import Kind

_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
_COMPOUND = ("欧阳", "上官", "司马", "诸葛", "夏侯", "皇甫", "慕容", "令狐", "司徒", "东方")
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华文玉兰建国志梅春红海云龙飞鹏辉宇浩然子轩欣怡佳琪雨涵梓萱思远晓东新民永福德胜淑珍凤琴兆麟柏松雪莲光荣家宝天佑"
_FIRST_DOTTED = ("阿依古丽", "买买提", "艾力", "帕提古丽", "阿不都热西提", "古丽娜尔", "迪丽努尔", "库尔班江")
_LAST_DOTTED = ("买买提", "吐尔逊", "艾合买提", "阿不都拉", "依明", "库尔班", "玉素甫", "萨迪克")
_TIBETAN = ("扎西顿珠", "次仁卓玛", "格桑央金", "洛桑多吉", "旦增平措", "德吉拉姆")
_TOWNS = ("云溪市", "望川市", "石桥市", "丹霞州")
_COUNTIES = ("青禾区", "柳湾县", "望江县", "永宁区", "高新区", "白石县")
_VILLAGES = ("大坪村", "柳树村", "上寨村", "新立屯", "河口村", "李家庄")
_STREETS = ("柳湾路", "青禾街", "望川巷", "石桥北路", "建设大道", "丹霞路", "永安东街", "团结路")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_PLATE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


def _digits(dice: Random, count: int) -> str:
    return "".join(dice.choice("0123456789") for _ in range(count))


def plain_name(dice: Random) -> str:
    """A Han name with one or two given characters, sometimes with a compound surname."""
    surname = dice.choice(_COMPOUND) if dice.random() < 0.06 else dice.choice(_SURNAMES)
    return surname + "".join(dice.sample(_GIVEN, dice.choice((1, 2, 2))))


def name(dice: Random) -> str:
    """A name of any people."""
    draw = dice.random()
    if draw < 0.05:
        return f"{dice.choice(_FIRST_DOTTED)}{dice.choice('···•')}{dice.choice(_LAST_DOTTED)}"
    if draw < 0.08:
        return dice.choice(_TIBETAN)
    if draw < 0.12:
        return f"{dice.choice(_SURNAMES)}{dice.choice(('某', '某某', '××', 'XX', '**'))}"
    return plain_name(dice)


def certificate(dice: Random) -> str:
    """A certificate with area 99, of 18 characters with its check character or of 15 digits; as people write it."""
    area = f"99{_digits(dice, 4)}"
    year, month, day = dice.randint(1925, 2025), dice.randint(1, 12), dice.randint(1, 28)
    if dice.random() < 0.12:
        return f"{area}{year % 100:02d}{month:02d}{day:02d}{_digits(dice, 3)}"
    body = f"{area}{year}{month:02d}{day:02d}{_digits(dice, 3)}"
    check = "10X98765432"[sum(w * int(d) for w, d in zip(_WEIGHTS, body, strict=True)) % 11]
    check = dice.choice((check, check.lower()))
    separator = dice.choice(("", "", "", "", " ", "-"))
    return separator.join((body[:6], body[6:14], body[14:] + check))


def phone(dice: Random) -> str:
    """A mobile with prefix 100, or a landline of area 0999; as people write it."""
    if dice.random() < 0.2:
        number = f"555{_digits(dice, 4)}"
        return dice.choice(("0999-{}", "(0999){}", "0999 {}", "0999{}", "0999-{}转802")).format(number)
    number = f"100{_digits(dice, 8)}"
    spaced = (
        number,
        number,
        number,
        f"{number[:3]}-{number[3:7]}-{number[7:]}",
        f"{number[:3]} {number[3:7]} {number[7:]}",
    )
    return dice.choice(("", "", "", "+86", "+86 ", "86-", "0086 ")) + dice.choice(spaced)


def bank_card(dice: Random) -> str:
    """A card number that passes Luhn's test."""
    body = dice.choice(("620099", "629900", "409900")) + _digits(dice, dice.choice((9, 12)))
    doubled = sum(sum(divmod(int(d) * 2, 10)) for d in body[-1::-2]) + sum(int(d) for d in body[-2::-2])
    number = body + str(-doubled % 10)
    return number if dice.random() < 0.7 else " ".join(re.findall(".{1,4}", number))


def address(dice: Random) -> str:
    """A dwelling in a town that does not exist."""
    number, flat = dice.randint(1, 199), dice.randint(101, 1806)
    county = dice.choice(_COUNTIES)
    city = dice.choice((*_TOWNS, ""))
    return dice.choice(
        (
            f"{city}{county}{dice.choice(_STREETS)}{number}号",
            f"{city}{county}{dice.choice(_STREETS)}{number}号{dice.randint(1, 30)}栋{dice.randint(1, 4)}单元{flat}室",
            f"{county}石桥镇{dice.choice(_VILLAGES)}{dice.randint(1, 12)}组",
            f"{county}青石乡{dice.choice(_VILLAGES)}{number}号",
            f"{dice.choice(_STREETS)}{number}号{dice.randint(1, 30)}幢{flat}室",
            f"{city}{county}永安街道望川社区{number}号",
        )
    )


def plate(dice: Random) -> str:
    """A civil plate or one of the new energy kind."""
    more = "".join(dice.choice(_PLATE_LETTERS + "0123456789") for _ in range(dice.choice((3, 4))))
    return f"{dice.choice('桂粤云湘川京鲁')}{dice.choice('ABCDE')}{dice.choice(('', '·', ' '))}{dice.randint(0, 9)}{more}{dice.randint(0, 9)}"


_MAKERS: dict[str, Callable[[Random], str]] = {
    "姓名": name,
    "全名": plain_name,
    "姓": lambda dice: dice.choice(_COMPOUND) if dice.random() < 0.05 else dice.choice(_SURNAMES),
    "证件": certificate,
    "护照": lambda dice: dice.choice("EG") + _digits(dice, 8),
    "电话": phone,
    "银行卡": bank_card,
    "邮箱": lambda dice: f"{dice.choice(('li.wei', 'zhang_88', 'w2001', 'chen-y'))}{_digits(dice, 2)}@{dice.choice(('example.com', 'mail.example.cn'))}",
    "账号": lambda dice: dice.choice(("wx_", "abc", "li-hua", "Q")) + _digits(dice, 6),
    "车牌": plate,
    "社保号": lambda dice: dice.choice(("A", "Z", "")) + "99" + _digits(dice, 8),
    "病案号": lambda dice: dice.choice(("ZY", "MZ", "")) + "00" + _digits(dice, 6),
    "地址": address,
}  # fmt: skip
_LABEL_OF = {"全名": "姓名", "姓": "姓名", "护照": "证件"}

MARKED = (
    "患者<姓名>因反复胸闷3天入院,测血压160/90mmHg",
    "<全名>,女,67岁,2型糖尿病病史10年。",
    "联系人:<姓名> 电话:<电话>",
    "身份证号<证件>,已核实,总费用1234.56元",
    "证件<证件>与系统登记不一致,退单",
    "代办人<全名>(<证件>)代领慢病用药2盒",
    "家住<地址>,独居,随访困难",
    "住址:<地址>。既往体健",
    "送药至<地址>,签收人:<姓名>",
    "手机<电话>,复诊前请联系",
    "患者电话<电话>无人接听,改拨<电话>",
    "退费至银行卡<银行卡>,户名:<全名>",
    "卡号<银行卡>,退款金额356.20元",
    "医保卡号:<社保号>读卡失败,手工录入",
    "社保卡号<社保号>,人证相符",
    "病案号<病案号>,3床,二级护理",
    "住院号:<病案号> 外送检查",
    "发票发送至<邮箱>,已开具",
    "微信:<账号>,发送检查报告",
    "QQ号<账号>,线上复诊",
    "车祸外伤,肇事车辆<车牌>,已报警",
    "护照号<护照>,外籍人士自费",
    "<姓>医生查房,继续抗感染治疗",
    "<姓>主任会诊意见:建议手术",
    "<姓>先生要求自费使用进口材料",
    "<姓>女士,孕38周,规律产检",
    "医师签名:<姓名>",
    "家属签字:<姓名>,同意手术",
    "由<全名>代取药,电话<电话>",
    "其子<全名>代诉病史,联系电话<电话>",
    "患者姓名:<姓名>;年龄:56岁;诊断:高血压3级",
    "经办人:<全名> 复核人:<全名>",
    "<全名><电话>",
    "护士<全名>执行,药师<全名>审核",
    "住院期间<本人>外出,未请假",
    "与<本人>的母亲沟通,情绪稳定",
)
CLEAN = (
    "患者高血压病史#年,血压1#0/8#mmHg,予氨氯地平5mg qd",
    "空腹血糖 7.#mmol/L,糖化血红蛋白 6.#%",
    "E11.900 2型糖尿病;I10.x00 高血压病",
    "XB01AXA223B002010100156 注射液 #支 单价1##.50元",
    "001109000010000 普通病房床位费 #天×45元",
    "2026年3月#日至2026年3月2#日住院1#天,总费用1####.67元",
    "患者于2026-03-0# 09:30行冠状动脉造影,过程顺利",
    "白细胞1#.5×10^9/L,中性粒细胞8#.2%,血红蛋白1##g/L",
    "第#组静脉输液,0.9%氯化钠250ml+头孢曲松2.0g",
    "转市第一人民医院进一步治疗,已办理转诊",
    "管床医生查房,上级医师指示继续观察",
    "左侧第#肋骨骨折,L4/5椎间盘突出,CT平扫1次",
    "追溯码 8123456789012345####",
    "批号2026030# 有效期至2028-02-28 规格0.25g×24粒",
    "患者全麻下行腹腔镜胆囊切除术,安返病房",
    "限二级及以上医疗机构,限重度患者支付",
    "住院期间外送检查",
    "第#肢",
    "社区获得性肺炎,临床路径入径,抗感染#天",
    "急诊转住院,医保限价以外费用#2.30元自付",
    "二病区1#床,一级护理,心电监护##小时",
    "当归10g 白芍15g 熟地20g 川芎6g 甘草#g 共#剂",
    "处方超量,建议核减##.#0元;同一处方重复录入",
)


def filled(template: str, dice: Random, own: list[str]) -> str:
    """A template with its identifiers, labelled; the row's own names that it uses go into `own`."""

    def made(match: re.Match[str]) -> str:
        if match[1] == "本人":
            own.append(plain_name(dice))
            return f"{{姓名:{own[-1]}}}"
        return f"{{{_LABEL_OF.get(match[1], match[1])}:{_MAKERS[match[1]](dice)}}}"

    return re.sub("#", lambda _: str(dice.randint(1, 9)), re.sub(r"<([^<>]+)>", made, template))


KIND_NAMES = {
    "姓名": Kind.NAME,
    "证件": Kind.CERTIFICATE,
    "电话": Kind.PHONE,
    "银行卡": Kind.BANK_CARD,
    "邮箱": Kind.EMAIL,
    "账号": Kind.ACCOUNT,
    "车牌": Kind.PLATE,
    "社保号": Kind.SOCIAL_SECURITY,
    "病案号": Kind.RECORD_NUMBER,
    "地址": Kind.ADDRESS,
}
_LABEL = re.compile(r"\{([^{}:]+):([^{}]*)\}")
_BRACES = re.compile(r"[{}]")


@dataclass(frozen=True)
class LabelledSpan:
    """Where an identifier stands: a half-open span of characters."""

    start: int
    end: int
    kind: Kind


@dataclass(frozen=True)
class Labelled:
    """A text, its identifiers, and the row's own names that go with it."""

    text: str
    labels: tuple[LabelledSpan, ...]
    names: tuple[str, ...] = ()


def labelled(marked: str, names: Sequence[str] = ()) -> Labelled:
    """A text from its marked form, `患者{姓名:某甲}…`. Raises FundwatchError for a kind that does not exist."""
    parts, labels, position, length = [], [], 0, 0
    for match in _LABEL.finditer(marked):
        if match[1] not in KIND_NAMES:
            raise FundwatchError(f"no kind of identifier is named '{match[1]}'", where="the labelled corpus")
        before = marked[position : match.start()]
        start = length + len(before)
        parts += [before, match[2]]
        length = start + len(match[2])
        labels.append(LabelledSpan(start, length, KIND_NAMES[match[1]]))
        position = match.end()
    text = "".join([*parts, marked[position:]])
    if _BRACES.search(text):
        raise FundwatchError("a label does not close", where="the labelled corpus")
    return Labelled(text, tuple(labels), tuple(names))


def written() -> tuple[Labelled, ...]:
    """The hand-written texts that the patterns were made with."""
    return _texts("written.yaml")


def held_out() -> tuple[Labelled, ...]:
    """Hand-written texts that the first patterns were judged by; later ones were made while looking at them."""
    return _texts("held_out.yaml")


def independent(half: Literal["a", "b"]) -> tuple[Labelled, ...]:
    """Texts by somebody who had not seen the patterns. Patterns were then made with half a; half b judges."""
    return _texts(f"independent_{half}.yaml")


def _texts(name: str) -> tuple[Labelled, ...]:
    file = next(file for file in package_files("privacy", "scrubbing/corpora", ".yaml") if file.name == name)
    return tuple(labelled(line) for line in read_yaml(file)["texts"].splitlines() if line.strip())


def composed(count: int, seed: int) -> Iterator[Labelled]:
    """`count` texts: templates filled with invented identifiers in the spellings people use, among clean notes."""
    dice = Random(seed)
    for number in range(count):
        template = dice.choice(CLEAN if number % 4 == 3 else MARKED)
        own: list[str] = []
        yield labelled(_noisy(filled(template, dice, own), dice), own)


def _noisy(marked: str, dice: Random) -> str:
    """The text as people type it: other punctuation, full width, blanks. Labels keep their brackets."""
    changes: tuple[Callable[[str], str], ...] = (
        lambda text: text,
        lambda text: text,
        lambda text: text.replace(",", ","),
        lambda text: text.replace(",", " "),
        lambda text: text.replace("。", ";"),
        lambda text: f" {text} ",
        _full_width_digits,
    )
    return dice.choice(changes)(marked)


def _full_width_digits(text: str) -> str:
    return text.translate({ord("0") + n: chr(0xFF10 + n) for n in range(10)})
