"""Knowledge of time: how often an item may come again, how long a course is paid, what is given for few days."""

from __future__ import annotations

from rules.knowledge.declaration import Given, KnowledgeClass

DECLARED = (
    KnowledgeClass(
        "period_limit", "周期限频次（间隔）", "The least number of days from one test to the same test again",
        "item_code", {"period_days": Given("days", "int")},
    ),
    KnowledgeClass(
        "period_count", "周期限频次（次数）", "How often an item may be charged within some days", "item_code",
        {"counted_days": Given("days", "int", among=("7", "30")), "counted_limit": Given("count", "decimal(16,4)")},
    ),
    KnowledgeClass(
        "drug_course", "药品限支付疗程", "The days of one stay for which a drug is paid, by its name", "item_name",
        {"course_days": Given("days", "int"), "course_drug": Given("drug")},
    ),
    KnowledgeClass(
        "supply_class", "限制长期处方的药品", "Drugs that no long-term prescription may hold",
        "item_code", {"supply_class": Given("value", among=("antimicrobial", "narcotic", "psychotropic_2"))},
    ),
    KnowledgeClass(
        "imaging", "大型影像检查（按名称）", "CT and magnetic resonance of one part of the body, by the item's name",
        "item_name", {"imaging_kind": Given("kind", among=("CT", "MR")), "imaging_part": Given("part")},
    ),
    KnowledgeClass(
        "session", "按次治疗", "Treatment that is counted in sessions", "item_code",
        {"session_kind": Given("value", among=("haemodialysis",))},
    ),
    KnowledgeClass(
        "infusion", "静脉输液（按名称）", "Infusion, by the item's name", "item_name",
        {"infusion_kind": Given("value", among=("infusion",))},
    ),
)  # fmt: skip
