"""Cheap conditions without which no pattern of a family can match: most notes of a night name nobody.

A gate may pass what turns out clean; it never stops what a pattern would find. Each looks at the set of the text's
characters first, which costs less than any expression.
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet

from privacy.scrubbing.patterns import PLATE_SIGN

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
_APPS = frozenset("信宝音博手书陌钉扣鹅QqVvWw")
_APP = re.compile("[微威薇Vv]信|微博|支付宝|抖音|快手|小红书|陌陌|钉钉|扣扣|企鹅|[QqVvWw][QqXxEe]|加[ ]?[Vv]")
_PLATE = re.compile(PLATE_SIGN)
_PLATE_LETTERS = frozenset("ABCDEFGHJKLMNPQRSTUVWXYZ")

_ADDRESS_WORDS = frozenset("址住籍家租居寄药来收")
_ADDRESS_WORD = re.compile("住|地址|籍|户[籍口]|老家|租|居住|现居|寄[至到往]|送药|来自|收货")
_PLACES = frozenset("省市州盟县区旗镇乡村屯寨庄路街巷弄苑园寓同道厦舍场里组")
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
    if not _APPS.isdisjoint(characters) and _APP.search(text):
        return True
    return len(_IN_WORDS & characters) > 2 and _LONG_IN_WORDS.search(text) is not None


def may_hold_address(text: str, characters: AbstractSet[str]) -> bool:
    """Whether an address may: a word for one, or at least two names of places or numbers of houses."""
    if not _ADDRESS_WORDS.isdisjoint(characters) and _ADDRESS_WORD.search(text):
        return True
    return not _PLACES.isdisjoint(characters) and len(_PLACE.findall(text)) > 1
