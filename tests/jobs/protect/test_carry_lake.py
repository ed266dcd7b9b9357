"""A rotated key: the lake is carried over, and the nights go on as if nothing had been."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import chain

import pytest
from deltalake import DeltaTable

from fundwatch.contracts import TABLES
from fundwatch.errors import KeyMissingError
from fundwatch.lake.checked_files import DamagedFileError
from jobs.job import run_job
from jobs.lake_models import lake_models_of, promotions_in
from jobs.load_delivery import JOB
from jobs.protect.carry_lake import carried
from jobs.protect.manage_keys import rows_of_keys
from jobs.review.outcomes.night_standing import StandingReader, decisions_seen
from jobs.review.outcomes.people_said import PeopleSaid, journal_in
from leads.outcomes.entries import DecidedHit, Outcome, OutcomeLine, Snooze, deciding_entry
from leads.outcomes.journals import JOURNALS, STAFF_POINTS
from models.registry.champions import Champion, LakeModels
from models.registry.records import PURPOSE, Promotion
from privacy.keys.ring import KeyRing, KeyRotationError, read_ring, rotate_key
from privacy.keys.signing import Signer
from privacy.tokens.pseudonyms import token_of
from privacy.vault.bridge import build_bridge
from privacy.vault.sealing import read_vault_key
from privacy.vault.vault import Vault
from tests.intake.deliveries import DIAGNOSIS, LINE, PERSON, SETTLEMENT, VISIT, deliver, line, reversal, whole
from tests.jobs.test_load_delivery import new_place
from tests.lake_content import content_of, known_in, rows_in
from tests.lakes import put
from tests.models.lake_models import CHALLENGER, record_of, trained, write_models
from tests.places import folder_of

pytestmark = pytest.mark.long  # nights under two keys; a short one is among the commands
DECIDED = "DC-03"
FIRST, SECOND = date(2026, 3, 30), date(2026, 3, 31)
KINDS = (("doctor", "robust_peer"), ("doctor", "isolation_forest"))
BOTH = [f"robust_peer {FIRST}", f"isolation_forest {FIRST}"]


def runnable(lake_models: LakeModels, night: date = SECOND) -> list[str]:
    found = [lake_models.champion(*kind, night) for kind in KINDS]
    return [f"{one.model} {one.learned_on}" for one in found if isinstance(one, Champion)]


def put_models(place) -> None:
    """A baseline that speaks, one that was changed since, and a forest that a person promoted."""
    lake_models = lake_models_of(place.settings)
    baseline, forest = trained(FIRST)
    changed = replace(record_of(lake_models, trained(FIRST, "patient")[0]), trained_count=41)
    write_models(
        place.settings.var, record_of(lake_models, baseline), record_of(lake_models, forest, CHALLENGER), changed
    )
    reported = Promotion(SECOND, *KINDS[1], forest.fingerprint, "Li Na", "seen").signed(lake_models.signer)
    promotions_in(place.lake.address).append([reported.row()])


@pytest.fixture(scope="module")
def rotated(spark, tmp_path_factory):
    """A night, a new key, the bridge; and what the ring was before."""
    place = new_place(spark, tmp_path_factory.mktemp("rotated"), "0.9")
    deliver(place.settings.landing_dir, whole(fee_list=[LINE, line("L2", cnt="abc")]), FIRST)
    run_job(JOB, place, FIRST)
    put_models(place)
    vault = Vault(place.settings.vault_dir, read_vault_key(place.settings.vault_key_path))
    before = read_ring(place.settings.key_path)
    place.lake.write_rows([_case(before.active, FIRST), _case(before.active, FIRST, kind=DECIDED)], "case", FIRST)
    _decide(place, before.active)
    place.lake.write_rows([_case(before.active, SECOND, gone_on="an id that took the place")], "case", SECOND)
    ring = rotate_key(place.settings.key_path)
    build_bridge(vault, ring, token_of)
    return place, vault, before, ring


def _decide(place, key):
    """A hit on the person's line was confirmed on the first list, another rule is quiet, the doctor has points."""
    person, doctor = str(token_of(key, "person", "P1")), token_of(key, "doctor", "D1")
    about = {"subject_type": "patient", "subject_id": person}
    put_hit(place, FIRST, "old" * 10, person)
    case = {"case_id": _case_id("patient", person, DECIDED), "lead_id": "l", "night": FIRST, "kind": DECIDED, **about}
    outcome = Outcome(outcome_id="o", decision="confirmed", on_date=SECOND, by="Li", **case)
    said = PeopleSaid(place.lake.address)
    said.add_decision([outcome], [OutcomeLine("o", "L1", True, Decimal(90))], [DecidedHit("o", "old" * 10)])
    said.add_status([deciding_entry(outcome, "s")])
    said.add_snooze(Snooze("z", "begun", "FQ-01", "patient", person, SECOND, date(2026, 5, 1), "quiet for a while"))
    points = {"entry_id": "p", "outcome_id": "o", "person_id": doctor, "on_date": SECOND, "points": 2}
    journal_in(place.lake.address, STAFF_POINTS).append([points])


