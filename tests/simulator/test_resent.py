"""What the sender of a spoiled night sends the morning after, and nights simulated later."""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import replace

from simulator.faults.spoiling import spoil_delivery, take_resent
from simulator.scenario.misdeliveries import MISDELIVERIES
from tests.simulator.misdelivered import FAULTY, NIGHTS, PLAN, SOUND, fees, is_true, lines, made, manifest, truth_of
from tests.simulator.test_delivery import content_of


def test_refused_and_held_nights_come_once_more_and_sound(faulty, sound):
    fixed = {kind.name for kind in MISDELIVERIES if kind.is_fixed}
    assert {folder.name for folder in (faulty / "resent").iterdir()} == {str(PLAN[name][0]) for name in fixed}
    for name in fixed:
        again, meant = faulty / "resent" / str(PLAN[name][0]), sound / str(PLAN[name][0])
        new, old = content_of(again), content_of(meant)
        assert {n: c for n, c in new.items() if n != "manifest.json"} == {
            n: c for n, c in old.items() if n != "manifest.json"
        }
        assert manifest(again) == manifest(meant) | {"batch_id": manifest(meant)["batch_id"] + "R"}


def test_spoiled_nights_can_be_continued(tmp_path, faulty):
    made(FAULTY, tmp_path, nights=NIGHTS[:5])
    again = made(FAULTY, tmp_path, nights=NIGHTS[5:])
    assert content_of(again) == content_of(faulty)
    assert truth_of(again) == truth_of(faulty)


def test_the_resent_delivery_takes_the_place_of_the_spoiled(tmp_path, sound):
    landing = made(replace(SOUND, mishaps={"tenth_of_size": NIGHTS[3:4]}), tmp_path)
    assert take_resent(landing, NIGHTS[3])
    assert fees(landing / str(NIGHTS[3])) == fees(sound / str(NIGHTS[3]))
    assert not take_resent(landing, NIGHTS[3])


def test_a_delivery_that_was_changed_meanwhile_is_spoiled_as_it_is_now_and_sent_again_so(tmp_path):
    landing, scenario = made(SOUND, tmp_path), replace(SOUND, mishaps={"half_csv": NIGHTS[3:4]})
    folder = landing / str(NIGHTS[3])
    header, first, *others = fees(folder)
    changed = gzip.compress("".join(f"{line}\n" for line in (header, first, first, *others)).encode(), mtime=0)
    (folder / "fee_list.csv.gz").write_bytes(changed)
    stated = manifest(folder)
    fee_entry = next(file for file in stated["files"] if file["table"] == "fee_list")
    fee_entry |= {"sha256": hashlib.sha256(changed).hexdigest(), "bytes": len(changed), "rows": len(others) + 2}
    (folder / "manifest.json").write_text(json.dumps(stated), encoding="utf-8")
    spoil_delivery(scenario, landing, scenario.spoiled[NIGHTS[3]], tmp_path)
    assert lines(folder / "fee_list.csv")[:3] == [header, first, first]
    assert fees(landing / "resent" / str(NIGHTS[3])) == [header, first, first, *others]
    assert is_true(landing / "resent" / str(NIGHTS[3]), "fee_list.csv.gz")
