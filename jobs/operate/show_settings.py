"""The settings in force, each with the place its value comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fundwatch.settings import InForce, Settings

_RESOLVED = {
    "landing": "landing_dir", "lake": "lake_address", "truth": "truth_dir", "lists": "lists_dir",
    "reports": "reports_dir", "key_file": "key_path", "vault": "vault_dir", "vault_key_file": "vault_key_path",
    "mlflow_uri": "tracking_uri",
}  # fmt: skip


@dataclass(frozen=True)
class SettingShown:
    """One setting: its value, where that comes from, and what it means."""

    setting: str
    value: Any
    origin: str
    meaning: str


@dataclass(frozen=True)
class SettingsShown:
    """Every setting."""

    settings: tuple[SettingShown, ...]

    def as_json(self) -> list[dict[str, Any]]:
        """A list of them."""
        return [
            {"setting": one.setting, "value": one.value, "from": one.origin, "meaning": one.meaning}
            for one in self.settings
        ]


def settings_shown(in_force: InForce) -> SettingsShown:
    """Every setting, paths as they are resolved."""
    return SettingsShown(
        tuple(
            SettingShown(
                name,
                getattr(in_force.settings, _RESOLVED.get(name, name)),
                in_force.origin[name],
                str(field.description),
            )
            for name, field in Settings.model_fields.items()
        )
    )
