"""What every label of an instance says beside the row it names: who acted, when, how strongly, how disguised."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from simulator.care.records import Label

if TYPE_CHECKING:
    from simulator.staging.stage import Stage

_BY_GRAIN = {"patient": "patient", "patient_day": "patient", "doctor": "doctor", "doctor_day": "doctor"}


def finished(stage: Stage) -> list[Label]:
    """The instance's labels, each with its actor, first and last day, intensity, disguise and category."""
    if not stage.labels:
        return []
    actor_type, actor_id = stage.actor if stage.actor[0] else _actor(stage)
    days = stage.days or [date.fromisoformat(label.service_date) for label in stage.labels if label.service_date]
    first, last = (str(min(days)), str(max(days))) if days else ("", "")
    return [
        replace(
            label, actor_type=actor_type, actor_id=actor_id, starts_on=first, ends_on=last,
            intensity=stage.intensity, disguise=stage.disguise, category=stage.scheme.category,
        )
        for label in stage.labels
    ]  # fmt: skip


def _actor(stage: Stage) -> tuple[str, str]:
    """Who is behind it, by the scheme's word or by what the first label names; found in the labels or on stage."""
    scheme, label = stage.scheme, stage.labels[0]
    kind = scheme.actor or _BY_GRAIN.get(label.entity_type, "institution")
    visits = [*stage.staged, *stage.ordinary][:1]
    named = {
        "patient": [label.psn_no, *(visit.person.psn_no for visit in visits)],
        "doctor": [label.dr_code, *(visit.doctor.code for visit in visits if visit.doctor)],
        "institution": [label.fixmedins_code, *(visit.place.code for visit in visits)],
    }
    return kind, next((name for name in named.get(kind, []) if name), f"{scheme.name}/{label.instance}")
