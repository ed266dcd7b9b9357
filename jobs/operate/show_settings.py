"""The settings in force, each with the place its value comes from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fundwatch.settings import InForce, stages_changed
from jobs.declared_stages import PUBLISH, verb_of

_RESOLVED = {
    "landing": "landing_dir", "lake": "lake_address", "truth": "truth_dir", "lists": "lists_dir",
    "reports": "reports_dir", "metrics": "metrics_file", "key_file": "key_path", "vault": "vault_dir",
    "vault_key_file": "vault_key_path", "mlflow_uri": "tracking_uri",
}  # fmt: skip


@dataclass(frozen=True)
class SettingShown:
    """One setting: its value, where that comes from, what it means, and the stages for which another value is another
    input."""

    setting: str
    value: Any
    origin: str
    meaning: str
    stages: tuple[str, ...]


@dataclass(frozen=True)
class SettingsShown:
    """Every setting."""

    settings: tuple[SettingShown, ...]

    def as_json(self) -> list[dict[str, Any]]:
        """A list of them."""
        return [
            {
                "setting": one.setting,
                "value": one.value,
                "from": one.origin,
                "meaning": one.meaning,
                "stages": one.stages,
            }
            for one in self.settings
        ]


def settings_shown(in_force: InForce) -> SettingsShown:
    """Every setting, paths as they are resolved."""
    kind = type(in_force.settings)
    stages = stages_changed(kind)
    return SettingsShown(
        tuple(
            SettingShown(
                name,
                getattr(in_force.settings, _RESOLVED.get(name, name)),
                in_force.origin[name],
                str(field.description),
                _verbs(stages[name]) if name in stages else (),
            )
            for name, field in kind.model_fields.items()
        )
    )


def _verbs(stages: Iterable[str]) -> tuple[str, ...]:
    """What people type for the stages, and for the one that publishes: the list states every value that changes it."""
    return tuple(dict.fromkeys((*map(verb_of, stages), PUBLISH.verb)))
