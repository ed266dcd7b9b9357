"""The commands of evidence files, options in and answers out."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from fundwatch.errors import FundwatchError
from fundwatch.settings import Settings
from fundwatch.terminal import show
from jobs.review.evidence.all_lines import LinesWritten, write_lines
from jobs.review.evidence.checklist import ChecklistWritten, write_checklist
from jobs.review.evidence.self_check import SelfCheck, write_self_check
from jobs.review.evidence.self_check_answers import AnswersTaken, take_answers
from jobs.review.evidence.verify_file import FileVerified, verify_file
from jobs.review.outcomes.commands import one_name
from jobs.review.show_lead import newest_list
from jobs.terminal.answer import Answer, Say


def _verify(settings: Settings, options: argparse.Namespace) -> Answer[Any]:
    """`fundwatch leads verify FILE`."""
    file = Path(one_name(options, "file"))
    return Answer(verify_file(settings, file), _print_verified)


def _lines(settings: Settings, options: argparse.Namespace) -> Answer[Any]:
    """`fundwatch leads lines LEAD [--out FILE.csv]`."""
    lead = one_name(options, "place in the list, or lead id")
    return Answer(write_lines(settings, newest_list(settings, options.date), lead, options.out), _print_lines)


def _self_check(settings: Settings, options: argparse.Namespace) -> Answer[Any]:
    """`fundwatch leads self-check INSTITUTION [--out FOLDER]`."""
    institution = one_name(options, "institution, by its code")
    night = newest_list(settings, options.date)
    out = options.out or settings.lists_dir.parent / "self-checks"
    return Answer(write_self_check(settings, night, institution, out), _print_self_check)


def _checklist(settings: Settings, options: argparse.Namespace) -> Answer[Any]:
    """`fundwatch leads checklist [--out FOLDER]`."""
    night = newest_list(settings, options.date)
    out = options.out or settings.lists_dir.parent / "self-checks"
    return Answer(write_checklist(settings, night, out), _print_checklist)


def _answers(settings: Settings, options: argparse.Namespace) -> Answer[Any]:
    """`fundwatch leads answers FILE --pack FOLDER`."""
    if options.pack is None:
        raise FundwatchError("which pack were these answers given to?", where="--pack", do="give the pack's folder")
    return Answer(take_answers(Path(one_name(options, "file")), options.pack), _print_answers)


ACTIONS: Mapping[str, Callable[[Settings, argparse.Namespace], Answer[Any]]] = {
    "verify": _verify, "lines": _lines, "self-check": _self_check, "answers": _answers,
    "checklist": _checklist,
}  # fmt: skip


def _print_verified(found: FileVerified, say: Say) -> None:
    show(f"{found.file}: 与公布的文件一致 as it was published: {found.night} {found.published_as}")
    show(f"线索 lead {found.lead_id or '–'} · 证据指纹 fingerprint {found.fingerprint or '–'} · sha256 {found.sha256}")


def _print_lines(found: LinesWritten, say: Say) -> None:
    show(f"线索 lead {found.lead_id}: {found.lines:,} 条明细 lines: {found.file}")


def _print_self_check(found: SelfCheck, say: Say) -> None:
    show(
        f"自查包 self-check pack of {found.institution_id} {found.institution_name}: {found.rules} 个问题 questions, "
        f"{found.lines:,} 条明细 lines: {found.folder}"
    )


def _print_answers(found: AnswersTaken, say: Say) -> None:
    said = ", ".join(f"{answer} {count:,}" for answer, count in sorted(found.by_answer.items())) or "–"
    left = found.asked - sum(found.by_answer.values())
    show(f"自查答复 answers: {said}; 未答 open {left:,}; 应退 to be paid back {found.pay_back:,.2f}: {found.folder}")


def _print_checklist(found: ChecklistWritten, say: Say) -> None:
    show(f"自查清单 check list: {found.departments} 个部门 departments, {found.problems} 项 problems: {found.folder}")
