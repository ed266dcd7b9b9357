"""Write one person's file (一人一档): the page and its tables, read without Spark, so the answer comes in a second."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from fundwatch.contracts.entities import Entity
from fundwatch.lake.delta_rows import live_files, opened
from fundwatch.lake.ledger import Ledger
from fundwatch.lake.store import Lake
from fundwatch.pages import publish
from fundwatch.regions import region_of
from fundwatch.settings import Settings
from jobs.review.profiles.find_subject import entity_of, find_subject, profile_night
from jobs.review.profiles.read_care import CareReader
from jobs.review.profiles.read_findings import FindingsReader
from jobs.review.profiles.read_who import facts_of
from leads.profile.rows import IndicatorPlace, Profile, Subject
from leads.profile.tables import PAGE, profile_files

FOLDER = "profiles"
# what each part of a file rests on: the stage, as the ledger has it, and the words for it
_PARTS = {
    "features": ("指标 indicators", "build"), "rules": ("规则命中 hits", "scan"), "score": ("评分 scores", "score"),
    "leads": ("线索 leads", "publish"),
}  # fmt: skip


@dataclass(frozen=True)
class ProfileShown:
    """A profile, and where its page and tables lie."""

    profile: Profile
    folder: Path

    @property
    def page(self) -> Path:
        return self.folder / PAGE

    def as_json(self) -> dict[str, Any]:
        """The file in short, and where it lies."""
        return {**self.profile.as_json(), "page": str(self.page), "folder": str(self.folder)}


def show_profile(settings: Settings, kind: str, given: str, when: date | None) -> ProfileShown:
    """The file of the one that is meant, as its page and tables. Raises FundwatchError for an id that is not one's,
    NotReadyError for a night that is not there."""
    night = profile_night(settings, when)
    lake = Lake(settings.lake_address)
    profile = read_profile(settings, lake, find_subject(lake, night, kind, given), night)
    folder = settings.reports_dir / night.isoformat() / FOLDER / f"{kind}-{profile.subject.id}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    return ProfileShown(profile, publish(folder, profile_files(profile)))


def read_profile(settings: Settings, lake: Lake, subject: Subject, night: date) -> Profile:
    """All that the lake knows of the subject as of the night."""
    entity, region = entity_of(subject.kind), region_of(settings)
    care = CareReader(lake, entity, subject.id, night)
    found = FindingsReader(lake, entity, subject.id, night)
    not_run = _not_run(settings, night)
    group, indicators = ("", list[IndicatorPlace]())
    if lake.exists(entity.indicator_table):
        group, indicators = found.places(region)
    charges = care.charges()
    return Profile(
        subject=subject,
        night=night,
        first=care.first,
        currency=region.currency,
        facts=facts_of(lake, subject, night),
        care=care.care(),
        charges=charges,
        paid=care.paid(),
        peer_group=group,
        indicators=indicators,
        findings=found.findings(),
        beside=found.beside(),
        not_run=not_run,
        read=_read(lake, entity, charges.lines, night),
    )


def _not_run(settings: Settings, night: date) -> dict[str, str]:
    """The parts that the night has not made, with what makes them."""
    ledger = Ledger(settings.lake_address)
    return {
        words: f"`fundwatch {verb} --date {night}`"
        for stage, (words, verb) in _PARTS.items()
        if ledger.committed(stage, night) is None
    }


def _read(lake: Lake, entity: Entity, lines: int, night: date) -> list[str]:
    """What was read: each table with its version, its files and rows, as known after the night."""
    said = [
        f"截至 as known after {night}; 明细 own fee lines {lines:,} (按日、月、项目汇总 summed where they are read)"
    ]
    registers = () if entity.register is None else (entity.register.table,)
    for table in ("claim_line", "encounter", "settlement", *registers, entity.indicator_table):
        if lake.exists(table):
            held = opened(lake.table_address(table))
            files = live_files(held)
            rows = sum(file.rows or 0 for file in files)
            said.append(f"{table}: version {held.version()}, {len(files):,} files, {rows:,} rows")
    return said
