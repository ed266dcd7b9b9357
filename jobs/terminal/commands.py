"""Every command of the command line: what people type, its options, and who serves it. Nothing heavy is imported."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from jobs.declared_stages import STAGES, Stage
from jobs.terminal.lead_options import leads_options
from jobs.terminal.options import (
    deliveries_options,
    evaluate_options,
    knowledge_options,
    lake_options,
    looking_options,
    models_options,
    nightly_options,
    profile_options,
    quarantine_options,
    rule_options,
    settlements_options,
    show_options,
    simulate_options,
    source_options,
    spikes_options,
    tables_options,
)
from jobs.terminal.protect_options import (
    audit_options,
    erase_options,
    export_options,
    keys_options,
    privacy_options,
    reidentify_options,
)
from jobs.terminal.value_options import credit_options, ledger_options, points_options, quarter_options


@dataclass(frozen=True)
class Command:
    """One subcommand: its help and the function `module:run` that serves it: parsed options in, an Answer out.

    `script` is the file under jobs/, without its ending, that spark-submit starts for it; a command without one needs
    no cluster. Of a stage, `stage` is its declaration. `is_of_a_night` says that a date goes with it.
    """

    name: str
    help: str
    serves: str
    options: Callable[[argparse.ArgumentParser], None] = lambda _parser: None
    script: str = ""
    stage: Stage | None = None
    is_of_a_night: bool = False


def commands_of(stages: Sequence[Stage] = STAGES) -> tuple[Command, ...]:
    """All commands: the stages among them, where a night has them."""
    simulate, *others = _OTHERS
    return (simulate, *(_of_stage(stage) for stage in stages), *others)


def _of_stage(stage: Stage) -> Command:
    script = stage.module.removeprefix("jobs.").replace(".", "/")
    return Command(
        stage.verb, stage.help, "jobs.terminal.night_commands:stage", script=script, stage=stage, is_of_a_night=True
    )


_OTHERS = (
    Command("simulate", "make labelled synthetic deliveries", "jobs.prove.commands:simulate", simulate_options),
    Command(
        "models",
        "show which models speak on a night and whether they hold; promote one",
        "jobs.operate.lake_commands:models",
        models_options,
    ),
    Command(
        "nightly",
        "all of a night in order, in one Spark application",
        "jobs.terminal.night_commands:nightly",
        nightly_options,
        script="run_nights",
        is_of_a_night=True,
    ),
    Command(
        "show",
        "show a night's list, or one lead with its evidence: short for `leads`",
        "jobs.review.commands:show",
        show_options,
        is_of_a_night=True,
    ),
    Command(
        "leads",
        "list a night's leads, or show one; assign, note on, close and take back; sheets, what is late, what changed",
        "jobs.review.commands:leads",
        leads_options,
        is_of_a_night=True,
    ),
    Command(
        "profile",
        "write one person's file (一人一档): days, money, indicators beside peers, findings; as a page and tables",
        "jobs.review.commands:profile",
        profile_options,
        is_of_a_night=True,
    ),
    Command(
        "spikes",
        "which items rose or stand out, where (单项目专项筛查): ranked, as a page and a table",
        "jobs.review.commands:spikes",
        spikes_options,
        is_of_a_night=True,
    ),
    Command(
        "tables",
        "decision tables of cost control (费用调控决策表): persons, cost, length, shares, quotas; page, CSV, workbook",
        "jobs.tables.commands:tables",
        tables_options,
        is_of_a_night=True,
    ),
    Command(
        "settlements",
        "settlements made again by the benefit policy (模拟结算): what is not as due; one step by step, other methods; "
        "quotas and budget split to departments (科室二次分配)",
        "jobs.settle.commands:settlements",
        settlements_options,
        is_of_a_night=True,
    ),
    Command(
        "ledger",
        "what the leads were worth, by rule, version and month; rules to put in shadow; outcomes as labels",
        "jobs.review.value.commands:ledger",
        ledger_options,
        is_of_a_night=True,
    ),
    Command(
        "points",
        "points of persons for confirmed outcomes, what follows from them; give them or take them back",
        "jobs.review.value.commands:points",
        points_options,
    ),
    Command(
        "credit",
        "credit grades of institutions and persons, each with how it came about",
        "jobs.review.value.commands:credit",
        credit_options,
    ),
    Command(
        "rules",
        "list the rules of the region, show one, play their examples, raise or retire one; national classes",
        "jobs.author.commands:rules",
        rule_options,
    ),
    Command(
        "indicators",
        "list the indicators of the region, or show one with its formula",
        "jobs.review.commands:indicators",
        looking_options,
    ),
    Command(
        "knowledge",
        "list and show the knowledge that rules rest on; import, approve, compare and check editions of it",
        "jobs.curate.commands:knowledge",
        knowledge_options,
    ),
    Command(
        "evaluate",
        "compare a night's hits, scores and leads with labels: what was staged, or what inspections found",
        "jobs.prove.commands:evaluate",
        evaluate_options,
        is_of_a_night=True,
    ),
    Command(
        "keys",
        "make, check, rotate and retire the keys",
        "jobs.protect.commands:keys",
        keys_options,
        script="protect/manage_keys",
    ),
    Command(
        "reidentify",
        "whose tokens a lead holds: request, approve, reveal; every call is logged",
        "jobs.protect.commands:reidentify",
        reidentify_options,
    ),
    Command("audit", "verify the audit log", "jobs.protect.commands:audit", audit_options),
    Command(
        "source",
        "draft a mapping for a new source from its files, or check one on a delivery",
        "jobs.onboard.commands:source",
        source_options,
    ),
    Command(
        "privacy",
        "report how anonymous a night's data is",
        "jobs.protect.commands:privacy",
        privacy_options,
        script="protect/report_privacy",
        is_of_a_night=True,
    ),
    Command(
        "export",
        "export a night's data as conf/exports declares",
        "jobs.protect.commands:export",
        export_options,
        script="protect/export_data",
        is_of_a_night=True,
    ),
    Command(
        "metrics", "print the newest night's figures as a monitor reads them", "jobs.operate.lake_commands:metrics"
    ),
    Command("settings", "print the settings in force and where each comes from", "jobs.operate.commands:settings"),
    Command(
        "deliveries",
        "show deliveries with state, totals and why; release a held one",
        "jobs.operate.commands:deliveries",
        deliveries_options,
    ),
    Command(
        "quarantine",
        "list and explain rejected rows; release them, resubmit them corrected, or withdraw such a decision",
        "jobs.operate.commands:quarantine",
        quarantine_options,
    ),
    Command(
        "lake",
        "verify that the tables' files, versions, counts and money agree; upgrade a lake of an earlier version",
        "jobs.operate.lake_commands:lake",
        lake_options,
    ),
    Command(
        "erase",
        "erase a person's or an old year's data, old versions included",
        "jobs.protect.commands:erase",
        erase_options,
    ),
    Command(
        "quarter",
        "simulate a quarter whose lists an inspection model works through, and compare the ledger with the truth",
        "jobs.prove.commands:quarter",
        quarter_options,
    ),
    Command("demo", "simulate a month, run its nights, show the leads", "jobs.prove.commands:demo"),
)

COMMANDS = commands_of()
