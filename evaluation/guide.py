"""How to read an evaluation, in both languages: stands on every page of one."""

from __future__ import annotations

from collections.abc import Iterator

from fundwatch.pages import Bilingual, Paragraph

GUIDE_ZH = (
    "实例:一桩已知的违规(或合理相似)案例,其全部标注行算作一个。",
    "评分发现:只有标注本身类型的主体(患者标注即该患者;明细或就诊标注即所注明的行为人)在该类型评分中突出才算。"
    "某医院突出,不算发现其任何患者。",
    "随机:若同样多的主体(或明细、就诊)随机突出,预计能碰到几个实例(超几何分布,逐实例求和)。"
    "图中红线即随机;条形不长于红线,就没有发现力。",
    "误报:命中合理相似(不论哪条规则命中)或普通诚实诊疗。",
    "区间:95% Wilson,按实例与主体计,而非按命中次数:同一人的五十次命中只算一个单元。"
    "少于十个单元的只列计数,不给比例与区间。",
    "提升:前列中的欺诈主体数,除以随机(或在同规模组内按基金金额排序)所得。规模组按结算笔数三等分。",
    "时间外:只看在模型训练那夜之后才开始的实例。",
    "涉案基金是上限:超价明细中只有超出部分是损失。",
)
GUIDE_EN = (
    "Instance: one known case, wrong or a lawful look-alike; all labels of it count as one.",
    "Found by score: only where a subject of the label's own kind stands out among its kind (a patient's "
    "label: that patient; a line or an encounter: the actor that is named). A hospital that stands out "
    "finds none of its patients.",
    "Chance: how many instances would be met if as many subjects (or lines, encounters) stood out at "
    "random (hypergeometric, summed over instances). The red mark is chance: a bar that does not reach "
    "beyond it has found nothing.",
    "False hit: a hit on a look-alike, of whichever rule, or on plain honest care.",
    "Intervals: 95 % Wilson by instance and subject, not by hit: fifty hits of one person are one unit. "
    "Of fewer than ten units there are counts, no share and no interval.",
    "Lift: staged subjects in the cut over what chance (or ranking by the fund's money, inside size "
    "bands) takes. Bands are thirds by settlements.",
    "Out of time: only instances that began after the night on which the models were made.",
    "Staged money is an upper bound: of an overpriced line only the excess is harm.",
)


def guide() -> Iterator[Paragraph]:
    """What the words and marks of the page mean."""
    yield Paragraph("\n".join(GUIDE_ZH), heading=Bilingual("如何阅读", "How to read this"))
    yield Paragraph("\n".join(GUIDE_EN), "text en")
