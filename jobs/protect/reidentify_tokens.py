"""Re-identify one lead: request, approve or deny, reveal. Reads the lake without Spark, and the vault one token a time.

The audit log has the call before the caller has the answer. An answer goes to a terminal or to a file of mode 0600,
never into a pipe or a log.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from fundwatch.contracts.entities import ENTITIES
from fundwatch.lake.store import Lake
from fundwatch.settings import Settings
from jobs.command_line import settings_of
from jobs.copying import say
from jobs.review.read_leads import which_of
from privacy.access.desk import Bound, Call, Desk, Request, Rules, refuse_bulk
from privacy.access.people import AccessRefusedError, read_access
from privacy.audit.log import audit_log
from privacy.keys.secret_files import make_secret
from privacy.vault.sealing import read_vault_key
from privacy.vault.vault import Vault

# those without a domain stand in public registries
_DOMAIN_OF = {entity.name: entity.domain for entity in ENTITIES.values() if entity.domain}
_SHORTEST_ID = 8
_DOCTORS = ("ordering_doctor_id", "performing_doctor_id")


def serve(options: argparse.Namespace) -> Any:
    """`fundwatch reidentify request|approve|deny|reveal|list`. Raises AccessRefusedError, VaultError, AuditError."""
    settings = settings_of(options).settings
    vault = Vault(settings.vault_dir, read_vault_key(settings.vault_key_path))
    vault.refuse_open()
    rules = Rules(settings.reidentify_days, settings.reidentify_tokens, settings.reidentify_same_account)
    desk = Desk(audit_log(settings), read_access(settings.access, settings.conf), rules)
    action: Callable[..., Any] = _ACTIONS[options.action]
    return action(options, settings, desk, vault)


def _request(options: argparse.Namespace, settings: Settings, desk: Desk, vault: Vault) -> Any:
    fields = list(dict.fromkeys(name.strip() for name in options.fields.split(",") if name.strip()))
    with desk.call("request", options.person) as call:
        lead = refuse_bulk(options.lead)
        if options.date is None:
            raise AccessRefusedError(
                "of which night is the lead?", where="--date", do="give it, like --date 2026-03-31"
            )
        night, lake = options.date.isoformat(), Lake(settings.lake_dir)
        call.lead = lead_id_of(lake, options.date, lead)
        bound = lead_tokens(lake, call.lead, night, settings.reidentify_tokens)
        desk.ask(call, night, fields, options.purpose, options.basis, bound)
    told = bound.told
    if not options.json:
        print(f"request {call.request} for lead {call.lead}: another person approves it, from another account:")
        say(options, f"  `fundwatch reidentify approve {call.request} --as NAME`")
        print(f"it is for {_served(bound.served, len(bound.tokens) - bound.served)}")
    return {"request": call.request, "lead": call.lead, "fields": fields, **told}


def _approve(options: argparse.Namespace, settings: Settings, desk: Desk, vault: Vault) -> Any:
    with desk.call("approve", options.person, options.request) as call:
        request = desk.approve(call, options.days, _bound_now(settings))
    return _told(options, request)


def _deny(options: argparse.Namespace, settings: Settings, desk: Desk, vault: Vault) -> Any:
    with desk.call("deny", options.person, options.request) as call:
        request = desk.deny(call)
    return _told(options, request)


def _list(options: argparse.Namespace, settings: Settings, desk: Desk, vault: Vault) -> Any:
    with desk.call("list", options.person):
        if not options.person.strip():
            raise AccessRefusedError("who asks?", where="--as", do="give your name")
        requests = desk.requests()
    return [_told(options, request) for request in requests]


def _told(options: argparse.Namespace, request: Request) -> dict[str, Any]:
    until = request.until.isoformat(timespec="minutes") if request.until else ""
    if not options.json:
        decided = f" by {request.decided_by}" if request.decided_by else ""
        print(f"{request.request}  {request.state}{decided}  {until}  lead {request.lead} of {request.night}")
        print(f"  {request.requester}: {', '.join(request.fields)}; {request.purpose}; {request.basis}")
        print(f"  {_served(request.tokens, request.left_out)}")
    shown = (
        "request", "state", "lead", "night", "fields", "purpose", "basis", "requester", "decided_by", "tokens",
        "left_out", "tokens_sha256",
    )  # fmt: skip
    return {name: getattr(request, name) for name in shown} | {"until": until}


def _reveal(options: argparse.Namespace, settings: Settings, desk: Desk, vault: Vault) -> Any:
    with desk.call("reveal", options.person, options.request) as call:
        request, bound = desk.reveal(call, _bound_now(settings))
        _refuse_place(options.out)
        left = len(bound.tokens) - bound.served
        answers = [_answer(vault, domain, token, request) for domain, token in bound.tokens[: bound.served]]
        _note_answer(call, answers, left)
        if options.out is not None:
            make_secret(options.out, "")  # refused here, while it can still be logged
    told = {"request": request.request, "lead": request.lead, "tokens": answers, "left_out": left}
    if options.out is not None:
        options.out.write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        if not options.json:
            print(f"{len(answers)} tokens of lead {request.lead} in {options.out}: delete it when the purpose is met")
        return {"request": request.request, "lead": request.lead, "out": options.out, "tokens": len(answers)}
    if not options.json:
        _print(answers, left)
    return told


def _bound_now(settings: Settings) -> Callable[[Request], Bound]:
    """What a request's lead holds now; no more is served than was asked for, nor than the setting lets."""
    return lambda request: lead_tokens(
        Lake(settings.lake_dir), request.lead, request.night, min(request.tokens, settings.reidentify_tokens)
    )


