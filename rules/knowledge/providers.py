"""Classes of knowledge of doctors, machines and pharmacies."""

from __future__ import annotations

from rules.knowledge.declaration import Given, KnowledgeClass

DECLARED = (
    KnowledgeClass(
        "resource_item", "占用资源的项目", "Items that need a machine or a graded bed, and how many a day one serves",
        "item_code",
        {"resource_type": Given("value"), "resource_day_limit": Given("per_day", "int")},
    ),
    KnowledgeClass(
        "fee_title", "诊察费职称要求", "Consultation fees that only doctors of a senior title may charge", "item_code",
        {"fee_title": Given("value", among=("senior",))},
    ),
    KnowledgeClass(
        "prescription_drug", "凭处方销售药品", "Drugs that a pharmacy sells on prescription alone, by their group",
        "item_code", {"prescription_group": Given("value")},
    ),
    KnowledgeClass(
        "serious_diagnosis", "重大疾病诊断", "Diagnoses of serious, costly illness", "main_diagnosis_code",
        {"serious_disease": Given("value")}, of="stay",
    ),
    KnowledgeClass(
        "birth_diagnosis", "分娩诊断", "Diagnoses of a birth", "main_diagnosis_code", {"birth_kind": Given("value")},
        of="stay",
    ),
    KnowledgeClass(
        "once_only_operation", "唯一器官切除术", "Operations that remove an organ of which there is one",
        "procedure_code", {"removed_organ": Given("value")}, of="procedure",
    ),
)  # fmt: skip
