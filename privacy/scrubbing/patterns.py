# ruff: noqa: E501 (an expression or a list of characters is read whole)
"""Patterns of identifiers that show by their form: numbers, accounts, plates, addresses. All work on folded text.

Certificates after GB 11643-1999 (check digit), bank cards after ISO/IEC 7812 (Luhn). A pattern that needs more than
its form has a judge, which sees the match and says whether it is one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"


class Kind(StrEnum):
    """What was found; the value is what stands in its place."""

    CERTIFICATE = "[证件]"
    PHONE = "[电话]"
    BANK_CARD = "[银行卡]"
    EMAIL = "[邮箱]"
    ACCOUNT = "[账号]"
    PLATE = "[车牌]"
    SOCIAL_SECURITY = "[社保号]"
    RECORD_NUMBER = "[病案号]"
    ADDRESS = "[地址]"
    NAME = "[姓名]"
    WHOLE = "[全文]"


@dataclass(frozen=True)
class Pattern:
    """A kind, its expression (group 1, if any, is the identifier) and its judge."""

    kind: Kind
    expression: re.Pattern[str]
    judge: Callable[[re.Match[str]], bool] = lambda _match: True


def is_check_digit_right(certificate: str) -> bool:
    """Whether 18 characters without separators carry the check character of GB 11643."""
    total = sum(w * int(d) for w, d in zip(_WEIGHTS, certificate[:17], strict=True))
    return _CHECK_DIGITS[total % 11] == certificate[17].upper()


def is_luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of ISO/IEC 7812."""
    doubled = (sum(divmod(int(d) * 2, 10)) for d in digits[-2::-2])
    return (sum(doubled) + sum(int(d) for d in digits[::-2])) % 10 == 0


def _bare(match: re.Match[str]) -> str:
    return re.sub(r"[^0-9A-Za-z]", "", match.group())


def _has_birth_date(digits: str) -> bool:
    return re.match(r"(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])", digits) is not None


def _is_certificate(match: re.Match[str]) -> bool:
    text = _bare(match)
    if len(text) == 15:
        return _has_birth_date(f"19{text[6:12]}")
    return _has_birth_date(text[6:14]) or is_check_digit_right(text)


def _is_bank_card(match: re.Match[str]) -> bool:
    digits = _bare(match)
    around = match.string[max(0, match.start() - 8) : match.end() + 8]
    if digits.startswith("62") and len(digits) in (16, 18, 19) and _NEAR_BANK.search(around):
        return True  # typed with a slip, or by an issuer that does not check
    return digits.startswith(("62", "60", "4", "5", "35", "37", "9")) and is_luhn(digits)


def _is_number_in_words(match: re.Match[str]) -> bool:
    return len(set(match.group())) > 2


_S = r"[ \-‐-―_.]{0,2}"  # what stands between the digits of one number
_IS = r"[ ::=为是\-]{0,3}"
_NOT_IN_CODE = r"(?<![0-9A-Za-z])"
_ID = rf"{_NOT_IN_CODE}[1-9](?:{_S}[0-9]){{%d}}%s(?![0-9])"
_MOBILE_SHAPES = "|".join(
    [
        r"1[0-9]{10}",
        r"1[0-9]{2}[ \-‐-―._]{1,3}[0-9]{4}[ \-‐-―._]{1,3}[0-9]{4}",
        r"1[0-9]{2}[ \-‐-―._]{1,3}[0-9]{3}[ \-‐-―._]{1,3}[0-9]{5}",
        r"1[0-9]{3}[ \-‐-―._]{1,3}[0-9]{3}[ \-‐-―._]{1,3}[0-9]{4}",
        r"1[0-9]{2}[ \-‐-―._]{1,3}[0-9]{8}",
        r"1[0-9]{6}[ \-‐-―._]{1,3}[0-9]{4}",
        r"1[0-9]{4}[ \-‐-―._]{1,3}[0-9]{6}",
        r"1[ \-][03-9](?:[ \-][0-9]){9}",
        r"1[0-9]{1,2}\*{3,8}[0-9]{2,4}",
    ]
)
_CITIES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_RECORD = (
    "(?:住院|门诊|病案|病历|病例|就诊卡?|诊疗卡?|挂号|档案|检查|影像|超声|放射|CT|MRI|X线|病理|标本|条码|登记|体检|健康卡|透析|留观|急诊|病人|患者|"
    "医技|检验|产检|建档|腕带|床头卡)(?:流水|首页|病历|病案|登记|本|卡|簿)?(?:号码?|编号|ID|id|卡号|序号)|MRN|mrn|PID"
)
_RECORD_NUMBER = r"[A-Za-z]{0,4}-?[0-9*][0-9A-Za-z*\-]{3,}"
_APPS = r"微信|威信|薇信|微博|[Vv]信|(?<![A-Za-z])(?:[Ww]e[Cc]hat|[Vv][Xx]|[Ww][Xx]|[Qq]{2})|支付宝|抖音|快手|小红书|陌陌|钉钉|扣扣|企鹅"
_NEAR_BANK = re.compile("卡|银行|[工农建交中]行|户|转账|退款|退费|打款|汇")

