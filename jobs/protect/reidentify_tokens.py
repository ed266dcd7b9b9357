"""Re-identify one lead: request, approve or deny, reveal. Reads the lake without Spark, and the vault one token a time.

The audit log has the call before the caller has the answer. An answer goes to a terminal or to a file of mode 0600,
never into a pipe or a log.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from fundwatch.contracts.entities import ENTITIES
from fundwatch.contracts.versions import known_on
from fundwatch.lake.store import Lake
from fundwatch.settings import Settings
from jobs.review.read_leads import which_of
from privacy.access.desk import Bound, Call, Desk, RevealRequest, Rules, refuse_bulk
from privacy.access.people import AccessRefusedError, read_access
from privacy.audit.log import audit_log
from privacy.keys.secret_files import make_secret
from privacy.vault.sealing import read_vault_key
from privacy.vault.vault import Vault

# those without a domain stand in public registries
_DOMAIN_OF = {entity.name: entity.domain for entity in ENTITIES.values() if entity.domain}
_SHORTEST_ID = 8
_DOCTORS = ("ordering_doctor_id", "performing_doctor_id")


@dataclass(frozen=True)
class RevealService:
    """Where re-identification is asked for: the settings, the desk that decides and logs, the vault that answers."""

    settings: Settings
    desk: Desk
    vault: Vault

    @classmethod
    def of(cls, settings: Settings) -> RevealService:
        """Raises KeyMissingError without the vault's key, VaultError where the vault is open to others."""
        vault = Vault(settings.vault_dir, read_vault_key(settings.vault_key_path))
        vault.refuse_open()
        rules = Rules(settings.reidentify_days, settings.reidentify_tokens, settings.reidentify_same_account)
        return cls(settings, Desk(audit_log(settings), read_access(settings.access, settings.conf), rules), vault)


@dataclass(frozen=True)
class Question:
    """What is asked: one lead of a night, which fields (a comma between), for what, on what legal basis."""

    leads: tuple[str, ...]
    night: date | None
    fields: str
    purpose: str
    basis: str


@dataclass(frozen=True)
class RequestMade:
    """A request that waits for an approver; `reported` is how many tokens it is for, as the log has it."""

    request: str
    lead: str
    fields: list[str]
    reported: dict[str, Any]
    served: int
    left_out: int

    def as_json(self) -> dict[str, Any]:
        """The request and its size."""
        return {"request": self.request, "lead": self.lead, "fields": self.fields, **self.reported}


@dataclass(frozen=True)
class RequestState:
    """One request as it stands."""

    request: str
    state: str
    lead: str
    night: str
    fields: tuple[str, ...]
    purpose: str
    basis: str
    requester: str
    decided_by: str
    tokens: int
    left_out: int
    tokens_sha256: str
    until: str

    @classmethod
    def of(cls, request: RevealRequest) -> RequestState:
        """As the desk knows it."""
        until = request.until.isoformat(timespec="minutes") if request.until else ""
        names = [name for name in cls.__dataclass_fields__ if name != "until"]
        return cls(**{name: getattr(request, name) for name in names}, until=until)


@dataclass(frozen=True)
class RequestsShown:
    """Requests as they stand: all of them, or the one that was decided on."""

    requests: tuple[RequestState, ...]
    is_list: bool

    def as_json(self) -> Any:
        """A list, or the one."""
        rows = [asdict(one) for one in self.requests]
        return rows if self.is_list else rows[0]


@dataclass(frozen=True)
class Revealed:
    """Whom the tokens of a lead stand for; `left_out` of them are not served."""

    request: str
    lead: str
    tokens: list[dict[str, Any]]
    left_out: int


@dataclass(frozen=True)
class RevealedToFile:
    """How many tokens are answered in the file `out`."""

    request: str
    lead: str
    out: Path
    tokens: int


def ask(office: RevealService, person: str, question: Question) -> RequestMade:
    """Ask whom one lead's tokens stand for. Raises AccessRefusedError; what is refused is logged too."""
    fields = list(dict.fromkeys(name.strip() for name in question.fields.split(",") if name.strip()))
    with office.desk.call("request", person) as call:
        lead = refuse_bulk(list(question.leads))
        if question.night is None:
            raise AccessRefusedError(
                "of which night is the lead?", where="--date", do="give it, like --date 2026-03-31"
            )
        night, lake = question.night.isoformat(), Lake(office.settings.lake_address)
        call.lead = lead_id_of(lake, question.night, lead)
        bound = lead_tokens(lake, call.lead, night, office.settings.reidentify_tokens)
        office.desk.ask(call, night, fields, question.purpose, question.basis, bound)
    left_out = len(bound.tokens) - bound.served
    return RequestMade(call.request, call.lead, fields, bound.reported, bound.served, left_out)


def approve(office: RevealService, person: str, request: str, days: int | None) -> RequestsShown:
    """Approve a request for some days. Raises AccessRefusedError."""
    with office.desk.call("approve", person, request) as call:
        decided = office.desk.approve(call, days, _bound_now(office.settings))
    return RequestsShown((RequestState.of(decided),), is_list=False)


def deny(office: RevealService, person: str, request: str) -> RequestsShown:
    """Deny a request. Raises AccessRefusedError."""
    with office.desk.call("deny", person, request) as call:
        decided = office.desk.deny(call)
    return RequestsShown((RequestState.of(decided),), is_list=False)