def put_hit(place, night, hit_id, person, *lines):
    """A night's hit of the decided rule on the person, on the first line or on those that are named."""
    of_hit = {"business_date": night, "hit_id": hit_id, "rule_id": DECIDED, "amount_at_risk": Decimal("9.00"),
              "subject_type": "patient", "subject_id": person, "patient_id": person}  # fmt: skip
    put(place.lake, "rule_hit", [of_hit], night)
    put(place.lake, "hit_line", [of_hit | {"line_id": line, "role": "counted"} for line in lines or ("L1",)], night)


def _case(key, night, gone_on=None, kind="ID-04"):
    """A row of the table case, which goes on since the first night, as a list made with the key has it; `gone_on`: the
    subject's id by then."""
    subject = ("patient", token_of(key, "person", "P1"))
    known = {"first_seen": FIRST, "last_seen": FIRST, "hit_count": 1, "amount": Decimal("1.00"), "is_estimate": False}
    row = {"business_date": night, "case_id": _case_id(*subject, kind), "subject_type": subject[0],
           "subject_id": gone_on or subject[1], "subject_name": "", "kind": kind, "state": "new",
           **known}  # fmt: skip
    return tuple(row.get(name) for name in TABLES["case"].column_names)


def _case_id(kind_of_subject, subject, kind="ID-04"):
    return hashlib.sha256(f"{kind_of_subject}|{subject}|{kind}|{FIRST}".encode()).hexdigest()[:16]


def test_between_rotation_and_carrying_over_no_night_is_taken_in(rotated):
    place, *_ = rotated
    deliver(
        place.settings.landing_dir,
        {
            "psn_info": [PERSON], "mdtrt": [VISIT], "setl": [{**SETTLEMENT, "setl_id": "S7"}],
            "fee_list": [LINE, reversal("L1-", "L1", 1)], "diag": [DIAGNOSIS],
        },
        SECOND,
    )  # fmt: skip
    with pytest.raises(KeyMissingError, match=r"the key is being rotated(.|\n)*fundwatch keys carry"):
        run_job(JOB, place, SECOND)


def test_the_key_that_retires_still_verifies_models(rotated):
    place, *_ = rotated
    assert runnable(lake_models_of(place.settings)) == BOTH


def test_every_token_becomes_the_new_keys_and_the_next_night_recognises_everybody(rotated):
    place, vault, before, ring = rotated
    rows, lost = carried(place, vault, ring, leave_unknown=False)
    assert lost == {}
    assert {"claim_line", "claim_line_entry", "patient", "delivery", "quarantine", "model"} <= set(rows)
    assert rows_of_keys(place.lake, [before.active.key_id]) == {}
    old, new = (str(token_of(key, "person", "P1")) for key in (before.active, ring.active))
    texts = list(chain(*content_of(place.lake).values()))
    assert not [text for text in texts if old in text]
    assert [text for text in texts if new in text]
    [case, later] = place.lake.rows(
        "case", "SELECT case_id, subject_id FROM case WHERE kind = 'ID-04' ORDER BY business_date"
    )
    assert case == {"case_id": _case_id("patient", new), "subject_id": new}  # as the new key would have made it
    assert later["case_id"] == case["case_id"]  # it goes on under another id, and is still the same case
    assert carried(place, vault, ring, leave_unknown=False)[0] == rows
    assert run_job(JOB, place, FIRST)["is_new"] is False
    detail = run_job(JOB, place, SECOND)
    assert (detail["claim_lines"], detail["duplicates"]) == (2, 4)
    known = known_in(place.lake, "claim_line", SECOND)
    assert [(r["line_id"], r["patient_id"], int(r["quantity"])) for r in known] == [("L1", new, 2)]
    assert len(rows_in(place.lake, "patient")) == 1