NUMBERS = (
    Pattern(
        Kind.SOCIAL_SECURITY,
        re.compile(
            rf"(?:(?:社保|医保|社会保障|医疗保险|社会保险|参保|保险|个人|人员|新农合|农合|合作医疗|医疗救助|低保|医疗)(?:人|人员|卡|证|本|电子|凭证|电子凭证|个人|账户|个人账户|电脑|手册|证件|身份)?(?:号码?|编号|卡号|账号|证号|识别码|ID|id)"
            rf"|(?:电子凭证|医保凭证)(?:号码?|编号|码)|(?:社保卡|医保卡|社会保障卡|医疗卡|医疗证|医保证|参保证|合作医疗证|低保证)(?=[ ::]{{0,2}}[A-Za-z]{{0,2}}[0-9]{{6}}))"
            rf"(?:[((][^()]{{1,4}}[))])?{_IS}([A-Za-z]{{0,4}}[0-9*][0-9A-Za-z* \-]{{3,}}[0-9A-Za-z])"
        ),
    ),
    Pattern(
        Kind.RECORD_NUMBER,
        re.compile(
            rf"(?:{_RECORD}){_IS}({_RECORD_NUMBER})"
        ),
    ),
    Pattern(Kind.RECORD_NUMBER, re.compile(rf"(?:{_RECORD}){_IS}{_RECORD_NUMBER}[ ]?[与和及、,/][ ]?({_RECORD_NUMBER})")),
    Pattern(
        Kind.CERTIFICATE,
        re.compile(
            r"(?:身份证|证件|户口本?|护照|通行证|台胞证|回乡证|居住证|居留证|军官证|士兵证|士官证|军人证|残疾证|驾驶证|出生证|出生医学证明|"
            rf"执业证书?|资格证书?|工)(?:号码?|编号|编码|尾号|后[四六4六]位)?{_IS}"
            r"((?:[一-龥]字第|[一-龥]第|第|字第)?[A-Za-z]{0,3}[ ]?[0-9*(](?:[0-9A-Za-z*() \-‐-―]{2,}[0-9A-Za-z*)])号?)"
        ),
    ),
    Pattern(Kind.CERTIFICATE, re.compile(_ID % (16, rf"{_S}[0-9Xx×]")), _is_certificate),
    Pattern(Kind.CERTIFICATE, re.compile(_ID % (14, "")), _is_certificate),
    Pattern(Kind.CERTIFICATE, re.compile(rf"{_NOT_IN_CODE}[1-9][0-9]{{2,13}}\*{{3,14}}[0-9Xx]{{1,4}}(?![0-9])")),
    Pattern(
        Kind.CERTIFICATE,
        re.compile(
            rf"{_NOT_IN_CODE}(?<![字批])(?:[EeGgSsDdPp][0-9]{{8}}|[Ee][A-Za-z][0-9]{{7}}|[HhMmCcWw][0-9]{{8}}(?:[0-9]{{2}})?|[Cc][A-Za-z][0-9]{{7}}"
            r"|[A-Z]{3}[0-9]{12}|[HM][0-9]{6}\([0-9A]\)|[A-Z][12][0-9]{8})(?![0-9A-Za-z])"
        ),
    ),
    Pattern(
        Kind.BANK_CARD,
        re.compile(
            r"(?:银行卡|储蓄卡|信用卡|借记卡|卡号|账号|帐号|账户|帐户|开户行[^0-9,,。;;]{0,14}|(?:工|农|建|交|招)(?:商|业|设|通)?行卡?|尾号)"
            rf"(?:号码?|尾号)?{_IS}([0-9*][0-9* \-]{{2,}}[0-9])"
        ),
    ),
    Pattern(Kind.BANK_CARD, re.compile(rf"{_NOT_IN_CODE}[3-9](?:[ \-]{{0,2}}[0-9]){{14,18}}(?![0-9])"), _is_bank_card),
    Pattern(
        Kind.PHONE,
        re.compile(rf"(?<![0-9A-Z.])(?:\(?\+?(?:00)?86\)?[ \-]{{0,2}})?(?:{_MOBILE_SHAPES})(?![0-9])"),
    ),
    Pattern(
        Kind.PHONE,
        re.compile(
            r"(?<![0-9A-Za-z.])(?:\(?\+?(?:00)?86\)?[ \-]{0,2})?(?:\(0[1-9][0-9]{1,2}\)[ \-]?|0[1-9][0-9]{1,2}[ \-‐-―]{1,2}|0[1-9][0-9]{1,2})"
            r"[2-9][0-9]{2,3}[ \-]?[0-9]{4}(?:(?:转|-|ext)[ ]?[0-9]{1,5})?(?![0-9])"
        ),
    ),
    Pattern(
        Kind.PHONE,
        re.compile(
            r"(?:手机|电话|联系方式|联系号码|热线|座机|宅电|致电|拨打|传真|[Tt][Ee][Ll]|TEL|[Mm]ob(?:ile)?|[Pp]hone|☎|☏)(?:号码?|尾号)?"
            r"(?:改为|更正为|变更为)?[ ::.=为是\-]{0,3}(\+?[0-9*(][0-9*() \-‐-―]{2,}[0-9])"
        ),
    ),
    Pattern(
        Kind.PHONE,
        re.compile(r"[零〇一二三四五六七八九幺壹贰叁肆伍陆柒捌玖]{11,18}"),
        _is_number_in_words,
    ),
    Pattern(
        Kind.ACCOUNT,
        re.compile(
            rf"(?:(?:{_APPS})(?:号码?|账号|帐号|账户|群|名|昵称|ID|id|号为)?|加[ ]?[Vv](?=[ :0-9A-Za-z]))[ :=为是\-]{{0,3}}"
            r"((?!20[0-9]{2}[\-年./])[A-Za-z0-9][A-Za-z0-9_\-]{4,24})"
        ),
    ),
    Pattern(Kind.ACCOUNT, re.compile(r"(?<![A-Za-z0-9])(?:wxid_[A-Za-z0-9_\-]+|[A-Za-z][A-Za-z0-9_\-]{5,}(?=[ ((]?(?:为|是|即)?(?:其|本人|患者)?(?:微信|QQ|qq)))")),
    Pattern(
        Kind.PLATE,
        re.compile(rf"(?:[{_CITIES}使][A-HJ-NP-Z]|WJ[{_CITIES}])[·•. \-]?(?=[A-Z]{{0,3}}[0-9])[A-HJ-NP-Z0-9]{{4,6}}[挂学警港澳领]?(?![0-9A-Za-z])"),
    ),
)  # fmt: skip
PLATE_SIGN = f"[{_CITIES}][A-HJ-NP-Z][·•. \\-]?[A-Z]{{0,3}}[0-9]"
EMAIL = Pattern(
    Kind.EMAIL,
    re.compile(r"[A-Za-z0-9][A-Za-z0-9._%+\-]*[ ]?(?:@|\(at\)|\[at\])[ ]?[A-Za-z0-9\-]+(?:[.。][A-Za-z0-9\-]+)+"),
)

