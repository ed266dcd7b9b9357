"""What the registers say of an entity, for choosing its peers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from features.catalogue import Catalogue

# The attributes each entity offers to conf/peers/.
ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    "patient": ("had_stay", "age", "sex"),
    "doctor": ("institution_type", "institution_level", "region_code", "department"),
    "institution": ("institution_type", "institution_level", "region_code"),
}
# The registers each entity's attributes are read from.
REGISTERS: Mapping[str, tuple[str, ...]] = {
    "patient": ("patient",),
    "doctor": ("doctor", "institution"),
    "institution": ("institution",),
}


def with_attributes(
    catalogue: Catalogue, indicators: DataFrame, registers: Mapping[str, DataFrame], as_of: date
) -> DataFrame:
    """The indicator rows with the entity's attributes added; an entity no register knows has null ones.

    `registers` holds the clean tables that REGISTERS names, as known.
    """
    if catalogue.entity == "patient":
        return _with_person(catalogue, indicators, registers["patient"], as_of)
    institutions = registers["institution"].select("institution_id", *ATTRIBUTES["institution"])
    if catalogue.entity == "institution":
        return indicators.join(institutions, on="institution_id", how="left")
    posts = _main_posts(registers["doctor"], as_of).join(institutions, on="institution_id", how="left")
    return indicators.join(posts.drop("institution_id"), on="doctor_id", how="left")


def _with_person(catalogue: Catalogue, indicators: DataFrame, patients: DataFrame, as_of: date) -> DataFrame:
    stays = f"patient_stay_count_{max(catalogue.windows)}d"
    known_stays = F.col(stays) if stays in indicators.columns else F.lit(None).cast("double")
    had_stay = F.when(known_stays > 0, "stay").when(known_stays == 0, "no_stay")
    persons = patients.select("patient_id", (F.lit(as_of.year) - F.col("birth_year")).alias("age"), "sex")
    return indicators.withColumn("had_stay", had_stay).join(persons, on="patient_id", how="left")


def _main_posts(doctors: DataFrame, as_of: date) -> DataFrame:
    """One row per doctor: the post begun last by `as_of`, the institution's id settling a tie."""
    begun = F.coalesce("started_on", F.lit(date.min.replace(year=1900)))
    newest_first = Window.partitionBy("doctor_id").orderBy(F.desc("begun"), "institution_id")
    return (
        doctors.withColumn("begun", begun)
        .filter(F.col("begun") <= F.lit(as_of))
        .withColumn("place", F.row_number().over(newest_first))
        .filter(F.col("place") == 1)
        .select("doctor_id", "institution_id", "department")
    )
