"""Re-identification on request: one lead, a purpose, another person's approval, an end. Every call is logged first.

An approval binds the very tokens that were asked for: their number and their fingerprint stand in the request.

Sources: PIPL Art. 6 (stated purpose, least scope), 13 and 28-29 (legal basis, sensitive information), 51 and 54; the
Regulation on the supervision of the medical-security fund, Art. 24 and 32 (purpose limits, confidentiality). A request
has no table of its own: its state is what the audit log says of it, so nobody approves by editing a file.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from fundwatch.errors import ExitCode, FundwatchError, problems
from privacy.access.people import Access, AccessRefusedError, same_person
from privacy.audit.chain import Entry
from privacy.audit.log import CLOCK, AuditLog, new_request_id
from privacy.vault.sealing import FIELDS

_PREFIX = "reidentify "
_SHORTEST, _LONGEST = 10, 500
# numbers of persons, certificates, telephones and cards: no text of the log may hold one
_NUMBER = re.compile(r"\d[\d\s-]{9,}\d|[\w.+-]+@[\w-]+\.\w+")
_QUOTED = re.compile(r"'[^']*'")
_REQUEST = re.compile(r"[0-9a-f]{10}")
_FORBIDDEN = re.compile(r"[0-9a-f]{32}|[,;\s*%]", re.IGNORECASE)
PENDING, APPROVED, DENIED, EXPIRED = "pending", "approved", "denied", "expired"


@dataclass(frozen=True)
class Rules:
    """The limits in force: days an approval holds, tokens a request serves, and whether two may share an account."""

    days: int
    tokens: int
    same_account: bool


@dataclass(frozen=True)
class Bound:
    """The tokens of a lead as they were when somebody asked: (domain, token), in order; of them `served` are
    disclosed.
    """

    tokens: tuple[tuple[str, str], ...]
    served: int

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of all of them, in order: one more, one less or another one has another."""
        return hashlib.sha256(json.dumps(self.tokens).encode()).hexdigest()

    @property
    def reported(self) -> dict[str, str]:
        """What the log keeps of it."""
        left = len(self.tokens) - self.served
        return {"tokens": str(self.served), "left_out": str(left), "tokens_sha256": self.fingerprint}


@dataclass(frozen=True)
class RevealRequest:
    """What was asked, by whom, and what became of it. `tokens` of the lead are served, `left_out` are not."""

    request: str
    lead: str
    night: str
    fields: tuple[str, ...]
    purpose: str
    basis: str
    requester: str
    account: str
    asked_at: datetime
    tokens: int = 0
    left_out: int = 0
    tokens_sha256: str = ""
    state: str = PENDING
    decided_by: str = ""
    decided_at: datetime | None = None
    until: datetime | None = None

    def at(self, now: datetime, days: int) -> RevealRequest:
        """The request as it stands now: an approval ends, and what nobody decided on ends too."""
        end = self.until or self.asked_at + timedelta(days=days)
        return replace(self, state=EXPIRED) if self.state in (PENDING, APPROVED) and now >= end else self

    def after_leap(self, now: datetime) -> RevealRequest:
        """The request once the clock was put back to `now`: what was asked or approved later than that was in a leap,
        and does not hold."""
        in_leap = self.asked_at > now or (
            self.state == APPROVED and self.decided_at is not None and self.decided_at > now
        )
        return replace(self, state=EXPIRED, until=None) if in_leap and self.state in (PENDING, APPROVED) else self

    def refuse_changed(self, bound: Bound) -> None:
        """Raise AccessRefusedError unless the lead has the very tokens that were asked for."""
        if bound.fingerprint != self.tokens_sha256:
            raise AccessRefusedError(
                "the lead's evidence is not what it was when this was asked for",
                where=self.request,
                do="ask again: the approval was for the tokens of then",
            )