# An address is a chain of places and numbers. Characters that end a clause are in no place's name.
_PLACE_CHAR = r"(?:(?![省市县区旗镇乡村屯寨庄组路街巷弄苑园坪湾堡号栋幢座室户楼层因到在于患就诊院病来去由的了有无为是后前从至被和与往经住我本该各全外此每按自址籍户寄送])[一-龥])"
_UNIT = (
    "特别行政区|自治区|自治州|自治县|自治旗|地区|新区|开发区|街道办事处|街道办|街道|社区|居委会|村委会|大道|胡同|小区|新村|花园|公寓|家园|大厦|宿舍|"
    "农场|林场|省|市|州|盟|县|区|旗|镇|乡|村(?![民医卫])|屯|寨|庄|组|队|路|街|巷|弄|苑|园|坪|湾|堡|里(?=[0-9])"
)
_NUMBER = (
    r"(?:[0-9A-Za-z]{1,5}|[一二三四五六七八九十百零东西南北中甲乙丙]{1,4})(?:[\-之][0-9]{1,4}){0,3}[ ]?"
    r"(?:号楼|号院|号|弄|栋|幢|座|单元|层|楼|室|户|组|队|社|巷|街|路|期|区|支|门|#)"
)
_ELEMENT = rf"(?:{_NUMBER}|{_PLACE_CHAR}{{1,8}}(?:{_UNIT})|(?:{_UNIT}))"
_CHAIN = rf"(?:{_ELEMENT}[ ]?){{1,12}}(?:[ \-]?[0-9]{{1,4}}(?:\-[0-9]{{1,4}}){{1,3}}|[0-9]{{3,4}}(?![0-9.%a-zA-Z年月日元次天/岁]))?"
_DETAIL = re.compile(rf"{_NUMBER}")
_PLACES = re.compile(rf"{_PLACE_CHAR}{{1,8}}(?:{_UNIT})")
_BELOW_CITY = re.compile(r"县|区|旗|镇|乡|村|屯|寨|庄|街|路|巷|弄|胡同|大道|苑|花园|公寓|家园|组|里(?=[0-9])")
_ORGANISATION = re.compile(
    r"[一-龥]{0,10}(?:医院|卫生院|诊所|卫生室|卫生站|服务站|服务中心|中心|药店|药房|大药房|医保|疾控|保健院|学院|局|门诊部|分院|院区|病区|病房|处方|政策|标准|目录)"
)
_NO_ADDRESS = re.compile(
    r"[内外儿妇验]科|号机|号窗|号线|病区|医保|专区|灶|实验|对照|肌群|疫区|社区获得|尿路|路径|径路|临床路|旁路|通路|回路|气道|线路|管路|皮区|听区|视区|禁区|分区|城区|地区性|省级|市级|县级|院区|诊区|手术|消化|床"
)


