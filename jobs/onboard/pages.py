"""What a source's data engineer sees on a terminal: a draft, a check, the columns that may be filled."""

from __future__ import annotations

from intake.files.value_types import shown_name
from jobs.onboard.check_source import HeadersSeen, SourceCheck
from jobs.onboard.draft_source import Draft
from jobs.onboard.reference import ColumnsToFill, reference
from jobs.terminal.answer import Say


def print_columns(found: ColumnsToFill, say: Say) -> None:
    """A table per canonical table."""
    say(reference(dict(found.lost)))


def print_draft(done: Draft, say: Say) -> None:
    """The draft itself, or what it asks where it was written to a file; and whether it holds."""
    if done.out is None:
        say(done.text)
    else:
        say(f"draft: {done.out}")
        say("\n".join(line.removeprefix("# ") for line in done.text.splitlines() if line.startswith("# ?")))
    if done.problem:
        say(f"# not a whole mapping yet: {done.problem}".replace("\n", "\n# "))
    else:
        say("# the draft holds as a mapping")
    if not done.has_fee_lines:
        say("# none of the files was taken for fee lines (claim_line), and no rule runs without them")


def print_check(done: SourceCheck, say: Say) -> None:
    """The whole report."""
    say(done.page)


def print_headers(found: HeadersSeen, say: Say) -> None:
    """What the mapping makes of the headers of a delivery that is refused; the refusal itself tells every problem."""
    for file in found.files:
        say(f"{file.name} as {file.kind}: {len(file.read)} columns read, {len(file.dropped)} dropped")
        for text, columns in (("parked" if found.is_parking else "unknown", file.unknown), ("missing", file.missing)):
            if columns:
                say(f"  {text}: {', '.join(map(shown_name, columns))}")
