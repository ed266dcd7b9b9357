"""Each staged scheme is visible to its rule in the plainest reading, and honest people are not."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal

import pytest

from simulator.city.items import FEMALE_ITEMS, MALE_ITEMS
from simulator.schemes import SCHEMES

BED, WARD_ROUND, NURSING = "001109000010000", "001102000050000", "0012010000"
SEX_OF = {item.code: "1" for item in MALE_ITEMS} | {item.code: "2" for item in FEMALE_ITEMS}


def day(text):
    return date.fromisoformat(text[:10])


class Claims:
    """The readable lines of a world, netted, and its encounters."""

    def __init__(self, simulated):
        tables = simulated.tables
        self.persons = {row["psn_no"]: row for row in tables["psn_info"]}
        self.visits = {row["mdtrt_id"]: row for row in tables["mdtrt"]}
        self.beds = {row["fixmedins_code"]: int(row["aprv_bed_cnt"] or 0) for row in tables["medins"]}
        rows = {row["feedetl_sn"]: row for row in tables["fee_list"]}
        readable = [r for r in rows.values() if r["cnt"] != "abc" and r["psn_no"] and r["mdtrt_id"]]
        readable = [r for r in readable if not r["fee_ocur_time"].startswith("2026-02-30")]
        net: dict[str, Decimal] = defaultdict(Decimal)
        for row in readable:
            net[row["init_feedetl_sn"] or row["feedetl_sn"]] += Decimal(row["cnt"])
        self.lines = [r | {"net": net[r["feedetl_sn"]]} for r in readable if net.get(r["feedetl_sn"], 0) > 0]
        charged = {line["mdtrt_id"] for line in self.lines}
        self.stays = [v for v in self.visits.values() if v["med_type"] == "21" and v["mdtrt_id"] in charged]
        self.outpatient = [v for v in self.visits.values() if v["med_type"] != "21" and v["mdtrt_id"] in charged]


def repeated(claims):
    groups = defaultdict(list)
    for row in claims.lines:
        same = ("mdtrt_id", "med_list_codg", "fee_ocur_time", "cnt", "pric", "bilg_dr_code", "rx_drord_no")
        groups[tuple(row[column] for column in same)].append(row["feedetl_sn"])
    return {sn for group in groups.values() for sn in sorted(group)[1:]}


def outside(claims):
    hits = set()
    for row in claims.lines:
        stay = claims.visits[row["mdtrt_id"]]
        at = day(row["fee_ocur_time"])
        early = at < day(stay["begntime"]) - timedelta(days=1)
        if stay["med_type"] == "21" and (early or at > day(stay["endtime"])):
            hits.add(row["feedetl_sn"])
    return hits


def other_sex(claims):
    return {
        row["feedetl_sn"]
        for row in claims.lines
        if SEX_OF.get(row["med_list_codg"], claims.persons[row["psn_no"]]["gend"])
        != claims.persons[row["psn_no"]]["gend"]
    }


def after_death(claims):
    died = {number: day(row["die_date"]) for number, row in claims.persons.items() if row["die_date"]}
    return {r["feedetl_sn"] for r in claims.lines if day(r["fee_ocur_time"]) > died.get(r["psn_no"], date.max)}


def above_limit(claims):
    limited = [row for row in claims.lines if row["pric_uplmt_amt"]]
    return {r["feedetl_sn"] for r in limited if Decimal(r["pric"]) > Decimal(r["pric_uplmt_amt"]) * Decimal("1.001")}


def more_than_daily(claims):
    groups = defaultdict(list)
    for row in claims.lines:
        if row["med_list_codg"] in (BED, WARD_ROUND) or row["med_list_codg"].startswith(NURSING):
            key = (row["psn_no"], row["fixmedins_code"], row["med_list_codg"], row["fee_ocur_time"][:10])
            groups[key].append(row)
    return {r["feedetl_sn"] for group in groups.values() if sum(r["net"] for r in group) > 1 for r in group}


def many_bed_days(claims):
    billed: dict[str, Decimal] = defaultdict(Decimal)
    for row in claims.lines:
        if row["med_list_codg"] == BED:
            billed[row["mdtrt_id"]] += row["net"]
    nights = {v["mdtrt_id"]: (day(v["endtime"]) - day(v["begntime"])).days for v in claims.stays}
    return {stay for stay, days in nights.items() if billed[stay] > days + 1}


def pairs(claims):
    by_person = defaultdict(list)
    for stay in claims.stays:
        by_person[stay["psn_no"]].append(stay)
    for stays in by_person.values():
        ordered = sorted(stays, key=lambda stay: stay["begntime"])
        yield from ((a, b) for n, a in enumerate(ordered) for b in ordered[n + 1 :])


def overlapping(claims):
    found = set()
    for a, b in pairs(claims):
        shared = min(day(a["endtime"]), day(b["endtime"])) - day(b["begntime"])
        if a["fixmedins_code"] != b["fixmedins_code"] and shared.days > 1:
            found |= {a["mdtrt_id"], b["mdtrt_id"]}
    return found


def readmitted(claims):
    found = set()
    for a, b in pairs(claims):
        gap = (day(b["begntime"]) - day(a["endtime"])).days
        if a["fixmedins_code"] == b["fixmedins_code"] and 0 <= gap <= 1:
            found |= {a["mdtrt_id"], b["mdtrt_id"]}
    return found


def toured(claims):
    places = defaultdict(set)
    for visit in claims.outpatient:
        places[visit["psn_no"], visit["begntime"][:10]].add(visit["fixmedins_code"])
    return {key for key, found in places.items() if len(found) > 3}


def frequent(claims):
    days = defaultdict(set)
    for visit in claims.outpatient:
        if visit["med_type"] != "140201":
            days[visit["psn_no"]].add(day(visit["begntime"]))
    month = timedelta(days=30)
    return {p for p, own in days.items() if any(sum(d <= e < d + month for e in own) > 15 for d in own)}


def crowded(claims):
    census: Counter[tuple[str, date]] = Counter()
    for stay in claims.stays:
        first, last = day(stay["begntime"]), day(stay["endtime"])
        census.update((stay["fixmedins_code"], first + timedelta(days=n)) for n in range((last - first).days))
    over = {key for key, patients in census.items() if patients > claims.beds[key[0]]}
    days = Counter(place for place, _ in over)
    return {(place, str(at)) for place, at in over if days[place] >= 3}


LABEL_KEY = {
    "line": lambda label: label["feedetl_sn"],
    "encounter": lambda label: label["mdtrt_id"],
    "patient": lambda label: label["psn_no"],
    "patient_day": lambda label: (label["psn_no"], label["service_date"]),
    "institution_day": lambda label: (label["fixmedins_code"], label["service_date"]),
}
RULES = {
    "DC-03": repeated, "FK-03": outside, "ID-01": other_sex, "ID-04": after_death, "OP-01": above_limit,
    "OP-02": more_than_daily, "FQ-02": toured, "FK-04": many_bed_days, "FK-02": overlapping, "SA-02": readmitted,
    "FQ-01": frequent, "FK-06": crowded,
}  # fmt: skip
# Where the plainest reading is fooled on purpose: only the fuller one tells the look-alike apart.
FOOLS_THE_PLAIN_READING = {"wrong_sex_on_record"}


@pytest.fixture(scope="module")
def claims(world):
    return Claims(world)


def test_every_rule_of_the_list_has_a_scheme_and_a_lookalike():
    for rule in RULES:
        assert {scheme.kind for scheme in SCHEMES if scheme.rule_id == rule} == {"scheme", "lookalike"}, rule


@pytest.mark.parametrize("rule", RULES)
def test_the_rule_finds_what_was_staged_and_leaves_the_lookalikes(world, claims, rule):
    hits = RULES[rule](claims)
    plain = [label for label in world.labelled(rule, "scheme") if label["disguise"] == "0"]
    staged = {LABEL_KEY[label["entity_type"]](label) for label in plain}
    spared = {
        LABEL_KEY[label["entity_type"]](label)
        for label in world.labelled(rule, "lookalike")
        if label["scheme"] not in FOOLS_THE_PLAIN_READING
    }
    assert staged
    assert staged <= hits
    assert not spared & hits


@pytest.mark.parametrize("rule", RULES)
def test_honest_people_do_not_trip_the_rule(honest_world, rule):
    assert RULES[rule](Claims(honest_world)) == set()


def test_dialysis_would_trip_a_rule_that_did_not_exclude_it(world):
    claims = Claims(world)
    claims.outpatient = [visit | {"med_type": "11"} for visit in claims.outpatient]
    on_dialysis = {label["psn_no"] for label in world.labels if label["scheme"] == "on_dialysis"}
    assert on_dialysis <= frequent(claims)


def test_labels_refer_to_delivered_rows(world):
    tables = {
        "psn_no": {row["psn_no"] for row in world.tables["psn_info"]},
        "mdtrt_id": {row["mdtrt_id"] for row in world.tables["mdtrt"]},
        "feedetl_sn": {row["feedetl_sn"] for row in world.tables["fee_list"]},
        "fixmedins_code": {row["fixmedins_code"] for row in world.tables["medins"]},
        "dr_code": {row["dr_code"] for row in world.tables["doctor"]},
    }
    for column, known in tables.items():
        assert {label[column] for label in world.labels} - {""} <= known, column
    assert len(world.labels) == world.summary.labels
    played: Counter[tuple[str, str]] = Counter()
    for scheme, kind, _ in {(label["scheme"], label["kind"], label["instance"]) for label in world.labels}:
        played[kind, scheme] += 1
    reported = {("scheme", name): n for name, n in world.summary.schemes.items()}
    assert played == reported | {("lookalike", name): n for name, n in world.summary.lookalikes.items()}


@pytest.mark.slow
def test_more_of_a_scheme_leaves_the_instances_before_it_alone(simulate_into, world):
    fewer = simulate_into(type(world.scenario)(persons=300, scheme_scale=1.0))
    more = simulate_into(type(world.scenario)(persons=300, scheme_scale=12.0))
    assert set(map(str, fewer.labels)) < set(map(str, more.labels))
    assert {scheme.name for scheme in SCHEMES} == {label["scheme"] for label in fewer.labels}


def test_the_smallest_world_can_hold_every_scheme(simulate_into, short_history):
    labels = simulate_into(short_history).labels
    assert {label["scheme"] for label in labels} == {scheme.name for scheme in SCHEMES}


def test_the_model_only_patterns_stay_below_the_rules(world, claims):
    hidden = {label["psn_no"] for label in world.labelled("", "scheme")} - {""}
    assert hidden
    assert not hidden & frequent(claims)
    assert not hidden & {person for person, _ in toured(claims)}