def _is_address(match: re.Match[str]) -> bool:
    text = match.group().strip()
    places, details = len(_PLACES.findall(text)), len(_DETAIL.findall(_PLACES.sub(" ", text)))
    if (
        _NO_ADDRESS.search(match.string[match.start() : match.end() + 1])
        or not places
        or places + details < 2
        or not _BELOW_CITY.search(text)
    ):
        return False
    return re.search("[0-9]", text) is not None or not _ORGANISATION.match(match.string, match.end())


ADDRESSES = (
    Pattern(
        Kind.ADDRESS,
        re.compile(r"(?:住址|地址|住所|居住地|户籍地|收货地|现住|家住)[ :为是]{0,3}([^,。;、\s:]{3,40})"),
        lambda match: bool(re.search(f"(?:{_UNIT})|[0-9]号", match.group(1))) and not _NO_ADDRESS.search(match.group(1)),
    ),
    Pattern(
        Kind.ADDRESS,
        re.compile(
            r"(?:(?:家庭|现|户籍|常住|联系|收件|邮寄|居住|通讯)?(?:住址|地址|住所)|户籍地?|户口所在地|户口在|家住|现住|暂住|租住|居住[于在]|住[于在]|现居|来自|老家|籍贯|寄[至到往]|送药[至到])"
            rf"[ ::为是在于]{{0,3}}((?:{_ELEMENT}[ ]?){{1,12}}(?:[0-9]{{1,4}}(?:\-[0-9]{{1,4}}){{0,3}}(?![0-9.%年月日])|[^,,。;;、\s0-9一-龥]{{0,0}}))"
        ),
        lambda match: not _NO_ADDRESS.search(match.group(1)) and bool(_PLACES.search(match.group(1))),
    ),
    Pattern(Kind.ADDRESS, re.compile(_CHAIN), _is_address),
)  # fmt: skip