@dataclass
class Call:
    """One call as the log will have it. Who serves it fills in the request and the lead as they become known."""

    action: str
    actor: str
    request: str = ""
    lead: str = ""
    detail: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Desk:
    """Serves the calls: each is checked and logged within one turn of the log."""

    log: AuditLog
    access: Access
    rules: Rules

    @contextmanager
    def call(self, action: str, actor: str, request: str = "") -> Iterator[Call]:
        """Log the call when its body is done, as ok; or as refused or fault when the body raises.

        What the body has found must be given out only after this ends: what cannot be logged is not done.
        """
        reported = Call(action, scrubbed(actor), request if _REQUEST.fullmatch(request) else "")
        with self.log.turn():
            try:
                yield reported
            except FundwatchError as error:
                self._note(reported, "fault" if error.exit_code is ExitCode.FAULT else "refused", _reason(error))
                raise
            except BaseException as error:
                self._note(reported, "fault", type(error).__name__)  # its message may quote a row
                raise
            self._note(reported, "ok", "")

    def ask(self, call: Call, night: str, fields: Sequence[str], purpose: str, basis: str, bound: Bound) -> str:
        """Note what is asked for `call.lead`, whose tokens are `bound`; the new request's id.

        Raises AccessRefusedError naming all problems.
        """
        self.access.refuse_unless("requesters", call.actor, self.log.account())
        wrong = [*_text_problems("--purpose", purpose), *_text_problems("--basis", basis), *_field_problems(fields)]
        if wrong:
            raise AccessRefusedError(problems("the request is not complete", wrong), do="fix what is named")
        call.request = new_request_id()
        call.detail |= {"night": night, "fields": ",".join(fields), "purpose": purpose.strip(), "basis": basis.strip()}
        call.detail |= bound.reported
        return call.request

    def approve(self, call: Call, days: int | None, bound_of: Callable[[RevealRequest], Bound]) -> RevealRequest:
        """Approve a pending request for some days. Raises AccessRefusedError, also when the lead is another by now."""
        request = self._decidable(call, (PENDING,))
        request.refuse_changed(bound_of(request))
        given = self.rules.days if days is None else days
        if not 1 <= given <= self.rules.days:
            raise AccessRefusedError(f"an approval holds 1 to {self.rules.days} days", where="--days", do="give fewer")
        until = self.log.now() + timedelta(days=given)
        call.detail |= {"until": until.isoformat(), "tokens_sha256": request.tokens_sha256}
        return replace(request, state=APPROVED, decided_by=call.actor, until=until)

    def deny(self, call: Call) -> RevealRequest:
        """Deny a pending request, or take an approval back. Raises AccessRefusedError."""
        return replace(self._decidable(call, (PENDING, APPROVED)), state=DENIED, decided_by=call.actor)

    def reveal(self, call: Call, bound_of: Callable[[RevealRequest], Bound]) -> tuple[RevealRequest, Bound]:
        """The approved request that may be served now, to its requester alone, and its tokens.

        Raises AccessRefusedError.
        """
        request = self._found(call)
        self.access.refuse_unless("requesters", call.actor, self.log.account())
        if same_person(call.actor) != same_person(request.requester) or self.log.account() != request.account:
            raise AccessRefusedError("only who asked may see the answer, from the same account", do="ask for yourself")
        if request.state != APPROVED:
            raise AccessRefusedError(f"the request is {request.state}", where=request.request, do=_NEXT[request.state])
        bound = bound_of(request)
        request.refuse_changed(bound)
        return request, bound

    def requests(self) -> list[RevealRequest]:
        """All requests as they stand now, oldest first. Raises AuditError when the log does not hold."""
        now = self.log.now()
        return [request.at(now, self.rules.days) for request in reported_by(self.log.entries()).values()]

    def _found(self, call: Call) -> RevealRequest:
        for request in self.requests():
            if request.request == call.request:
                call.lead = request.lead
                return request
        raise AccessRefusedError("there is no such request", do="`fundwatch reidentify list` names them")

    def _decidable(self, call: Call, states: Sequence[str]) -> RevealRequest:
        request = self._found(call)
        self.access.refuse_unless("approvers", call.actor, self.log.account())
        if same_person(call.actor) == same_person(request.requester):
            raise AccessRefusedError("nobody decides on a request of their own", do="let another person decide")
        if self.log.account() == request.account and not self.rules.same_account:
            raise AccessRefusedError(
                "the request came from the same operating-system account",
                do="decide from an account of your own (reidentify_same_account=true lifts this, for a trial)",
            )
        if request.state not in states:
            raise AccessRefusedError(f"the request is {request.state}", where=request.request, do=_NEXT[request.state])
        return request

    def _note(self, call: Call, outcome: str, why: str) -> None:
        self.log.append(
            _PREFIX + call.action,
            actor=call.actor,
            outcome=outcome,
            why=why,
            request=call.request,
            lead=call.lead,
            detail=call.detail,
        )


