"""Which committed runs were made from others than those that are committed now: of a need, a night before, an earlier
list.

A run's fingerprint names what it was made from, and the ledger's order says what was committed when the run began.
Whatever was run again since with another result, or came in late for an earlier night, leaves the runs that rest on it
out of date.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from fundwatch.lake.check import LakeFinding, finding
from fundwatch.lake.ledger import Ledger
from jobs.declared_stages import PUBLISH, verb_of
from jobs.job import FOLLOWED, Job, RunKey, upstream_of

MARK = "OUT-OF-DATE.txt"
LIST = PUBLISH.name
_NOTE = (
    "本清单已不是最新:它所依据的运行之后被重新执行。\n{reported}\n处理:{do}\n\n"
    "This list is out of date: what it rests on was run again since.\n{reported}\nDo: {do}\n"
)


@dataclass(frozen=True)
class _MadeFrom:
    """The runs that a run was made from, with their fingerprints of then; `followed` of the jobs that it may follow."""

    upstream: Mapping[RunKey, str]
    followed: frozenset[str]


@dataclass(frozen=True)
class Belonging:
    """What is committed in a lake, and what each run of the night's stages (by their jobs) was made from."""

    ledger: Ledger
    jobs: Mapping[str, Job]

    def reported(self, night: date) -> dict[str, Any]:
        """Why the night's list no longer belongs to what is committed, and what to do; empty for one that does.

        Looked at are the night's own runs and those of the earlier list; `lake check` looks at all.
        """
        before = self.ledger.night_before(LIST, night)
        found = self.out_of_date({night, before or night})
        if (LIST, night) not in self.ledger.committed_fingerprints() or not found:
            return {}
        return {"out_of_date": _sentences(found), "do": self.cure(found, night)}

    def mark_lists(self, lists: Path, first: date) -> None:
        """Put a note into the folder of every list from `first` on that is out of date, and take it from the others."""
        for night in (when for when in self.ledger.nights(LIST) if when >= first):
            folder = lists / night.isoformat()
            reported = self.reported(night) if folder.is_dir() else {}
            if reported:
                text = _NOTE.format(
                    reported="\n".join(f"- {line}" for line in reported["out_of_date"]), do=reported["do"]
                )
                (folder / MARK).write_text(text, encoding="utf-8", newline="\n")
            else:
                (folder / MARK).unlink(missing_ok=True)

    def finding(self, night: date | None) -> LakeFinding:
        """The finding of `lake check`: every committed run was made from committed runs."""
        found = self.out_of_date(None if night is None else {night})
        do = self.cure(found, max(key[1] for key in found)) if found else ""
        runs = sum(1 for key in self.ledger.committed_fingerprints() if night in (None, key[1]))
        return finding("runs belong together", "ledger", _sentences(found), f"{runs} runs are committed", do)

    def cure(self, found: Collection[RunKey], night: date) -> str:
        """The command that makes the runs up to the night belong together again."""
        earliest = min(key[1] for key in found)
        if earliest < night:
            return f"run `fundwatch nightly --date {earliest} --to {night}`"
        stages, committed = {key[0] for key in found}, self.ledger.committed_fingerprints()
        can_run = all((need, night) in committed for stage in stages for need in self.jobs[stage].needs)
        verb = verb_of(stages.pop()) if len(stages) == 1 and can_run else "nightly"
        return f"run `fundwatch {verb} --date {night}`"

    def out_of_date(self, nights: Collection[date] | None) -> dict[RunKey, list[str]]:
        """By job and night: why the run no longer belongs to what is committed, in full sentences; None: of every
        night.
        """
        now, found = self.ledger.committed_fingerprints(), {}
        for key, then in self._made_from(nights).items():
            if key in now and (why := list(_differences(key, then.upstream, self._upstream(key, now, then.followed)))):
                found[key] = why
        return found

    def _made_from(self, nights: Collection[date] | None) -> dict[RunKey, _MadeFrom]:
        """By run: what it was made from."""
        committed: dict[RunKey, str] = {}
        begun: dict[str, dict[RunKey, str]] = {}
        made: dict[RunKey, _MadeFrom] = {}
        for row in self.ledger.run_rows():
            key = (row["job"], row["business_date"])
            is_asked = key[0] in self.jobs and (nights is None or key[1] in nights)
            if row["state"] == "started":
                committed.pop(key, None)
                if is_asked:  # whom it follows is known when it ends
                    begun[row["run_id"]] = self._upstream(key, committed, self.jobs[key[0]].may_follow)
            elif row["state"] == "committed":
                committed[key] = row["fingerprint"]
                if is_asked and row["run_id"] in begun:
                    made[key] = self._made(key, begun[row["run_id"]], row["detail"])
        return made

    def _made(self, key: RunKey, begun: Mapping[RunKey, str], detail: str) -> _MadeFrom:
        may_follow = self.jobs[key[0]].may_follow
        followed = frozenset(json.loads(detail).get(FOLLOWED, ())) if may_follow else frozenset()
        spared = {*may_follow} - followed
        return _MadeFrom({other: made for other, made in begun.items() if other[0] not in spared}, followed)

    def _upstream(self, key: RunKey, committed: Mapping[RunKey, str], followed: Collection[str]) -> dict[RunKey, str]:
        return upstream_of(self.jobs[key[0]], key[1], committed, followed)


def _sentences(found: Mapping[RunKey, list[str]]) -> list[str]:
    """The newest night first, and of a night the list."""
    order = sorted(found, key=lambda key: (key[1], key[0] == LIST), reverse=True)
    return [sentence for key in order for sentence in found[key]]


def _differences(key: RunKey, then: Mapping[RunKey, str], now: Mapping[RunKey, str]) -> Iterator[str]:
    name = f"{_what(key)} was made"
    for other in sorted({*then, *now}, key=lambda one: (one[1], one[0])):
        if other not in now:
            yield f"{name} from a run of {_run(other, key)} that is not committed any more"
        elif other not in then:
            yield f"{name} before {_run(other, key)} was committed"
        elif then[other] != now[other]:
            yield f"{name} from another run of {_run(other, key)} than the one that is committed"


def _what(key: RunKey) -> str:
    return f"the list of {key[1]}" if key[0] == LIST else f"{verb_of(key[0])} of {key[1]}"


def _run(other: RunKey, key: RunKey) -> str:
    return verb_of(other[0]) if other[1] == key[1] else _what(other)
