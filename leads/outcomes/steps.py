"""The steps of a case: which may follow which, and what each needs. Pure: entries in, problems out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from leads.outcomes.entries import DECISIONS, STATUS_WORDS, Status, StatusEntry

# from where to where; a decided case is taken up again only when it grew
MOVES: Mapping[Status, tuple[Status, ...]] = {
    Status.NEW: (Status.ASSIGNED, Status.NOT_PURSUED),
    Status.ASSIGNED: (Status.ASSIGNED, Status.IN_CHECK, Status.NOT_PURSUED, Status.REFERRED),
    Status.IN_CHECK: (Status.ASSIGNED, Status.IN_CHECK, Status.HEARD, *DECISIONS),
    Status.HEARD: (Status.ASSIGNED, Status.IN_CHECK, Status.HEARD, *DECISIONS),
    **dict.fromkeys(DECISIONS, (Status.ASSIGNED,)),
}


def this_round(steps: Sequence[StatusEntry]) -> list[StatusEntry]:
    """The steps since the case was decided last; of a decided case those that led to the decision."""
    open_steps: list[StatusEntry] = []
    for step in steps:
        if open_steps and Status(open_steps[-1].status).is_decided:
            open_steps = []
        open_steps.append(step)
    return open_steps


def holder(steps: Sequence[StatusEntry]) -> StatusEntry | None:
    """The step that says whose the case is now; None of one that nobody holds."""
    given = [step for step in this_round(steps) if step.status == Status.ASSIGNED]
    return given[-1] if given else None


def is_heard(steps: Sequence[StatusEntry]) -> bool:
    """Whether statement and defence (陈述申辩) were heard since the case was taken up."""
    return any(step.status == Status.HEARD for step in this_round(steps))


def move_problem(now: Status, to: Status, *, is_grown: bool) -> str:
    """Why a case cannot go from here to there; empty where it can."""
    if to not in MOVES[now]:
        if now.is_decided:
            return f"已结案 it is decided ({STATUS_WORDS[now]}): withdraw that first"
        usual = " / ".join(STATUS_WORDS[step] for step in MOVES[now])
        return f"不能从 {STATUS_WORDS[now]} 到 {STATUS_WORDS[to]}: after it comes {usual}"
    if now.is_decided and not is_grown:
        return f"已结案且无新增 it is decided ({STATUS_WORDS[now]}) and has not grown since: it is no new work"
    return ""
