"""Keys, requests, the audit log, erasures, reports and exports on a terminal. A key is never shown, only its id."""

from __future__ import annotations

from typing import Any

from fundwatch.errors import some
from fundwatch.terminal import new_table, show
from jobs.protect.carry_lake import Carried
from jobs.protect.erase_data import Erased
from jobs.protect.export_data import Exported
from jobs.protect.manage_keys import KeyRetired, Keys, KeysMade, Rotation
from jobs.protect.reidentify_tokens import RequestMade, RequestsShown, RequestState, Revealed, RevealedToFile
from jobs.protect.report_privacy import CAUTION, PrivacyReport, ScrubberMeasured
from jobs.protect.rotate_vault import Shares, VaultKeyRetired, VaultRotation
from jobs.protect.verify_audit import AnchorsSetAside, AuditVerified, ClockSet
from jobs.terminal.answer import Say
from privacy.release.anonymity import MEASURES, Anonymity, measure_rows


def print_keys_made(done: KeysMade, say: Say) -> None:
    """The files that were made, and the ids of the keys in force."""
    for file in done.made:
        say(f"made {file}: readable by its owner alone; keep a copy where the lake is not")
    say(f"key {done.key_id}, vault key {done.vault_key_id}")
    if done.is_shared:
        say(f"give each file to one custodian, and set key_file={done.path}")


def print_keys(found: Keys, say: Say) -> None:
    """Which keys are in force, and which retire."""
    say(f"key {found.key_id} in force; lineage {found.lineage}")
    if found.retiring is not None:
        say(f"key {found.retiring} retiring: `fundwatch keys carry`, then `fundwatch keys retire`")
    has_vault_key = found.vault_key_id is not None
    say(f"vault key {found.vault_key_id}" if has_vault_key else "no vault key: `fundwatch keys make` makes one")
    if found.vault_key_retiring is not None:
        say(f"vault key {found.vault_key_retiring} retiring: `fundwatch keys retire --vault`")


def print_rotation(done: Rotation, say: Say) -> None:
    """The key in force, the one that retires, and the bridge between them."""
    say(f"key {done.key_id} in force, {done.retiring} retiring")
    say(f"bridge of {done.bridged} tokens in {done.bridge}: `fundwatch keys carry`, then `fundwatch keys retire`")


def print_carried(done: Carried, say: Say) -> None:
    """How much of the lake has tokens of the key in force."""
    say(f"{len(done.rows)} tables carried over to the key {done.key_id}; then: `fundwatch keys retire`")


def print_key_retired(done: KeyRetired, say: Say) -> None:
    """Which key is gone."""
    say(f"key {done.retired} and its bridge are gone" if done.retired else "no key was retiring")
    say(f"key {done.key_id} in force; lineage {done.lineage}")


def print_vault_rotation(done: VaultRotation, say: Say) -> None:
    """The vault's key in force, the one that retires, and how much was sealed again."""
    say(f"vault key {done.vault_key_id} in force, {done.retiring} retiring; {done.resealed} seals made again")
    say("keep a copy of the key where the lake is not, then: `fundwatch keys retire --vault`")


def print_vault_key_retired(done: VaultKeyRetired, say: Say) -> None:
    """Which key of the vault is gone."""
    say(f"vault key {done.retired} is gone" if done.retired else "no vault key was retiring")
    say(f"vault key {done.vault_key_id} in force")


def print_shares(done: Shares, say: Say) -> None:
    """What to do with the shares of a key."""
    say(f"give each file to one custodian, set {done.setting}={done.shares}, and destroy {done.whole}")
    rotating = "keys rotate --vault" if done.setting == "vault_key_file" else "keys rotate"
    say(f"`fundwatch {rotating}` then makes a key that never lay in one file")


def print_request_made(done: RequestMade, say: Say) -> None:
    """Who has to act on the request, and how much it is for."""
    say(f"request {done.request} for lead {done.lead}: another person approves it, from another account:")
    say(f"  `fundwatch reidentify approve {done.request} --as NAME`")
    say(f"it is for {_served(done.served, done.left_out)}")