# Cheap conditions without which no pattern of a family can match: most notes of a night name nobody. A gate may pass
# what turns out clean; it never stops what a pattern would find. Each looks at the set of the text's characters first,
# which costs less than any expression.
_DIGITS = frozenset("0123456789*")
_IN_WORDS = frozenset("零〇一二三四五六七八九幺壹贰叁肆伍陆柒捌玖")
# Numbers that show by their length, and those that a word before them shows.
_LONG = re.compile(r"(?:[0-9*][ \-‐-―._()]{0,3}){9}|[A-Za-z][ ]?[0-9]{6}|\*{3}")
_LONG_IN_WORDS = re.compile(f"[{''.join(sorted(_IN_WORDS))}]{{11}}")
_KEYS = frozenset("号证照卡账帐户银工农建交招机话式线电打真☎☏IiMmPpTt码")
_KEYED = re.compile(
    "(?:号|[编证护照]|卡|[账帐]|户|[工农建交招](?:商|业|设|通)?行|手机|话|联系方|热线|座机|宅电|致电|拨打|传真|[Tt][Ee][Ll]|[Mm]ob"
    r"|[Pp]hone|ID|id|MRN|mrn|[☎☏]|凭证|工)[^0-9*]{0,24}[0-9*][0-9A-Za-z*() \-‐-―]{2}"
)
_APP_SIGNS = frozenset("信宝音博手书陌钉扣鹅QqVvWw")
_APP = re.compile("[微威薇Vv]信|微博|支付宝|抖音|快手|小红书|陌陌|钉钉|扣扣|企鹅|[QqVvWw][QqXxEe]|加[ ]?[Vv]")
_PLATE = re.compile(PLATE_SIGN)
_PLATE_LETTERS = frozenset("ABCDEFGHJKLMNPQRSTUVWXYZ")

_ADDRESS_WORDS = frozenset("址住籍家租居寄药来收")
_ADDRESS_WORD = re.compile("住|地址|籍|户[籍口]|老家|租|居住|现居|寄[至到往]|送药|来自|收货")
_PLACE_SIGNS = frozenset("省市州盟县区旗镇乡村屯寨庄路街巷弄苑园寓同道厦舍场里组")
_PLACE = re.compile(
    "[一-龥](?:[省市州盟县区旗镇乡村屯寨庄组队路街巷弄苑园坪湾堡厦舍寓场里道]|胡同|社区|办)"
    "|[0-9A-Za-z一二三四五六七八九十百零东西南北中甲乙丙][ ]?[号弄栋幢座单层楼室户组队社巷街路期区支门#]"
)  # fmt: skip


def may_hold_numbers(text: str, characters: AbstractSet[str]) -> bool:
    """Whether a certificate, a telephone, a card, an account, a plate or a record number may stand in folded text."""
    if not _DIGITS.isdisjoint(characters):
        if _LONG.search(text):
            return True
        if not _KEYS.isdisjoint(characters) and _KEYED.search(text):
            return True
        if not _PLATE_LETTERS.isdisjoint(characters) and _PLATE.search(text):
            return True
    if not _APP_SIGNS.isdisjoint(characters) and _APP.search(text):
        return True
    return len(_IN_WORDS & characters) > 2 and _LONG_IN_WORDS.search(text) is not None


def may_hold_address(text: str, characters: AbstractSet[str]) -> bool:
    """Whether an address may: a word for one, or at least two names of places or numbers of houses."""
    if not _ADDRESS_WORDS.isdisjoint(characters) and _ADDRESS_WORD.search(text):
        return True
    return not _PLACE_SIGNS.isdisjoint(characters) and len(_PLACE.findall(text)) > 1
