"""What each error code of a quarantined row means, in Chinese and English, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

from intake.source.checks import TableChecks


@dataclass(frozen=True)
class Meaning:
    """A code explained. `condition` is what should have held, with its parameters; empty where there is none."""

    code: str
    zh: str
    en: str
    do_zh: str
    do_en: str
    condition: str = ""


_AGAIN = (
    "请来源方更正后重新报送;若核实无误,可放行或更正后重交",
    "have it fixed and sent again; if it is right, release or resubmit it",
)
_SEND = ("请来源方重新报送", "have it sent again")
_VALUE = ("填入正确值后重交(resubmit),或请来源方重新报送", "resubmit it with the right value, or have it sent again")
_KNOWN: dict[str, tuple[str, str, tuple[str, str]]] = {
    "UNREADABLE": ("该行与表头不符,未保留任何内容", "the row does not fit the header; nothing was kept", _SEND),
    "NO_VALUES": (
        "该行展开为多行的各列均为空,没有产生任何行,单独计数,不算错误",
        "all the columns of the line that become rows are blank: it makes no row, is counted apart, and is no fault",
        ("无需处理", "nothing is to be done"),
    ),
    "NOT_VALID": ("来源标记该行无效", "the source itself marks the row as not valid", _SEND),
    "CONFLICT": (
        "同一主键有内容不同的多行,无法判断哪一行正确",
        "several rows have the same key and different content; nobody can say which is right",
        (
            "请来源方冲正并补传;或选定其一放行(--accept-conflict)。若主键仅在一次就诊内唯一,或同一行先未结算、后结算:"
            "在映射(conf/sources)中修改,见 docs/sources.md 的“Keys”",
            "have a reversal and a new line sent; or release the right one with --accept-conflict. If the key is one "
            "within a visit only, or a line comes again when it is settled, change the mapping in conf/sources: see "
            "“Keys” in docs/sources.md",
        ),
    ),
    "OTHER_KEY": ("该行的假名由另一把密钥生成", "another key made the row's pseudonyms", _SEND),
    "ERASED": (
        "该人员的数据已按要求删除,本次又被报送",
        "the person's data were erased on request, and this delivery brings them again",
        (
            "依法须留存的,核准后放行(release);否则再次删除(fundwatch erase person)",
            "release it where a duty to keep it holds; else erase the person again",
        ),
    ),
    "AMOUNT_MISMATCH": ("金额不等于数量乘单价", "the amount is not quantity times price", _AGAIN),
    "SIGNS_DIFFER": ("数量与金额的正负号不一致", "quantity and amount have different signs", _AGAIN),
    "PRICE_NEGATIVE": ("单价为负", "the unit price is negative", _AGAIN),
    "CHARGED_OUT_OF_RANGE": (
        "收费时间晚于业务日期,或早得不可能",
        "charged after the business date, or impossibly long ago",
        _AGAIN,
    ),
    "BEFORE_FIRST_YEAR": (
        "收费时间早于本库的起始年份,单独计数,不算错误",
        "charged before the lake's first year: counted apart, and no fault",
        (
            "如确需纳入,在 conf/quality 中调整 first_year;否则无需处理",
            "if it belongs here, change first_year in conf/quality; else nothing is to be done",
        ),
    ),
    "PARTS_MISMATCH": ("结算总额不等于各部分之和", "the settlement's total is not the sum of its parts", _AGAIN),
    "PAYERS_MISMATCH": ("基金支付与个人支付之和不等于总额", "fund and person together do not pay the total", _AGAIN),
    "OWN_MISMATCH": ("个人支付不等于账户支付加现金", "the person's part is not account plus cash", _AGAIN),
    "DATES_REVERSED": ("结束早于开始", "the end lies before the start", _AGAIN),
    "BIRTH_OUT_OF_RANGE": ("出生年份不合理", "the year of birth cannot be", _AGAIN),
    "DEATH_BEFORE_BIRTH": ("死亡早于出生", "death lies before birth", _AGAIN),
    "BEDS_NEGATIVE": ("床位数为负", "the number of beds is negative", _AGAIN),
    "COUNT_NEGATIVE": ("数量为负", "the count is negative", _AGAIN),
    "QUANTITY_NOT_ONE": ("追溯码数量不是 1 或 -1", "a scanned code counts 1 or -1", _AGAIN),
    "BLOOD_GROUP_UNKNOWN": ("血型不是 A、B、AB 或 O", "the blood group is none of A, B, AB and O", _AGAIN),
    "HEIGHT_IMPOSSIBLE": ("身高不合理", "nobody is of that height", _AGAIN),
    "WEIGHT_IMPOSSIBLE": ("体重不合理", "nobody is of that weight", _AGAIN),
    "WEIGHT_NEGATIVE": ("病组权重为负", "the group's weight is negative", _AGAIN),
    "LOOKUP_MISSING": ("另一文件中没有对应的行", "the other file has no row of this key", _SEND),
    "LOOKUP_TWICE": ("另一文件中对应的行不止一条且内容不同", "the other file has several such rows that differ", _SEND),
    "LIMIT_NEGATIVE": ("限价为负", "the price limit is negative", _AGAIN),
}  # fmt: skip
_OF_COLUMN = {
    "MALFORMED": ("列 {0} 的值不是应有的类型", "the value of {0} is no value of its type", _VALUE),
    "NUMBER_FORM": (
        "列 {0} 的编号被某个程序写成了数字(如 5001.0、9.9E+17),去掉小数点会变成别人的编号",
        "{0} is an id that a program wrote as a number (5001.0, 9.9E+17); without the point it would be another's",
        (
            "请来源方将该列按文本导出后重新报送",
            "have it exported as text, digit by digit, and sent again",
        ),
    ),
    "MISSING": ("缺少必填列 {0}", "the required {0} is missing", _VALUE),
    "IDENTIFIER_IN_CODE": (
        "列 {0} 中有疑似证件号、电话、银行卡号、邮箱或姓名,未保留该值",
        "{0} holds what looks like a certificate, telephone, card, mail address or name; the value was not kept",
        (
            "请来源方更正后重新报送;若该列编码本就如此,在 conf/quality 中列入 identifier_like",
            "have it fixed and sent again; if such are the codes of the column, list it as identifier_like in "
            "conf/quality",
        ),
    ),
    "UNKNOWN_CODE": (
        "映射的 {0} 代码表中没有该行的代码,无法判断该行是否有效、是否冲正",
        "the mapping lists no such code of {0}, which decides whether the row counts, or takes back",
        (
            "在映射中列出该代码(where 的 keep 或 drop、sign 的 minus 或 plus);当批已入库的,请来源方重新报送",
            "list it in the mapping (keep or drop of where, minus or plus of sign); rows of a night that stands: have "
            "them sent again",
        ),
    ),
    "NOT_IN_LIST": ("列 {0} 的值不在允许的代码表内", "the value of {0} is not among the codes allowed", _VALUE),
}


def in_words(code: str) -> str:
    """What the code says, in English; empty for one that only a configuration knows."""
    kind, _, column = code.partition(":")
    if column and kind in _OF_COLUMN:
        return _OF_COLUMN[kind][1].format(column)
    return _KNOWN[code][1] if code in _KNOWN else ""


def meaning_of(code: str, checks: TableChecks) -> Meaning:
    """The code explained with the check's own condition. A code that only a configuration knows shows that alone."""
    kind, _, column = code.partition(":")
    if column and kind in _OF_COLUMN:
        zh, en, do = _OF_COLUMN[kind]
        allowed = f"{column} IN ({', '.join(checks.one_of.get(column, ()))})" if kind == "NOT_IN_LIST" else ""
        return Meaning(code, zh.format(column), en.format(column), *do, allowed)
    check = next((check for check in checks.checks if check.code == code), None)
    own = "" if check is None else check.holds + (f"  {dict(check.params)}" if check.params else "")
    unknown = ("未通过质量检查", "the row fails a check of the quality file", _AGAIN)
    zh, en, do = _KNOWN.get(code, unknown)
    return Meaning(code, zh, en, *do, own)
