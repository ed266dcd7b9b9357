"""Commands that are printed for people to copy run as printed."""

from __future__ import annotations

import shlex
from functools import partial

import pytest

from fundwatch.logs import log, start_logging
from jobs.command_line import parser
from jobs.terminal.copying import whole

GIVEN = ["--var", "my var", "--profile", "demo", "--set", "seed=3"]


@pytest.mark.parametrize(
    ("stated", "completed"),
    [
        ("run `fundwatch nightly`", "nightly --date 2026-03-31 --profile demo --var 'my var' --set seed=3"),
        ("see `fundwatch show --date DATE`", "show --date 2026-03-31 --profile demo --var 'my var' --set seed=3"),
        ("`fundwatch scan --date 2026-03-24`", "scan --date 2026-03-24 --profile demo --var 'my var' --set seed=3"),
        ("`fundwatch keys retire --var other`", "keys retire --var other --profile demo --set seed=3"),
        (
            "`fundwatch keys check --set scan_days=9`",
            "keys check --set scan_days=9 --profile demo --var 'my var' --set seed=3",
        ),
        ("`fundwatch keys check --set seed=4`", "keys check --set seed=4 --profile demo --var 'my var'"),
    ],
)
def test_a_command_gets_what_the_caller_gave(stated: str, completed: str) -> None:
    options = parser().parse_whole(["show", "--date", "2026-03-31", *GIVEN])
    (command,) = whole(stated, options).split("`")[1:2]
    assert command.split(maxsplit=1)[1] == completed
    assert parser().parse_whole(shlex.split(completed))


def test_a_command_that_a_step_names_while_it_runs_gets_it_too(capsys: pytest.CaptureFixture[str]) -> None:
    options = parser().parse_whole(["show", "--date", "2026-03-31", *GIVEN])
    start_logging(reword=partial(whole, options=options))
    log.warning("%d lines are older: `fundwatch nightly --set scan_days=%d`", 5, 900)
    start_logging()
    wanted = "nightly --set scan_days=900 --date 2026-03-31 --profile demo --var 'my var' --set seed=3`"
    assert capsys.readouterr().err.rstrip().endswith(wanted)


def test_a_command_without_a_date_gets_none() -> None:
    options = parser().parse_whole(["keys", "check", "--date", "2026-03-31"])
    assert whole("`fundwatch keys make`, or `var/lake`", options).endswith("fundwatch keys make`, or `var/lake`")
