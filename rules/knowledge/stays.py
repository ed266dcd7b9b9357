"""Classes that tell what a stay or a visit was for: kinds of care, and what a diagnosis or an operation goes with."""

from __future__ import annotations

from rules.knowledge.declaration import Given, KnowledgeClass

CARE_KINDS = (
    "ward_round", "upkeep", "nursing_special", "nursing_1", "nursing_2", "nursing_3", "intensive_care", "resuscitation",
    "ventilation", "oxygen", "blood_gas", "renal_replacement", "circulatory_support", "antibacterial",
    "general_anaesthesia", "general_anaesthetic", "local_anaesthesia", "depth_monitoring", "tumour_marker",
    "infusion", "injection", "fluid", "contrast", "contrast_exam",
)  # fmt: skip

DECLARED = (
    KnowledgeClass(
        "care_kind_item", "诊疗类型", "What kind of care an item is, by its code", "item_code",
        {"care_kind_item": Given("value", among=CARE_KINDS)},
    ),
    KnowledgeClass(
        "care_kind_name", "诊疗类型（按名称）", "The same by the item's name, where codes are the place's own",
        "item_name", {"care_kind_name": Given("value", among=CARE_KINDS)},
    ),
    KnowledgeClass(
        "ambulatory_diagnosis", "门诊可治疾病", "Diagnoses that a clinic ordinarily treats", "main_diagnosis_code",
        {"ambulatory_diagnosis": Given("value")},
    ),
    KnowledgeClass(
        "non_treatment_diagnosis", "非治疗性就诊", "Reasons for a visit that are no illness", "main_diagnosis_code",
        {"non_treatment_reason": Given("value", among=("check_up", "certificate", "screening", "cosmetic"))},
    ),
    KnowledgeClass(
        "diagnosis_support", "诊断应有的诊疗", "Kinds of care of which a diagnosis ordinarily has one, parted by |",
        "main_diagnosis_code", {"diagnosis_support": Given("value")},
    ),
    KnowledgeClass(
        "operation_support", "手术操作应有的收费", "Kinds of care of which an operation's bill has one, parted by |",
        "main_procedure_code", {"operation_support": Given("value")},
    ),
    KnowledgeClass(
        "operation_foreign_diagnosis", "与手术部位无关的诊断",
        "First letters of the diagnoses that have nothing to do with an operation", "main_procedure_code",
        {"foreign_letters": Given("value")},
    ),
    KnowledgeClass(
        "clean_operation", "清洁手术", "Clean operations and the days for which a prophylaxis may last",
        "main_procedure_code", {"prophylaxis_days": Given("value", "int")},
    ),
    KnowledgeClass(
        "discharge_drug", "出院带药天数", "Drugs that may be taken home for longer than others", "item_code",
        {"discharge_days": Given("value", "int")},
    ),
)  # fmt: skip
