"""Names of subjects from the public registers: an institution's own, a doctor's hospitals and departments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from leads.cards import looked_up

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# the national catalogue of departments (医疗机构诊疗科目名录), as the interface's dept_codg writes it
DEPARTMENTS: Mapping[str, str] = {
    "A01": "预防保健科 preventive care",
    "A02": "全科医疗科 general practice",
    "A03": "内科 internal medicine",
    "A04": "外科 surgery",
    "A05": "妇产科 gynaecology and obstetrics",
    "A06": "妇女保健科 women's health",
    "A07": "儿科 paediatrics",
    "A08": "小儿外科 paediatric surgery",
    "A09": "儿童保健科 children's health",
    "A10": "眼科 ophthalmology",
    "A11": "耳鼻咽喉科 otorhinolaryngology",
    "A12": "口腔科 stomatology",
    "A13": "皮肤科 dermatology",
    "A14": "医疗美容科 medical cosmetology",
    "A15": "精神科 psychiatry",
    "A16": "传染科 infectious diseases",
    "A17": "结核病科 tuberculosis",
    "A18": "地方病科 endemic diseases",
    "A19": "肿瘤科 oncology",
    "A20": "急诊医学科 emergency medicine",
    "A21": "康复医学科 rehabilitation",
    "A22": "运动医学科 sports medicine",
    "A23": "职业病科 occupational diseases",
    "A24": "临终关怀科 palliative care",
    "A25": "特种医学与军事医学科 special medicine",
    "A26": "麻醉科 anaesthesiology",
    "A27": "疼痛科 pain medicine",
    "A28": "重症医学科 intensive care",
    "A30": "医学检验科 laboratory",
    "A31": "病理科 pathology",
    "A32": "医学影像科 imaging",
    "A50": "中医科 Chinese medicine",
    "A51": "民族医学科 ethnic medicine",
    "A52": "中西医结合科 integrated medicine",
}
_UNKNOWN = "未知 unknown"


def public_names(institutions: DataFrame) -> DataFrame:
    """Grain: institution, as a subject with its `subject_name`."""
    return institutions.select(
        F.lit("institution").alias("subject_type"),
        F.col("institution_id").alias("subject_id"),
        F.col("institution_name").alias("subject_name"),
    )


def with_workplaces(leads: DataFrame, doctors: DataFrame, institutions: DataFrame) -> DataFrame:
    """The leads with `workplaces`: where a doctor is registered, and in which department; unknown says so."""
    department = F.concat_ws(" ", "department", F.nullif(looked_up(DEPARTMENTS, F.col("department")), "department"))
    place = F.concat(
        F.coalesce("institution_name", F.lit(f"名称{_UNKNOWN}")),
        F.coalesce(F.concat(F.lit(" ("), "institution_id", F.lit(")")), F.lit("")),
        F.lit(" · 科室 "),
        F.coalesce(F.nullif(department, F.lit("")), F.lit(_UNKNOWN)),
    )
    named = doctors.join(institutions.select("institution_id", "institution_name"), on="institution_id", how="left")
    places = named.groupBy(F.lit("doctor").alias("subject_type"), F.col("doctor_id").alias("subject_id")).agg(
        F.array_sort(F.collect_set(place)).alias("workplaces")
    )
    joined = leads.join(places, on=["subject_type", "subject_id"], how="left")
    unknown = F.when(F.col("subject_type") == "doctor", F.array(F.lit(_UNKNOWN)))
    return joined.withColumn("workplaces", F.coalesce("workplaces", unknown))