def print_requests(found: RequestsShown, say: Say) -> None:
    """Each request with its state."""
    for one in found.requests:
        _print_request(one, say)


def _print_request(one: RequestState, say: Say) -> None:
    decided = f" by {one.decided_by}" if one.decided_by else ""
    say(f"{one.request}  {one.state}{decided}  {one.until}  lead {one.lead} of {one.night}")
    say(f"  {one.requester}: {', '.join(one.fields)}; {one.purpose}; {one.basis}")
    say(f"  {_served(one.tokens, one.left_out)}")


def _served(tokens: int, left: int) -> str:
    more = f"; {left} more of the lead are left out (reidentify_tokens)" if left else ""
    return f"{tokens} tokens{more}"


def print_revealed_to_file(done: RevealedToFile, say: Say) -> None:
    """Where the answers lie; they themselves are not shown."""
    say(f"{done.tokens} tokens of lead {done.lead} in {done.out}: delete it when the purpose is met")


def print_answers(found: Revealed, say: Say) -> None:
    """Whom each token stands for."""
    for answer in found.tokens:
        fields = {k: v for k, v in answer.items() if k not in ("domain", "token", "in_vault")}
        text = ", ".join(f"{k} {'—' if v is None else v}" for k, v in fields.items())
        say(f"{answer['domain']} {answer['token']}: {text if answer['in_vault'] else 'the vault does not know it'}")
    if found.left_out:
        say(f"{found.left_out} more tokens of the lead are not served: a request serves no more (reidentify_tokens)")


def print_audit(found: AuditVerified, say: Say) -> None:
    """That the log holds, and where its head is noted."""
    say(found.reported)
    say("it is noted in the lake and in each night's privacy report; note it elsewhere too, for --noted")


def print_set_aside(done: AnchorsSetAside, say: Say) -> None:
    """How many anchors were ahead of the log."""
    newest = f", the newest of {done.newest}" if done.newest else ""
    say(
        f"{done.set_aside} anchors set aside by {done.by}{newest}"
        if done.set_aside
        else "no anchor is ahead of the log"
    )


def print_clock_set(done: ClockSet, say: Say) -> None:
    """From when the log goes on."""
    say(f"the log goes on from {done.at}, by {done.by}; what was asked or approved later than that does not hold")


def print_erased(done: Erased, say: Say) -> None:
    """How many rows went, table by table, and which lists can no longer be made again."""
    say(f"erased: {sum(done.rows.values()):,} rows of {len(done.rows)} tables ({done.kind} {done.mark})")
    for name, number in done.rows.items():
        say(f"  {name:<28} {number:,}")
    nights = ", ".join(map(str, done.nights_not_reproducible)) or "none"
    say(f"lists that can no longer be made again: {nights}")
    if done.held_cases:
        cases = f"{len(done.held_cases)} open cases: {some(done.held_cases)}"
        say(f"案件未结,证据保留 Legal hold: kept is what rests with {cases}")


def print_privacy(done: PrivacyReport, say: Say) -> None:
    """How anonymous the night's data are."""
    shown = new_table(f"匿名程度 How anonymous {done.night}", CAUTION)
    for heading in MEASURES:
        shown.add_column(heading.replace(" ", "\n", 1), overflow="fold")
    for row in measure_rows({name: Anonymity(**_measures(record)) for name, record in done.report["sets"].items()}):
        shown.add_row(*row)
    show(shown)
    say(f"files: {done.report['folder']}")


def _measures(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name in Anonymity.__dataclass_fields__}


def print_scrubber(found: ScrubberMeasured, say: Say) -> None:
    """How well free text is scrubbed, by labelled set."""
    for name, report in found.corpora.items():
        say(f"== {name}\n{report.table()}\n")


def print_exported(done: Exported, say: Say) -> None:
    """How much left, how much stayed, and where it lies."""
    report = done.report
    say(
        f"{report['rows']} rows ({report['left_out']} left out, {report['hidden_cells']} cells hidden): "
        f"{report['folder']}"
    )
