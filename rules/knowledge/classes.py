"""The classes of knowledge: what the points of each say, and what they give to the fee lines that they speak of.

A new class is one entry of a `DECLARED`, here or in a module beside this one, and `rules/knowledge/<class>.csv` with
its points. All else follows: the columns that the file and a region's own must have, the values they may hold, the
columns that rules may name, and that a rule which names one rests on the class. `python -m scripts.list_knowledge`
writes the guide's table of them.
"""

from __future__ import annotations

from itertools import chain

from rules.knowledge import limits, pairs, periods, providers, standards, stays
from rules.knowledge.declaration import Given, KnowledgeClass

_AFTER_DEATH = Given("value", among=("certificate", "autopsy", "transport", "storage"))
_SEX = Given("value", among=("1", "2"))
_DECLARED = (
    KnowledgeClass(
        "frequency", "限定频次", "How much of an item one day may hold", "item_code",
        {
            "frequency_limit": Given("value", "decimal(16,4)"),
            "frequency_unit": Given("unit", among=("day", "hour"), is_optional=True),
        },
    ),
    KnowledgeClass(
        "item_class", "项目类别", "Items that are charged or counted alike (bed, nursing, CT, oxygen)", "item_code",
        {"item_class": Given("value")},
    ),
    KnowledgeClass(
        "after_death_item", "死亡后合法项目",
        "Items that are lawful after death: certificate, autopsy, transport, storage", "item_code",
        {"after_death_item": _AFTER_DEATH},
    ),
    KnowledgeClass(
        "after_death_name", "死亡后合法项目（按名称）", "The same by the item's name, where codes are the place's own",
        "item_name", {"after_death_name": _AFTER_DEATH},
    ),
    KnowledgeClass("sex_item", "项目限定性别", "Items for one sex", "item_code", {"item_sex": _SEX}),
    KnowledgeClass(
        "sex_diagnosis", "诊断限定性别", "Diagnoses of one sex", "main_diagnosis_code", {"diagnosis_sex": _SEX}
    ),
)  # fmt: skip
_ELSEWHERE = (
    module.DECLARED
    for module in (
        limits,
        pairs,
        periods,
        providers,
        standards,
        stays,
    )
)
CLASSES: dict[str, KnowledgeClass] = {declared.name: declared for declared in chain(_DECLARED, *_ELSEWHERE)}
