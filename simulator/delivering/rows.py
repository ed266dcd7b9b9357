"""The world's things as rows of the interface: one function per table, text in the order of COLUMNS."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import TypeAlias

from simulator.care.records import Line, Settlement, Visit
from simulator.care.settling import FUNDS, split
from simulator.city.items import Item
from simulator.city.people import AREA, Person
from simulator.city.providers import DEPARTMENTS, Doctor, Institution
from simulator.delivering.columns import AMOUNT_COLUMNS, COLUMNS
from simulator.streams import id_of

FileRow: TypeAlias = tuple[str, ...]
_IMPOSSIBLE_DATE = "2026-02-30 08:00:00"
_VALID, _UNLISTED_FLAGS = "1", ("01", "Y", "true")
_REGISTRY_START = "2020-01-01"
_OUT = "2"  # treated outside the region that insures
_BEFORE_SHARE = (
    "medfee_sumamt", "fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_amt", "dedc_std",
    "act_pay_dedc",
)  # fmt: skip
_AFTER_SHARE = (*FUNDS, "fund_pay_sumamt", "psn_pay", "acct_pay")


def joined(row: FileRow) -> str:
    """The row as one line of CSV, quoted where it has to be."""
    text = ",".join(row)
    if text.count(",") >= len(row) or '"' in text or "\n" in text or "\r" in text:
        return ",".join(quoted(value) for value in row)
    return text


def quoted(value: str) -> str:
    """One value, in quotes where it has to be."""
    return '"' + value.replace('"', '""') + '"' if any(mark in value for mark in ',"\n\r') else value


@lru_cache(maxsize=1 << 16)  # few prices make most of the rows
def money(cents: int) -> str:
    """Cents as exact yuan."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def stated_cents(table: str, row: FileRow) -> int:
    """What a row adds to the total that the manifest states of its table, as it is written down."""
    column = AMOUNT_COLUMNS.get(table)
    return int(row[COLUMNS[table].index(column)].replace(".", "")) if column else 0


def person_row(person: Person, known_by: date) -> FileRow:
    """psn_info as the register stood on a day."""
    move = person.move if person.move and person.move.registered <= known_by else None
    return (
        person.psn_no, person.certno, person.name, person.tel, move.address if move else person.address,
        person.recorded_sex, str(person.birth), "01", str(_known_death(person, known_by) or ""),
    )  # fmt: skip


def enrolment_rows(person: Person, known_by: date) -> list[FileRow]:
    """psn_insu as the register stood on a day: until death or a move, and after a move within."""
    move = person.move if person.move and person.move.registered <= known_by else None
    begin, end = str(person.enrolled_on or _REGISTRY_START), _known_end(person, known_by)
    if move is None or (end is not None and end < move.day):
        return [_enrolment(person, person.relation_id, person.region, begin, end)]
    return [
        _enrolment(person, person.relation_id, person.region, begin, move.day - timedelta(days=1)),
        _enrolment(person, move.relation_id, move.region, str(move.day), end),
    ]


def _enrolment(person: Person, relation_id: str, region: str, begin: str, end: date | None) -> FileRow:
    return (
        person.psn_no, relation_id, person.insurance, person.person_type, str(int(person.is_civil_servant)),
        "", region, person.employer, "01" if person.employer else "", begin, str(end or ""), "1",
    )  # fmt: skip


def _known_death(person: Person, known_by: date) -> date | None:
    return person.death if person.death_registered and person.death_registered <= known_by else None


def _known_end(person: Person, known_by: date) -> date | None:
    """The last day of being insured here, as far as the register knows."""
    if person.left_on and person.left_registered and person.left_registered <= known_by:
        return person.left_on - timedelta(days=1)
    return _known_death(person, known_by)


def visit_row(visit: Visit) -> FileRow:
    """mdtrt."""
    person, place, doctor = visit.person, visit.place, visit.doctor
    department = "" if place.is_pharmacy or doctor is None else doctor.department
    ward = DEPARTMENTS.get(department, "")
    bed = f"{int(visit.id[-2:]) + 1}" if visit.is_stay else ""
    contact, _, phone = visit.contact.partition("/")
    code, name = visit.diagnoses[0]
    relation_id, region = person.insured_on(visit.begin.date())
    return (
        visit.id, person.psn_no, relation_id, person.insurance, person.person_type, region, place.code,
        place.name, place.level, str(visit.begin), str(visit.end), "02", person.certno, visit.visit_type,
        visit.record_id, visit.record_id if visit.is_stay else "", department, ward, department, ward,
        bed, bed,
        doctor.code if doctor else "", doctor.name if doctor else "", code, name, visit.complaint, "", "",
        visit.operation[0] if visit.operation else "", "0", visit.way_out if visit.is_stay else "",
        visit.referral[0] if visit.referral else "", "0",
        contact, phone, "1", str(len(visit.days) - 1) if visit.is_stay else "",
        "" if visit.is_stay else _joined(visit.diagnoses),
    )  # fmt: skip


def _joined(diagnoses: Sequence[tuple[str, str]]) -> str:
    """Diagnoses as out-patient clinics write them: several in one field."""
    return ";".join(f"{code} {name}" for code, name in diagnoses)


