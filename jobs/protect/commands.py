"""The commands of who protects persons, options in and answers out: keys, re-identification, audit, erasure, reports,
exports."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from jobs.protect import manage_keys, reidentify_tokens, rotate_vault, verify_audit
from jobs.protect.carry_lake import carry
from jobs.protect.erase_data import Erased, ErasureArguments, erase_data
from jobs.protect.export_data import Exported, export_night
from jobs.protect.pages import (
    print_answers,
    print_audit,
    print_carried,
    print_clock_set,
    print_erased,
    print_exported,
    print_key_retired,
    print_keys,
    print_keys_made,
    print_privacy,
    print_request_made,
    print_requests,
    print_revealed_to_file,
    print_rotation,
    print_scrubber,
    print_set_aside,
    print_shares,
    print_vault_key_retired,
    print_vault_rotation,
)
from jobs.protect.reidentify_tokens import Question, RevealedToFile, RevealService
from jobs.protect.report_privacy import report_night, scrubber_measured
from jobs.stages import incompleteness
from jobs.terminal.answer import Answer
from jobs.terminal.options import night_of, settings_of
from privacy.keys.ring import KeyRotationError


def keys(options: argparse.Namespace) -> Answer[Any]:
    """`fundwatch keys make|check|rotate|bridge|carry|retire|share`, of the vault's key with --vault."""
    settings, person, shares = settings_of(options).settings, options.person, options.shares
    of_vault: dict[str, Callable[[], Answer[Any]]] = {
        "rotate": lambda: Answer(rotate_vault.rotate(settings, person), print_vault_rotation),
        "retire": lambda: Answer(rotate_vault.retire(settings, person), print_vault_key_retired),
        "share": lambda: Answer(rotate_vault.share(settings, person, shares, of_vault=options.vault), print_shares),
    }
    of_lake: dict[str, Callable[[], Answer[Any]]] = {
        **of_vault,
        "make": lambda: Answer(manage_keys.make(settings, person, shares), print_keys_made),
        "check": lambda: Answer(manage_keys.check(settings), print_keys),
        "rotate": lambda: Answer(manage_keys.rotate(settings, person), print_rotation),
        "bridge": lambda: Answer(manage_keys.bridge(settings, person), print_rotation),
        "carry": lambda: Answer(carry(settings, person, leave_unknown=options.leave_unknown), print_carried),
        "retire": lambda: Answer(manage_keys.retire(settings, person), print_key_retired),
    }
    actions = of_vault if options.vault else of_lake
    if options.action not in actions:
        raise KeyRotationError(
            f"`keys {options.action}` is not for the vault's key alone",
            where="--vault",
            do=f"it goes with {', '.join(of_vault)}; `keys make` and `keys check` see to both keys",
        )
    return actions[options.action]()


def reidentify(options: argparse.Namespace) -> Answer[Any]:
    """`fundwatch reidentify request|approve|deny|reveal|list`. Every call is logged before it is answered."""
    office = RevealService.of(settings_of(options).settings)
    person, request = options.person, options.request
    if options.action == "request":
        asked = Question(tuple(options.lead), options.date, options.fields, options.purpose, options.basis)
        return Answer(reidentify_tokens.ask(office, person, asked), print_request_made)
    if options.action == "approve":
        return Answer(reidentify_tokens.approve(office, person, request, options.days), print_requests)
    if options.action == "deny":
        return Answer(reidentify_tokens.deny(office, person, request), print_requests)
    if options.action == "list":
        return Answer(reidentify_tokens.requests(office, person), print_requests)
    found = reidentify_tokens.reveal(office, person, request, options.out)
    return Answer(found, print_revealed_to_file if isinstance(found, RevealedToFile) else print_answers)


def audit(options: argparse.Namespace) -> Answer[Any]:
    """`fundwatch audit verify|set-aside|clock`."""
    settings = settings_of(options).settings
    if options.action == "verify":
        return Answer(verify_audit.verify(settings, options.noted), print_audit)
    if options.action == "set-aside":
        return Answer(verify_audit.set_aside(settings, options.person, options.why), print_set_aside)
    return Answer(verify_audit.set_clock(settings, options.person, options.why), print_clock_set)


def erase(options: argparse.Namespace) -> Answer[Erased]:
    """`fundwatch erase person --token T` or `erase before --date D`, with --as, --approve and --why."""
    asked = ErasureArguments(options.action, options.token, options.date, options.by, options.approve, options.why)
    return Answer(erase_data(settings_of(options).settings, asked), print_erased)


def privacy(options: argparse.Namespace) -> Answer[Any]:
    """`fundwatch privacy --date …`, or `fundwatch privacy --scrubber` without a night."""
    if options.scrubber:
        return Answer(scrubber_measured(), print_scrubber)
    done = report_night(settings_of(options).settings, night_of(options))
    return Answer(done, print_privacy, incompleteness({"privacy": done.report}, done.as_json()))


def export(options: argparse.Namespace) -> Answer[Exported]:
    """`fundwatch export NAME --date … --out DIR`. What is refused is refused before anything is written."""
    settings, night = settings_of(options).settings, night_of(options)
    return Answer(export_night(settings, options.name, night, options.out), print_exported)