def test_what_people_wrote_goes_over_to_the_new_key(rotated):
    place, _, before, ring = rotated
    old, new = (str(token_of(key, "person", "P1")) for key in (before.active, ring.active))
    said = PeopleSaid(place.lake.address)
    assert {one.case_id for one in said.outcomes} == {_case_id("patient", new, DECIDED)} == {*said.steps}
    assert {o.subject_id for o in said.outcomes} | {s.subject_id for s in said.statuses} == {new}
    assert [snooze.subject_id for snooze in said.snoozes] == [new]
    (points,) = journal_in(place.lake.address, STAFF_POINTS).rows()
    assert points["person_id"] == token_of(ring.active, "doctor", "D1")
    assert said.decided_hits == [DecidedHit("o", "old" * 10)]
    assert old not in str([row for one in JOURNALS for row in journal_in(place.lake.address, one).rows()])


def test_a_decided_case_stays_decided_and_its_hits_of_the_old_tokens_are_known_by_their_lines(rotated):
    place, _, _, ring = rotated
    person = token_of(ring.active, "person", "P1")

    def standings():
        reader = StandingReader(place.lake, SECOND, FIRST)
        return {row.kind: row for row in reader.of(decisions_seen(place.lake, place.ledger, SECOND)).cases}

    put_hit(place, SECOND, "new" * 10, person)
    rows = standings()
    assert (rows[DECIDED].status, rows[DECIDED].new_hit_count, rows[DECIDED].is_quiet) == ("confirmed", 0, True)
    assert rows["FQ-01"].is_quiet
    put_hit(place, SECOND, "grown" * 6, person, "L1", "L9")  # a line that nobody decided about
    assert (standings()[DECIDED].new_hit_count, standings()[DECIDED].is_quiet) == (1, False)


def test_models_and_promotions_that_held_outlive_the_old_key_and_no_other_is_vouched_for(rotated):
    place, _, _, ring = rotated
    alone = replace(lake_models_of(place.settings), signer=Signer(KeyRing(ring.active, None, ring.lineage), PURPOSE))
    assert runnable(alone) == BOTH
    assert runnable(alone, FIRST) == BOTH[:1]
    assert [(problem.entity, problem.model) for problem in alone.problems()] == [("patient", "robust_peer")]
    assert len(promotions_in(place.lake.address).rows()) == 2  # carried over twice, signed again once


def test_a_bridge_whose_bytes_were_changed_carries_nobody(rotated):
    place, vault, _, ring = rotated
    file = next(folder_of(vault.bridge_table).rglob("*.parquet"))
    whole = file.read_bytes()
    file.write_bytes(whole[:-20] + bytes([whole[-20] ^ 1]) + whole[-19:])
    with pytest.raises(DamagedFileError, match="is not what was written") as refused:
        carried(place, vault, ring, leave_unknown=False)
    file.write_bytes(whole)
    assert (refused.value.where, "restore it from a copy" in refused.value.do) == (str(file), True)


def test_tokens_that_the_vault_does_not_know_are_counted_and_refused(rotated):
    place, vault, _, ring = rotated
    DeltaTable(str(vault.bridge_table)).delete("domain = 'doctor'")
    with pytest.raises(KeyRotationError, match=r"claim_line\.ordering_doctor_id: 1 tokens"):
        carried(place, vault, ring, leave_unknown=False)
