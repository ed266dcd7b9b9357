"""What the stages of a night did, on a terminal."""

from __future__ import annotations

from jobs.review.pages import print_list
from jobs.review.show_lead import night_list
from jobs.run_nights import NightReports
from jobs.stages import StageRun
from jobs.terminal.answer import Say
from jobs.terminal.console import print_note

_LISTED = 10


def print_stage(done: StageRun, say: Say) -> None:
    """One stage: whether it had something to do, and what it counted."""
    stated = "done" if done.report["is_new"] else "nothing to do: done before with the same input"
    say(f"{done.stage.verb} {done.night}: {stated}")
    for key, value in done.report.items():
        if key != "is_new" and isinstance(value, (str, int, float)):
            say(f"  {key:<28} {value}")


def print_nights(done: NightReports, say: Say) -> None:
    """The list of the last night."""
    if not done.is_new:
        print_note("nothing to do: every stage was done before with the same input")
    print_list(night_list(done.settings, done.last, _LISTED), say)