def settlement_row(settlement: Settlement) -> FileRow:
    """setl."""
    visit, person, sums = settlement.visit, settlement.visit.person, settlement.sums
    clearing = "21" if visit.is_stay else ("41" if visit.place.is_pharmacy else "11")
    is_out = visit.out_of_area or visit.place.area != AREA
    family = -visit.family_account if settlement.is_reversal else visit.family_account
    share = _share(sums["inscp_amt"] - sums["hifp_pay"], sums["inscp_amt"])
    _, region = person.insured_on(visit.begin.date())
    return (
        settlement.id, visit.id, settlement.original_id, "S" + settlement.id[:12], AREA, person.psn_no,
        person.person_type, person.insurance, region, visit.place.code, visit.place.level, visit.place.area,
        visit.visit_type, "1" if visit.paper else "2",
        clearing, "1", "", "", str(visit.begin.date()), str(visit.end.date()), str(settlement.at),
        str(settlement.at.year), *(money(sums[name]) for name in _BEFORE_SHARE), share,
        *(money(sums[name]) for name in _AFTER_SHARE), money(family), money(sums["cash_payamt"]),
        str(int(settlement.is_reversal)), str(int(settlement.is_interim)), "1", "02", _OUT if is_out else "0", AREA,
        visit.invoice or "F" + settlement.id[-10:],
    )  # fmt: skip


def _share(part: int, whole: int) -> str:
    """A share to four places, reckoned in whole numbers."""
    if whole == 0:
        return ""
    parts = (abs(part) * 10_000 + abs(whole) // 2) // abs(whole)
    return f"{parts // 10_000}.{parts % 10_000:04d}"


def local_part(item: Item) -> str:
    """What tells an item from all others in a place's own code, in fewer digits than numbers of persons have."""
    return item.code[2:11] if item.is_service else f"{item.code[:6]}{item.code[-5:]}"


def line_row(visit: Visit, line: Line, problem: str = "") -> FileRow:
    """fee_list; `problem` names what is wrong with the row as it arrives, and never touches its amount."""
    item, doctor = line.item, line.doctor
    department = "" if visit.place.is_pharmacy or doctor is None else doctor.department
    own_code = f"{visit.place.code[-3:]}-{local_part(item)}"
    ordering = None if problem == "doctor_missing" else doctor
    code = f"{visit.place.code[-3:]}{item.code[-6:]}" if problem == "unknown_item" else item.code
    price = line.price if problem != "amount_mismatch" else _other_price(line.price)
    visit_id, person_id = _ids(visit, line, problem)
    flag = _UNLISTED_FLAGS[int(line.id[-2:]) % len(_UNLISTED_FLAGS)] if problem == "unlisted_flag" else _VALID
    return (
        line.id, line.original_id, visit_id, line.settlement_id, person_id, visit.place.code, visit.visit_type,
        _IMPOSSIBLE_DATE if problem == "impossible_date" else str(line.at), line.order_id, code, item.name,
        own_code, item.list_type, item.charge_class, item.grade,
        "abc" if problem == "quantity_text" else f"{line.quantity}.0000", f"{money(price)}0000",
        money(line.amount),
        "" if item.price_limit is None else money(item.price_limit),
        money(_in_scope(line)), str(line.days_supplied or ""), department,
        ordering.code if ordering else "", ordering.name if ordering else "", department,
        ordering.code if ordering and department else "", line.memo, flag, f"{line.uploaded} 20:00:00",
    )  # fmt: skip


def _ids(visit: Visit, line: Line, problem: str) -> tuple[str, str]:
    """Encounter and person of a fee line, as it names them."""
    visit_id, person_id = visit.id, visit.person.psn_no
    if problem == "ids_as_numbers":  # half of such lines in either form
        is_shortened = int(line.id[-1]) % 2 == 1
        return (f"{int(visit_id):.5E}", person_id) if is_shortened else (visit_id, f"{person_id}.0")
    return "" if problem == "no_encounter" else visit_id, "" if problem == "no_person" else person_id


def _in_scope(line: Line) -> int:
    """Cents; where a staged line says otherwise, what it says."""
    return split(line.item, line.quantity, line.price).in_scope if line.covered is None else line.covered


def _other_price(price: int) -> int:
    """Another price, in cents, and none above a limit that the right one keeps."""
    return price - 100 if price > 100 else max(1, price // 2) if price > 1 else 2


def diagnosis_rows(visit: Visit) -> Iterator[FileRow]:
    """diag: the main diagnosis first."""
    doctor = visit.doctor
    for n, (code, name) in enumerate(visit.diagnoses, start=1):
        yield (
            visit.id, visit.person.psn_no, "2" if visit.is_stay else "1", "1", str(int(n == 1)),
        str(n), code, name,
            "1", doctor.department if doctor else "", doctor.code if doctor else "", str(visit.begin), "1",
        )  # fmt: skip


def operation_rows(visit: Visit) -> Iterator[FileRow]:
    """oprn: the stay's operation, on its second day."""
    if visit.operation and visit.doctor:
        day = str(visit.begin.date() + timedelta(days=1))
        code, name = visit.operation
        yield visit.id, code, name, "1", day, "01", visit.doctor.code, visit.doctor.code


def institution_row(place: Institution) -> FileRow:
    """medins."""
    beds = "" if place.is_pharmacy else str(place.beds)
    kind = "2" if place.is_pharmacy else "1"
    return place.code, place.name, kind, place.level, beds, place.area, str(place.opened or _REGISTRY_START), ""


def doctor_row(place: Institution, doctor: Doctor) -> FileRow:
    """doctor."""
    name = DEPARTMENTS[doctor.department]
    return doctor.code, doctor.name, doctor.title, place.code, doctor.department, name, _REGISTRY_START, ""


def item_row(item: Item) -> FileRow:
    """catalogue."""
    limit = "" if item.price_limit is None else money(item.price_limit)
    return item.code, item.name, item.list_type, item.charge_class, item.grade, limit, _REGISTRY_START, ""


def batch_id(seed: int, night: date) -> str:
    """The delivery's number."""
    return f"B{night:%Y%m%d}{id_of(seed, 'batch', str(night), digits=6)}"