def _served(tokens: int, left: int) -> str:
    more = f"; {left} more of the lead are left out (reidentify_tokens)" if left else ""
    return f"{tokens} tokens{more}"


def _refuse_place(out: Path | None) -> None:
    if out is None and not sys.stdout.isatty():
        raise AccessRefusedError(
            "identities are not written into a pipe or a log", do="run it in a terminal, or give --out FILE"
        )
    if out is not None and (out.exists() or not out.parent.is_dir()):
        raise AccessRefusedError("the file is there already, or its folder is not", where="--out", do="name a new file")


def _answer(vault: Vault, domain: str, token: str, request: Request) -> dict[str, Any]:
    found = vault.open_one(domain, token)
    if found is None:
        return {"domain": domain, "token": token, "in_vault": False}
    fields = {name: found.content.get(name) for name in request.fields}
    nights = {"first_night": found.first_night.isoformat(), "last_night": found.last_night.isoformat()}
    return {"domain": domain, "token": token, "in_vault": True, **fields, **nights}


def _note_answer(call: Call, answers: list[dict[str, Any]], left: int) -> None:
    opened = sum(1 for answer in answers if answer["in_vault"])
    call.detail |= {"tokens": str(len(answers)), "opened": str(opened), "left_out": str(left)}


def _print(answers: list[dict[str, Any]], left: int) -> None:
    for answer in answers:
        told = {k: v for k, v in answer.items() if k not in ("domain", "token", "in_vault")}
        text = ", ".join(f"{k} {'—' if v is None else v}" for k, v in told.items())
        print(f"{answer['domain']} {answer['token']}: {text if answer['in_vault'] else 'the vault does not know it'}")
    if left:
        print(f"{left} more tokens of the lead are not served: a request serves no more (reidentify_tokens)")


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
    known = f"known_from <= DATE '{night}' AND (known_to IS NULL OR known_to > DATE '{night}')"
    columns = ", ".join(_DOCTORS)
    query = f"SELECT line_id, {columns} FROM claim_line WHERE line_id IN ({among}) AND {known} ORDER BY line_id"
    return [row[column] for row in lake.rows("claim_line", query) for column in _DOCTORS if row[column]]


def _quoted(text: str) -> str:
    return text.replace("'", "''")


_ACTIONS = {"request": _request, "approve": _approve, "deny": _deny, "reveal": _reveal, "list": _list}