def requests(office: RevealService, person: str) -> RequestsShown:
    """All requests. Raises AccessRefusedError for who does not say a name."""
    with office.desk.call("list", person):
        if not person.strip():
            raise AccessRefusedError("who asks?", where="--as", do="give your name")
        found = office.desk.requests()
    return RequestsShown(tuple(RequestState.of(request) for request in found), is_list=True)


def reveal(office: RevealService, person: str, request_id: str, out: Path | None) -> Revealed | RevealedToFile:
    """Whom the tokens of an approved request stand for, to a terminal or to a new file. Raises AccessRefusedError."""
    with office.desk.call("reveal", person, request_id) as call:
        request, bound = office.desk.reveal(call, _bound_now(office.settings))
        _refuse_place(out)
        left = len(bound.tokens) - bound.served
        answers = [_answer(office.vault, domain, token, request) for domain, token in bound.tokens[: bound.served]]
        _note_answer(call, answers, left)
        if out is not None:
            make_secret(out, "")  # refused here, while it can still be logged
    found = Revealed(request.request, request.lead, answers, left)
    if out is None:
        return found
    out.write_text(json.dumps(asdict(found), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return RevealedToFile(request.request, request.lead, out, len(answers))


def _bound_now(settings: Settings) -> Callable[[RevealRequest], Bound]:
    """What a request's lead holds now; no more is served than was asked for, nor than the setting lets."""
    return lambda request: lead_tokens(
        Lake(settings.lake_address), request.lead, request.night, min(request.tokens, settings.reidentify_tokens)
    )


def _refuse_place(out: Path | None) -> None:
    if out is None and not sys.stdout.isatty():
        raise AccessRefusedError(
            "identities are not written into a pipe or a log", do="run it in a terminal, or give --out FILE"
        )
    if out is not None and (out.exists() or not out.parent.is_dir()):
        raise AccessRefusedError("the file is there already, or its folder is not", where="--out", do="name a new file")


def _answer(vault: Vault, domain: str, token: str, request: RevealRequest) -> dict[str, Any]:
    found = vault.open_one(domain, token)
    if found is None:
        return {"domain": domain, "token": token, "in_vault": False}
    fields = {name: found.content.get(name) for name in request.fields}
    nights = {"first_night": found.first_night.isoformat(), "last_night": found.last_night.isoformat()}
    return {"domain": domain, "token": token, "in_vault": True, **fields, **nights}


def _note_answer(call: Call, answers: list[dict[str, Any]], left: int) -> None:
    opened = sum(1 for answer in answers if answer["in_vault"])
    call.detail |= {"tokens": str(len(answers)), "opened": str(opened), "left_out": str(left)}


def lead_id_of(lake: Lake, night: date, lead: str) -> str:
    """The night's lead with this place, id or beginning of an id. Raises AccessRefusedError unless there is one."""
    listed = lake.rows("lead", f"SELECT lead_id, place FROM lead WHERE business_date = DATE '{night}'")
    if lead.isdecimal() and len(lead) < _SHORTEST_ID:
        found = [row for row in listed if row["place"] == int(lead)]
    else:
        found = [row for row in listed if len(lead) >= _SHORTEST_ID and row["lead_id"].startswith(lead)]
    if len(found) != 1:
        usual = f"give a place, or {_SHORTEST_ID} digits or more of an id that `fundwatch show` lists"
        raise AccessRefusedError(
            f"{len(found) or 'no'} leads of {night} have this place or id",
            where="--lead",
            do=which_of(found) if found else usual,
        )
    return str(found[0]["lead_id"])


def lead_tokens(lake: Lake, lead: str, night_text: str, limit: int) -> Bound:
    """(domain, token) of the lead's subject, then of the persons, then of the doctors of its lines.

    Raises AccessRefusedError when the lead is not in the lake any more.
    """
    night = date.fromisoformat(night_text)
    of_lead = f"business_date = DATE '{night}' AND lead_id = '{_quoted(lead)}'"
    leads = lake.rows("lead", f"SELECT subject_type, subject_id FROM lead WHERE {of_lead}")
    if len(leads) != 1:
        raise AccessRefusedError("the night's list does not hold the lead any more", do="ask for a lead of a new list")
    lines = lake.rows(
        "lead_evidence",
        "SELECT patient_id, line_id FROM lead_evidence "
        f"WHERE {of_lead} AND kind = 'line' ORDER BY place, line_id, patient_id",
    )
    found = [(_DOMAIN_OF.get(leads[0]["subject_type"], ""), leads[0]["subject_id"])]
    found += [("person", line["patient_id"]) for line in lines]
    found += [("doctor", doctor) for doctor in _doctors(lake, [str(line["line_id"]) for line in lines], night)]
    tokens = tuple(dict.fromkeys((domain, token) for domain, token in found if domain and token))
    return Bound(tokens, min(limit, len(tokens)))


def _doctors(lake: Lake, line_ids: list[str], night: date) -> list[str]:
    """Who ordered and who performed the lines, as known on the night; in order of line."""
    if not line_ids or not lake.exists("claim_line"):
        return []
    among = ", ".join(f"'{_quoted(line_id)}'" for line_id in dict.fromkeys(line_ids))
    columns = ", ".join(_DOCTORS)
    query = (
        f"SELECT line_id, {columns} FROM claim_line WHERE line_id IN ({among}) AND {known_on(night)} ORDER BY line_id"
    )
    return [row[column] for row in lake.rows("claim_line", query) for column in _DOCTORS if row[column]]


def _quoted(text: str) -> str:
    return text.replace("'", "''")
