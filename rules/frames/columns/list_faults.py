"""What is wrong in the list of a settlement, and in the registers of whom it names: faults of data, never of a person.

A text that stands where nothing is known (未知, 无, 999…) is empty since the intake, which counts these: a field that
holds one is missing here, and nobody is called by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Column
from pyspark.sql import Window as Over
from pyspark.sql import functions as F

from rules.frames.declaration import Sources, any_of, each_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from rules.frames.inputs import ScanInputs

# fields that a list of a stay must fill, by what they are called there
_MANDATORY = {
    "main_diagnosis_code": "主要诊断",
    "discharge_way": "离院方式",
    "admission_department": "入院科别",
    "discharge_department": "出院科别",
    "attending_doctor_id": "主诊医师",
}
_WAYS_OUT = ("1", "2", "3", "4", "5", "9")  # dscg_way
_CODE = "^[A-Z][0-9]{2}"  # how a code of a diagnosis begins, of western and of traditional medicine
_MEN, _WOMEN = "^(C6[0-3]|N4[0-9]|N50|N51)", "^(C5[1-8]|N7[0-7]|N8[0-9]|N9[0-8]|O)"
_MALE, _FEMALE = "1", "2"
# what is not delivered is not judged, and one of them is enough to judge by
LIST_FAULTS: dict[str, Sources] = {
    "list_faults": any_of(*(f"encounter.{name}" for name in _MANDATORY), "settlement.settled_at", "patient.sex")
}
PLACEHOLDERS: dict[str, Sources] = {
    "placeholder_texts": each_of(*(f"placeholder.{name}" for name in ("row_count", "column_name", "institution_id")))
}
_PERSON = each_of("patient.certificate_id", "patient.birth_year", "patient.sex")
REGISTER_FAULTS: dict[str, Sources] = {
    "numbers_of_person": _PERSON,
    "is_doctor_registered": each_of("doctor.doctor_id", "encounter.attending_doctor_id"),
}


def with_list_faults(bills: DataFrame, inputs: ScanInputs) -> DataFrame:
    """Bills with `list_faults`: the fields that the list leaves empty, or fills with what cannot be.

    A field that is empty in all lists of an institution is not delivered by it: that is a matter of its interface.
    """
    # where the register contradicts the certificate, the sex is not known
    sex = F.when(F.coalesce("is_identity_sex_consistent", F.lit(True)), F.col("sex")).alias("sex")
    people = inputs.table("patient").select("patient_id", sex)
    settled = inputs.table("settlement").groupBy("encounter_id").agg(F.max("settled_at").alias("_settled_at"))
    further = inputs.table("encounter").select("encounter_id", "is_newborn", "discharge_department")
    lists = bills
    for beside, key in ((people, "patient_id"), (settled, "encounter_id"), (further, "encounter_id")):
        lists = lists.join(beside, on=key, how="left")
    missing = (
        F.when(_is_delivered(name) & F.col(name).isNull(), F.lit(f"{zh}缺失")) for name, zh in _MANDATORY.items()
    )
    faults = F.when(F.col("is_inpatient"), F.array_compact(F.array(*missing, *_impossible())))
    return lists.select(*bills.columns, faults.alias("list_faults"))


def _is_delivered(name: str) -> Column:
    """Whether some list of a stay at the institution has the field; of an unknown institution nothing is known."""
    has = F.col("is_inpatient") & F.col(name).isNotNull()
    return F.col("institution_id").isNotNull() & F.max(has).over(Over.partitionBy("institution_id"))


def _impossible() -> tuple[Column, ...]:
    """By fault its words, where a list has it."""
    code, sex = F.col("main_diagnosis_code"), F.col("sex")
    is_own = ~F.coalesce("is_newborn", F.lit(False))
    of_other_sex = ((sex == _FEMALE) & code.rlike(_MEN)) | ((sex == _MALE) & code.rlike(_WOMEN) & is_own)
    return (
        F.when(~code.rlike(_CODE), F.lit("主要诊断编码非法")),
        F.when(~F.col("discharge_way").isin(*_WAYS_OUT), F.lit("离院方式代码非法")),
        F.when(F.to_date("_settled_at") < F.col("started_on"), F.lit("结算早于入院")),
        F.when(of_other_sex, F.lit("主要诊断与性别不符")),
    )


def with_placeholders(bills: DataFrame, inputs: ScanInputs) -> DataFrame:
    """Bills with `placeholder_texts`: the texts that stood in the night's rows of the institution where nothing is
    known, by column, and how often, as the intake counted them."""
    counted = inputs.table("placeholder").filter(F.col("institution_id").isNotNull())
    texts = counted.groupBy("institution_id", "column_name", "placeholder").agg(F.sum("row_count").alias("_count"))
    said = F.concat("column_name", F.lit("“"), "placeholder", F.lit("”×"), F.col("_count").cast("string"))
    of_place = texts.groupBy("institution_id").agg(F.array_sort(F.collect_list(said)).alias("_said"))  # some dozens
    listed = F.array_join("_said", "、").alias("placeholder_texts")
    return bills.join(of_place.select("institution_id", listed), on="institution_id", how="left")


def with_register_faults(bills: DataFrame, inputs: ScanInputs) -> DataFrame:
    """Bills with `numbers_of_person`, under how many numbers the register has a person of the same certificate, birth
    year and sex, and `is_doctor_registered`, whether it names the attending doctor anywhere: null where it names nobody
    of the place, or no doctor is named."""
    people = inputs.table("patient").select("patient_id", "certificate_id", "birth_year", "sex").dropna()
    person = ["certificate_id", "birth_year", "sex"]
    numbers = people.groupBy(*person).agg(F.count_distinct("patient_id").cast("int").alias("numbers_of_person"))
    of_number = people.join(numbers, on=person, how="inner").select("patient_id", "numbers_of_person")
    entries = inputs.table("doctor")
    doctors = entries.select(F.col("doctor_id").alias("attending_doctor_id"), F.lit(True).alias("_named")).distinct()
    places = entries.select("institution_id", F.lit(True).alias("_has_register")).distinct()
    joined = bills.join(of_number, on="patient_id", how="left").join(doctors, on="attending_doctor_id", how="left")
    joined = joined.join(places, on="institution_id", how="left")
    known = F.col("_has_register") & F.col("attending_doctor_id").isNotNull()
    named = F.when(known, F.coalesce("_named", F.lit(False))).alias("is_doctor_registered")
    return joined.select(*bills.columns, "numbers_of_person", named)