_NEXT = {
    PENDING: "let an approver decide first",
    APPROVED: "it is approved already",
    DENIED: "ask again, if there is reason to",
    EXPIRED: "ask again",
}


def reported_by(entries: Sequence[Entry]) -> dict[str, RevealRequest]:
    """The requests that the log tells of, by id, in order."""
    found: dict[str, RevealRequest] = {}
    for entry in entries:
        if entry.action == CLOCK:
            found = {name: request.after_leap(datetime.fromisoformat(entry.at)) for name, request in found.items()}
        if entry.outcome != "ok" or not entry.action.startswith(_PREFIX):
            continue
        action, at = entry.action.removeprefix(_PREFIX), datetime.fromisoformat(entry.at)
        if action == "request":
            found[entry.request] = _asked(entry, at)
        elif action == "approve":
            until = datetime.fromisoformat(entry.detail["until"])
            decided = replace(found[entry.request], decided_by=entry.actor, decided_at=at)
            found[entry.request] = replace(decided, state=APPROVED, until=until)
        elif action == "deny":
            found[entry.request] = replace(found[entry.request], state=DENIED, decided_by=entry.actor, decided_at=at)
    return found


def _asked(entry: Entry, at: datetime) -> RevealRequest:
    """A request as its line tells it. One of before tokens were bound has no fingerprint, and serves nothing."""
    detail = entry.detail
    return RevealRequest(
        request=entry.request,
        lead=entry.lead,
        night=detail["night"],
        fields=tuple(detail["fields"].split(",")),
        purpose=detail["purpose"],
        basis=detail["basis"],
        requester=entry.actor,
        account=entry.account,
        asked_at=at,
        tokens=int(detail.get("tokens", "0")),
        left_out=int(detail.get("left_out", "0")),
        tokens_sha256=detail.get("tokens_sha256", ""),
    )


def refuse_bulk(leads: Sequence[str]) -> str:
    """The one lead that is asked for. Raises AccessRefusedError for none, several, a pattern or a bare token."""
    if len(leads) != 1 or not leads[0].strip() or _FORBIDDEN.search(leads[0].strip()):
        raise AccessRefusedError(
            "a request is for one lead", where="--lead", do="give one place or id of `fundwatch show`; there is no bulk"
        )
    return leads[0].strip()


def scrubbed(text: str) -> str:
    """A text fit for the log: long numbers and mail addresses, which may be somebody's, are taken out."""
    return _NUMBER.sub("…", text)


def _reason(error: FundwatchError) -> str:
    """Why a call was refused, without the words that the caller typed."""
    return scrubbed(_QUOTED.sub("'…'", " ".join(error.what.split("\n"))))


def _text_problems(option: str, text: str) -> list[str]:
    wrong = []
    if not _SHORTEST <= len(text.strip()) <= _LONGEST:
        wrong.append(f"{option} takes {_SHORTEST} to {_LONGEST} characters")
    if _NUMBER.search(text):
        wrong.append(f"{option} holds a long number or a mail address: say what it is for, not whom")
    return wrong


def _field_problems(fields: Sequence[str]) -> list[str]:
    if not fields:
        return [f"--fields takes some of: {', '.join(FIELDS)}"]
    return [
        f"--fields: there is no '{scrubbed(name)}'; use {', '.join(FIELDS)}" for name in fields if name not in FIELDS
    ]
