"""Workbooks for inspectors: written for leads, and read back, all or nothing."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from fundwatch.errors import FundwatchError, problems
from fundwatch.fingerprint import file_sha256
from fundwatch.lake.store import Lake
from fundwatch.regions import region_of
from fundwatch.settings import Settings
from intake.files.forms.spreadsheet import refuse_bomb
from intake.files.unpacking import FileError
from jobs.review.outcomes.asked import StepsTaken
from jobs.review.outcomes.known_cases import cases_of_lead
from jobs.review.outcomes.lead_desk import LeadDesk, LeadStepError
from jobs.review.outcomes.people_said import PeopleSaid
from jobs.review.read_leads import listed_leads
from jobs.review.show_lead import find_lead, newest_list
from leads.outcomes.closing import CaseKnown, Closing, closing_problems, with_found
from leads.outcomes.practice import read_practice
from leads.outcomes.sheet import CASES, LINES, CaseFilled, SheetFilled, read_sheet, write_sheet
from leads.outcomes.steps import holder, move_problem
from leads.publishing.rows import LeadRow

_MOST_BYTES, _MOST_UNPACKED = 8 << 20, 64 << 20
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class SheetWritten:
    """The workbook, and how many cases and lines it has."""

    path: Path
    night: date
    cases: int
    lines: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"path": str(self.path)}


@dataclass(frozen=True)
class _Taken:
    """A row that holds, with its case."""

    case: CaseKnown
    filled: CaseFilled
    closing: Closing


def written_sheet(
    settings: Settings, out: Path, names: Sequence[str] = (), night: date | None = None, team: str = ""
) -> SheetWritten:
    """A workbook of the leads that are named, or of the whole list; of a team only what it holds. Raises FundwatchError
    where there is nothing to write, or the file is there already."""
    night = newest_list(settings, night)
    lake, said = Lake(settings.lake_address), PeopleSaid(settings.lake_address)
    listed = listed_leads(lake, night, settings.list_size)
    leads = [find_lead(settings, night, name) for name in names] if names else listed
    cases = [case for lead in leads for case in _cases(lake, night, lead, said)]
    if team:
        held = {case.case_id: holder(case.steps) for case in cases}
        cases = [case for case in cases if (step := held[case.case_id]) is not None and step.team == team]
    cases = [case for case in cases if not case.status.is_decided or case.new_hits]
    if not cases:
        raise FundwatchError(
            "there is no open case to write", where="leads sheet", do="name other leads, or another team"
        )
    if out.exists() or not out.absolute().parent.is_dir():
        raise FundwatchError("the file is there already, or its folder is not", where=str(out), do="name a new file")
    shown = {lead.subject_id: lead.subject for lead in leads}
    write_sheet(out, cases, shown, read_practice(region_of(settings), settings.conf))
    return SheetWritten(out, night, len(cases), sum(len(case.lines) for case in cases))


def _cases(lake: Lake, night: date, lead: LeadRow, said: PeopleSaid) -> list[CaseKnown]:
    try:
        return cases_of_lead(lake, night, lead, said)
    except FundwatchError:  # a lead of a list that knows no cases
        return []


def import_sheets(desk: LeadDesk, files: Sequence[Path], by: str) -> StepsTaken:
    """Enter what filled-in workbooks say: everything, or nothing. Raises LeadStepError naming every cell that is wrong,
    AccessRefusedError."""
    if not files:
        raise FundwatchError("which files?", where="import", do="name filled-in workbooks after `import`")
    read = {file: _read(file) for file in files}
    with desk.turn("import", "inspectors", by, " ".join(file.name for file in files)):
        said = PeopleSaid(desk.settings.lake_address)
        wrong: list[str] = []
        taken: list[_Taken] = []
        for file, sheet in read.items():
            found, bad = _Judge(desk, said, by).judged(sheet)
            name = f"{file.name} " if len(files) > 1 else ""
            wrong += [f"{name}{text}" for text in bad]
            taken += found
        twice = {one.case.case_id for one in taken if sum(o.case.case_id == one.case.case_id for o in taken) > 1}
        wrong += [f"个案重复 the case {case} stands in several files" for case in sorted(twice)]
        wrong += [] if taken or wrong else ["没有填写 nothing is filled in"]
        if wrong:
            raise LeadStepError(
                problems("nothing was taken from the sheet", wrong), where=", ".join(map(str, files)),
                do="fix the cells that are named and read it again: nothing of it was entered",
            )  # fmt: skip
        return _entered(desk, said, by, taken, files)


def _entered(desk: LeadDesk, said: PeopleSaid, by: str, taken: Sequence[_Taken], files: Sequence[Path]) -> StepsTaken:
    hashes = {file.name: file_sha256(file) for file in files}
    desk.log.append("leads import", actor=by.strip(), detail={**hashes, "cases": str(len(taken))})
    closings = [(one.case, one.closing) for one in taken if one.filled.to.is_decided]
    entries = [
        desk.entry(one.case, one.filled.to, by, one.closing.on_date, one.closing.note)
        for one in taken if not one.filled.to.is_decided
    ]  # fmt: skip
    done = [*desk.closed(said, by, closings).steps, *desk.stepped("note", by, said, entries).steps]
    return StepsTaken("import", by.strip(), tuple(done))


def _read(file: Path) -> SheetFilled:
    """The workbook, refused before it is opened where it is none of ours. Raises FundwatchError."""
    if not file.is_file() or file.suffix.lower() != ".xlsx":
        raise FundwatchError("there is no such workbook", where=str(file), do="name a file that ends in .xlsx")
    if file.stat().st_size > _MOST_BYTES:
        raise FundwatchError(f"it has more than {_MOST_BYTES >> 20} MiB", where=str(file), do="part it")
    try:
        refuse_bomb(file)
        with zipfile.ZipFile(file) as archive:
            if sum(member.file_size for member in archive.infolist()) > _MOST_UNPACKED:
                raise FileError(f"unpacks to more than {_MOST_UNPACKED >> 20} MiB")
        return read_sheet(file)
    except FileError as error:
        raise FundwatchError(
            f"it cannot be read: {error}", where=str(file), do="fill in a sheet as it was given"
        ) from error
    except Exception as error:  # openpyxl raises whatever its parser meets in a damaged file
        raise FundwatchError(
            f"it is a damaged workbook, or none ({type(error).__name__})",
            where=str(file),
            do="save it in Excel as .xlsx",
        ) from error


@dataclass(frozen=True)
class _Judge:
    """Compares a sheet with what the lake knows: each problem with the cell that it is of."""

    desk: LeadDesk
    said: PeopleSaid
    by: str

    def judged(self, sheet: SheetFilled) -> tuple[list[_Taken], list[str]]:
        """The rows that hold, and what is wrong with the others."""
        taken, wrong = [], list(sheet.problems)
        known: dict[tuple[date, str], list[CaseKnown] | str] = {}
        for filled in sheet.cases:
            key = (filled.night, filled.lead_id)
            if key not in known:
                known[key] = self._known(*key)
            cases = known[key]
            if isinstance(cases, str):
                wrong.append(_at(filled, "lead_id", cases))
                continue
            case = next((one for one in cases if one.case_id == filled.case_id), None)
            if case is None:
                wrong.append(_at(filled, "case_id", f"线索无此个案 the lead has no case '{filled.case_id:.20}'"))
                continue
            bad, closing = self._of_case(filled, case)
            wrong += bad
            if not bad:
                taken.append(_Taken(case, filled, closing))
        return taken, wrong

    def _known(self, night: date, lead_id: str) -> list[CaseKnown] | str:
        """The lead's cases, or why there are none."""
        settings = self.desk.settings
        try:
            lead = find_lead(settings, newest_list(settings, night), lead_id)
            if lead.lead_id != lead_id:
                return f"未知线索 no lead of {night} has the id '{lead_id:.20}'"
            return cases_of_lead(Lake(settings.lake_address), night, lead, self.said)
        except FundwatchError as error:
            return f"未知线索 {error.what}"

    def _of_case(self, filled: CaseFilled, case: CaseKnown) -> tuple[list[str], Closing]:
        wrong = []
        if filled.seen != case.last_entry:
            last = f": {case.steps[-1].by}, {case.steps[-1].on_date}" if case.steps else ""
            wrong.append(_at(filled, "seen", f"线索已变更 it changed since the sheet was written{last}"))
        held = holder(case.steps)
        if held is not None and held.person and not self.desk.is_same(held.person, self.by):
            wrong.append(_at(filled, "case_id", f"已分派给 it is {held.person}'s"))
        if case.case_id in self.said.waiting:
            wrong.append(_at(filled, "case_id", "待复审 it waits for a second person"))
        wrong += [text for line in filled.lines for text in _line_problems(line.cells, line.line_id, line.amount, case)]
        if missing := len({*case.lines} - {line.line_id for line in filled.lines}):
            wrong.append(
                _at(filled, "lines", f"缺 {missing} 条明细 {missing} of its lines are not in the sheet any more")
            )
        accepted, cleared = (
            tuple(line.line_id for line in filled.lines if line.is_accepted is judged) for judged in (True, False)
        )
        closing = with_found(replace(filled.closing, accepted=accepted, cleared=cleared), case)
        if filled.to.is_decided:
            found = closing_problems(closing, case, self.desk.practice)
            wrong += [_at(filled, one.field, one.text, one.line) for one in found]
        elif problem := move_problem(case.status, filled.to, is_grown=case.new_hits > 0):
            wrong.append(_at(filled, "decision", problem))
        elif case.steps and closing.on_date < case.steps[-1].on_date:
            wrong.append(_at(filled, "on_date", f"早于上一步 is before the last step, of {case.steps[-1].on_date}"))
        return wrong, closing


def _at(filled: CaseFilled, column: str, text: str, line: str = "") -> str:
    """The problem with its cell: that of the line where it is about one."""
    of_line: Mapping[str, str] | None = next((one.cells for one in filled.lines if one.line_id == line), None)
    if line and of_line is not None:
        return f"{LINES}!{of_line['judged']}: {text}"
    return f"{CASES}!{filled.cells.get(column, filled.cells['case_id'])}: {text}"


def _line_problems(cells: Mapping[str, str], line_id: str, amount: Decimal | None, case: CaseKnown) -> list[str]:
    known = case.lines.get(line_id)
    if known is None:
        return [f"{LINES}!{cells['line_id']}: 未知明细 no line '{line_id:.40}' is in this case"]
    was = None if known.amount is None else known.amount.quantize(_CENT)
    if (None if amount is None else amount.quantize(_CENT)) != was:
        return [
            f"{LINES}!{cells['amount']}: 明细已改动 the line was changed: it costs {'–' if was is None else f'{was:,}'}"
        ]
    return []
