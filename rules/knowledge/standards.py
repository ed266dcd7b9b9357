"""Standards of dose, price, number and order: what a drug, a consumable, an operation is measured by.

Most of them are a province's own: prices of the procurement, sets of consumables, discounts, lists of places. Of these
no point ships; where none is loaded the rule that rests on them is reported as not run.
"""

from __future__ import annotations

from rules.knowledge.declaration import Given, KnowledgeClass

DECLARED = (
    KnowledgeClass(
        "label_dose", "说明书最大日剂量（毫克）", "The most of a drug that its label allows a day, in milligrams",
        "item_name", {"label_day_dose": Given("value", "decimal(16,4)")},
    ),
    KnowledgeClass(
        "procured_price", "集采中选价", "The price of a product of the volume-based procurement, from the day on "
        "which stock bought before is no longer sold at its own", "item_code",
        {"procured_price": Given("price", "decimal(16,4)")},
    ),
    KnowledgeClass(
        "negotiated_drug", "国谈双通道药品", "Negotiated drugs that designated institutions and pharmacies alone "
        "settle", "item_code", {"negotiated_channel": Given("value", among=("designated",))},
    ),
    KnowledgeClass(
        "designated_place", "双通道定点（按机构名称）", "Institutions and pharmacies designated for negotiated drugs, "
        "by their registered name", "institution_name", {"designated_for": Given("value", among=("negotiated",))},
    ),
    KnowledgeClass(
        "treatment_line", "限二线用药", "Drugs of the first and the second line of one treatment", "item_code",
        {"line_group": Given("group"), "line_rank": Given("rank", among=("first", "second"))},
    ),
    KnowledgeClass(
        "exam_indication", "检查检验指征", "Diagnoses that call for an examination or a test: the stems of their codes",
        "item_code", {"exam_stems": Given("diagnoses")},
    ),
    KnowledgeClass(
        "supply_limit", "耗材每台手术限量（按名称）", "How many of a kind of consumable one operation holds",
        "item_name",
        {"supply_kind": Given("kind"), "supply_limit": Given("count", "decimal(16,4)")},
    ),
    KnowledgeClass(
        "supply_set", "成套耗材", "Parts of a set of consumables: its price and of how many kinds of parts it is",
        "item_code",
        {
            "set_name": Given("set"),
            "set_price": Given("price", "decimal(16,4)"),
            "set_parts": Given("parts", "int"),
        },
    ),
    KnowledgeClass(
        "operation_pairing", "手术与主诊断配对", "Main diagnoses that an operation goes with: the stems of their codes",
        "main_procedure_code", {"pairing_stems": Given("diagnoses")},
    ),
    KnowledgeClass(
        "incision_group", "同切口手术组", "Groups of operations that are made through one incision", "item_code",
        {"incision_group": Given("value")},
    ),
    KnowledgeClass(
        "part_discount", "多部位、多支折价", "Examinations and interventions whose second part is charged at a "
        "share of the first", "item_code",
        {"part_kind": Given("kind"), "part_share": Given("share", "decimal(16,4)")},
    ),
    KnowledgeClass(
        "resale_drug", "易倒卖药品（按名称）", "Drugs that are bought to be sold again", "item_name",
        {"resale_drug": Given("value")},
    ),
    KnowledgeClass(
        "chronic_drug", "慢性病用药", "Drugs that are taken for a chronic illness alone: the stems of its codes",
        "item_code", {"chronic_stems": Given("diagnoses")},
    ),
)  # fmt: skip
