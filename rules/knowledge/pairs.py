"""Items and drugs that do not stand beside each other, courses of therapy, herb pieces that are not paid for.

A pair is two points or more of one name: `side` says where each item stands in it (the whole and its part, or left and
right where neither contains the other), `kind` which rule it belongs to. An item may stand in many pairs.
"""

from __future__ import annotations

from rules.knowledge.declaration import Given, KnowledgeClass

_SIDES = ("whole", "part")
DECLARED = (
    KnowledgeClass(
        "item_pair", "项目对", "Items that are not charged beside each other, pair by pair", "item_code",
        {
            "item_pairs": Given("pair"),
            "item_pair_sides": Given("side", among=_SIDES),
            "item_pair_kinds": Given(
                "kind",
                among=(
                    "exclusive", "exclusive_hours", "exclusive_stay", "included", "supplied", "split", "specialty",
                    "step", "panel", "interaction",
                ),
            ),
        },
        says_several=True,
    ),
    KnowledgeClass(
        "herb_pair", "饮片配伍禁忌", "Herb pieces that classical rules forbid together, by name", "item_name",
        {
            "herb_pairs": Given("pair"),
            "herb_pair_sides": Given("side", among=_SIDES),
            "herb_pair_kinds": Given("kind", among=("eighteen", "nineteen")),
        },
        says_several=True,
    ),
    KnowledgeClass(
        "herb_payment", "饮片不予支付", "Herb pieces that are not paid for: ever, or where used alone", "item_name",
        {"herb_not_paid": Given("value", among=("ever", "alone"))},
    ),
    KnowledgeClass(
        "exclusive_drug_class", "不并用的同类药", "Classes of drugs of which one is taken at a time", "item_code",
        {"exclusive_drug_class": Given("value")},
    ),
    KnowledgeClass(
        "therapy_course", "限支付疗程", "On how many days of a course a therapy is paid for", "item_code",
        {"therapy_course_days": Given("value", "int")},
    ),
    KnowledgeClass(
        "nursing_grade", "护理级别", "Grades of nursing, of which one holds a day", "item_code",
        {"nursing_grade": Given("value", "int")},
    ),
)  # fmt: skip
