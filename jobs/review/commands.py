"""The command of who reviews leads, options in and answers out: a night's list, one lead."""

from __future__ import annotations

import argparse
from typing import Any

from jobs.answer import Answer
from jobs.options import settings_of
from jobs.review.pages import print_lead, print_list
from jobs.review.show_lead import newest_list, night_list, one_lead


def show(options: argparse.Namespace) -> Answer[Any]:
    """`fundwatch show [LEAD] [--date …]`; without a date, the newest night whose list is committed."""
    settings = settings_of(options).settings
    night = newest_list(settings, options.date)
    if options.lead is None:
        return Answer(night_list(settings, night, options.top), print_list)
    return Answer(one_lead(settings, night, options.lead), print_lead)
