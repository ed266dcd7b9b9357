"""What may be set for the DAGs: `FUNDWATCH_AIRFLOW_<NAME>` variables in the environment of Airflow's processes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

PREFIX = "FUNDWATCH_AIRFLOW_"
NightForm = Literal["stages", "whole"]


@dataclass(frozen=True)
class AirflowSettings:
    """Each field is a variable, its name in capitals behind the prefix."""

    timezone: str = "Asia/Shanghai"  # the bureau's: of the schedule, of business dates and of times in the logs
    night: NightForm = "stages"  # a task for each stage; or the whole night as one task and one Spark application
    poke_minutes: float = 5  # how often a delivery that is late is looked for
    wait_hours: float = 6  # and for how long, before the night fails
    busy_minutes: float = 15  # after how long a command that found the lake in use is tried again
    notify_command: str = ""  # a failure is reported to each of these three that is set: a command that reads JSON,
    notify_webhook: str = ""  # an address that takes a POST of JSON,
    notify_mail: str = ""  # and addresses that get a mail, with a comma between them
    notify_seconds: float = 30  # after how long a notifier that does not end is given up


def read_settings(environment: Mapping[str, str]) -> AirflowSettings:
    """The settings in force. Raises ValueError naming every variable that is unknown or does not hold."""
    kinds = {field.name: type(field.default) for field in fields(AirflowSettings)}
    found: dict[str, str | float] = {}
    wrong: list[str] = []
    for variable, text in environment.items():
        name = variable.removeprefix(PREFIX).lower()
        if not variable.startswith(PREFIX):
            continue
        if name not in kinds:
            wrong.append(f"{variable}: there is no such setting; there are {', '.join(sorted(kinds))}")
        elif kinds[name] is str:
            found[name] = text
        elif text.replace(".", "", 1).isdecimal():
            found[name] = float(text)
        else:
            wrong.append(f"{variable} is '{text}': a number, zero or more")
    settings = AirflowSettings(**found)  # type: ignore[arg-type]  # each value is of its field's kind, as seen above
    wrong += _not_held(settings)
    if wrong:
        raise ValueError("; ".join(wrong))
    return settings


def _not_held(settings: AirflowSettings) -> list[str]:
    wrong = []
    if settings.night not in get_args(NightForm):
        wrong.append(f"{PREFIX}NIGHT is '{settings.night}': one of {', '.join(get_args(NightForm))}")
    if settings.notify_webhook and not settings.notify_webhook.startswith(("http://", "https://")):
        wrong.append(f"{PREFIX}NOTIFY_WEBHOOK: an address that begins with http:// or https://")
    try:
        ZoneInfo(settings.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        wrong.append(f"{PREFIX}TIMEZONE is '{settings.timezone}': a zone like Asia/Shanghai")
    return wrong


SETTINGS = read_settings(os.environ)
