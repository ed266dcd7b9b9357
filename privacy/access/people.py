"""Who may ask for identities and who may approve, who may propose states of rules and who may approve those, who works
on leads: `conf/access/<name>.yaml`, laid over like other conf."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Literal

from pydantic import Field

from fundwatch.declared import Declared, read_declared
from fundwatch.errors import FundwatchError, SettingsError
from fundwatch.resources import conf_file

_People = list[str] | Literal["*"]
Role = Literal[
    "requesters",
    "approvers",
    "rule_authors",
    "rule_approvers",
    "lead_managers",
    "inspectors",
    "lead_reviewers",
    "points_givers",
]


class AccessRefusedError(FundwatchError):
    """Somebody may not do this, or not now."""


class Access(Declared):
    """Roles by person; "*" is everybody. `accounts` ties a person to an operating-system account."""

    requesters: _People
    approvers: _People
    rule_authors: _People = "*"
    rule_approvers: _People = "*"
    points_givers: _People = "*"
    lead_managers: _People = "*"
    inspectors: _People = "*"
    lead_reviewers: _People = "*"
    accounts: dict[str, str] = Field(default_factory=dict)

    def refuse_unless(self, role: Role, person: str, account: str) -> None:
        """Raise AccessRefusedError unless the person has the role and speaks from an account of its own."""
        people: _People = getattr(self, role)
        if not same_person(person):
            raise AccessRefusedError("who asks?", where="--as", do="give your name, like --as 'Wang Min'")
        if people != "*" and same_person(person) not in map(same_person, people):
            raise AccessRefusedError(
                f"not one of the {role}",
                where="conf/access",
                do=f"let one of the {role} do it",
            )
        tied = {same_person(name): own for name, own in self.accounts.items()}
        if tied.get(same_person(person), account) != account:
            raise AccessRefusedError("this person has another account", where="conf/access", do="use your own account")


def same_person(name: str) -> str:
    """The one spelling of a person's name: full width, case and blanks make no difference."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def read_access(name: str, overlay: Path | None = None) -> Access:
    """The roles in force. Raises SettingsError naming every problem of the file."""
    return read_declared(Access, conf_file("access", name, overlay), "the roles do not hold", error=SettingsError)
