"""Limits of drugs and services: for whom, for what illness, where, by whom and under which insurance they are paid.

A cell that lists stems or words (`C34|C50`) is judged by what a diagnosis begins with, or a name holds: see
rules/frames/columns/fitting.py. Classes by name speak of drugs and services whose limit is part of the catalogue's
name.
"""

from __future__ import annotations

from rules.knowledge.declaration import Given, KnowledgeClass

DECLARED = (
    KnowledgeClass(
        "sex_drug", "药品限定性别", "Groups of drugs for one sex", "item_code",
        {"drug_sex": Given("value", among=("1", "2"))},
    ),
    KnowledgeClass(
        "child_drug_name", "儿童专用药（按名称）", "Drugs whose name says that they are for children", "item_name",
        {"child_drug_max_age": Given("max_age", "int")},
    ),
    KnowledgeClass(
        "child_barred_drug", "儿童禁用药", "Groups of drugs barred below an age", "item_code",
        {"barred_below_age": Given("min_age", "int")},
    ),
    KnowledgeClass(
        "payment_indication", "限适应症支付", "Drugs paid for some illnesses alone: the stems of their codes",
        "item_code", {"payment_stems": Given("diagnoses")},
    ),
    KnowledgeClass(
        "label_indication", "说明书适应症", "What the label of a group of drugs is for: the stems of its codes",
        "item_code", {"label_stems": Given("diagnoses")},
    ),
    KnowledgeClass(
        "contraindication", "禁忌症", "Illnesses in which a drug or service is barred: the stems of their codes",
        "item_code", {"contraindication_stems": Given("diagnoses")},
    ),
    KnowledgeClass(
        "level_drug_name", "药品限机构级别（按名称）", "Drugs for institutions of a level and above", "item_name",
        {"lowest_level": Given("level", among=("1", "2"))},
    ),
    KnowledgeClass(
        "visit_drug_name", "药品限就医方式（按名称）", "Drugs paid in one kind of care alone", "item_name",
        {"drug_visit": Given("value", among=("stay", "stay_or_emergency"))},
    ),
    KnowledgeClass(
        "elderly_drug", "老年人慎用药", "Groups of drugs that the elderly had better not take", "item_code",
        {"elderly_risk": Given("risk")},
    ),
    KnowledgeClass(
        "pregnancy_drug", "妊娠禁用药", "Groups of drugs barred in pregnancy", "item_code",
        {"pregnancy_risk": Given("risk")},
    ),
    KnowledgeClass(
        "antibiotic_level", "抗菌药物分级", "The class of an antibiotic that says who may order it", "item_code",
        {"antibiotic_level": Given("value", among=("restricted", "special"))},
    ),
    KnowledgeClass(
        "doctor_title", "医师职称", "Titles of doctors by rank: 4 chief, 3 associate chief, 2 attending, 1 below",
        "ordering_title", {"title_rank": Given("rank", "int")},
    ),
    KnowledgeClass(
        "narcotic_drug", "麻醉药品", "Groups of narcotic drugs", "item_code",
        {"narcotic_group": Given("value")},
    ),
    KnowledgeClass(
        "age_item", "项目限年龄", "Services for people of some ages, in full years", "item_code",
        {
            "item_min_age": Given("min_age", "int", is_optional=True),
            "item_max_age": Given("max_age", "int", is_optional=True),
        },
    ),
    KnowledgeClass(
        "per_time_item", "按次计价项目", "Services priced each time, whatever the number of wounds or parts",
        "item_code", {"charge_unit": Given("value", among=("time",))},
    ),
    KnowledgeClass(
        "child_surcharge_name", "儿童加收（按名称）", "Surcharges for children, with the age that their name says",
        "item_name", {"surcharge_max_age": Given("max_age", "int")},
    ),
    KnowledgeClass(
        "insurance_drug_name", "药品限险种（按名称）", "Drugs paid by maternity or work-injury insurance alone",
        "item_name", {"limited_insurance": Given("value", among=("maternity", "work_injury"))},
    ),
    KnowledgeClass(
        "unpaid_name", "不予支付服务（按名称）", "Services that no basic insurance pays", "item_name",
        {"unpaid_service": Given("value", among=("special_ward", "companion", "meals", "comfort"))},
    ),
    KnowledgeClass(
        "department_item", "项目限科室", "Services of some departments: words that their names hold", "item_code",
        {"department_words": Given("departments")},
    ),
    KnowledgeClass(
        "benefit_drug", "门慢特病种用药", "Drugs of chronic benefits: words that the names of the diseases hold",
        "item_code", {"benefit_words": Given("diseases")},
    ),
)  # fmt: skip
