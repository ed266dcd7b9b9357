"""Who speaks: the newest champion of its time, as the lake alone says; whoever does not hold is not run, and
reported.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from fundwatch.lake.content_files import ContentFileError, ContentFiles
from models.registry.champions import NO_CHAMPION, Champion, LakeModels, NotRun, find_champions
from models.registry.records import Promotion
from privacy.keys.signing import FORGED, OTHER_KEY
from tests.models.lake_models import CHALLENGER, CHAMPION, FIRST, SECOND, THIRD, no_lake_models, record_of, trained
from tests.places import at, folder_of, stored

KIND = ("doctor", "isolation_forest")


@pytest.fixture
def lake_models(tmp_path: Path) -> LakeModels:
    """The forests of three nights, the last one a challenger."""
    empty = no_lake_models(tmp_path)
    states = {FIRST: CHAMPION, SECOND: CHAMPION, THIRD: CHALLENGER}
    return replace(empty, records=[record_of(empty, trained(night)[1], state) for night, state in states.items()])


def speaks(lake_models: LakeModels, night: date) -> date | str | None:
    found = lake_models.champion(*KIND, night)
    return found.learned_on if isinstance(found, Champion) else found.why_not


def promoted(lake_models: LakeModels, learned: date, from_date: date) -> Promotion:
    made = next(record for record in lake_models.records if record.business_date == learned)
    return Promotion(from_date, *KIND, str(made.model_fingerprint), "Li Na", "seen").signed(lake_models.signer)


def test_a_night_is_scored_by_the_champion_of_its_time_and_nobody_looks_ahead(lake_models: LakeModels):
    assert speaks(lake_models, date(2026, 3, 9)) == NO_CHAMPION
    assert not lake_models.has_models(date(2026, 3, 9))
    assert [speaks(lake_models, night) for night in (FIRST, SECOND, THIRD)] == [FIRST, SECOND, SECOND]
    assert lake_models.has_models(FIRST)


def test_a_person_promotes_from_a_night_on_and_earlier_nights_do_not_change(lake_models: LakeModels):
    reported = replace(lake_models, promotions=[promoted(lake_models, THIRD, date(2026, 3, 31))])
    assert [speaks(reported, night) for night in (SECOND, THIRD, date(2026, 3, 31))] == [SECOND, SECOND, THIRD]
    back = replace(reported, promotions=[*reported.promotions, promoted(lake_models, FIRST, date(2026, 3, 31))])
    assert speaks(back, date(2026, 4, 7)) == FIRST  # the later word of the same night holds


def test_the_loaded_model_scores_as_the_trained_one(lake_models: LakeModels):
    made = trained(SECOND)[1]
    found = lake_models.champion(*KIND, THIRD)
    assert isinstance(found, Champion)
    assert found.fingerprint == made.fingerprint
    assert found.detector.scores(made.sample.robust_z).tobytes() == made.detector.scores(made.sample.robust_z).tobytes()


CHANGES: dict[str, dict[str, Any]] = {
    "state": {"state": CHAMPION},
    "another night": {"business_date": date(2026, 3, 23)},
    "another fingerprint": {"model_fingerprint": "0" * 16},
    "another count": {"trained_count": 41},
    "another kind": {"entity_type": "patient"},
    "no signature": {"signature": None},
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_row_that_was_changed_is_not_run_whatever_was_changed(lake_models: LakeModels, what: str):
    changed = replace(lake_models.records[-1], **({"state": CHAMPION} | CHANGES[what]))
    found = replace(lake_models, records=[*lake_models.records[:-1], changed]).champion(*(changed.kind), THIRD)
    assert isinstance(found, NotRun)
    assert found.is_problem
    assert "does not hold" in found.why_not


def test_another_models_data_under_a_signed_row_are_not_run(lake_models: LakeModels):
    other = lake_models.files.put(b"{}")
    assert FORGED in str(
        speaks(replace(lake_models, records=[replace(lake_models.records[0], content_sha256=other)]), FIRST)
    )


def test_every_single_byte_of_the_data_counts(lake_models: LakeModels):
    path = stored(lake_models.files, str(lake_models.records[1].content_sha256))
    content = path.read_bytes()
    for place in range(0, len(content), 97):
        damaged = bytearray(content)
        damaged[place] ^= 1
        path.write_bytes(bytes(damaged))
        assert "was changed" in str(speaks(lake_models, THIRD))
    path.write_bytes(content)
    assert speaks(lake_models, THIRD) == SECOND


def test_lost_data_are_reported_without_the_machines_places_and_no_older_model_takes_over_unseen(
    lake_models: LakeModels, tmp_path: Path
):
    stored(lake_models.files, str(lake_models.records[1].content_sha256)).unlink()
    found = lake_models.champion(*KIND, THIRD)
    assert isinstance(found, NotRun)
    assert "missing" in found.why_not
    assert str(tmp_path) not in found.why_not
    assert str(tmp_path) in found.detail
    assert speaks(lake_models, FIRST) == FIRST
    runnable, skipped = find_champions(lake_models, THIRD)
    assert runnable == []
    assert [one.model for one in skipped if one.is_problem] == ["isolation_forest"]


def test_a_row_that_is_gone_is_missed_because_the_ledger_names_it(lake_models: LakeModels):
    lost = replace(lake_models, records=lake_models.records[:1], made={SECOND: {KIND: CHAMPION}})
    assert "no longer has the model" in str(speaks(lost, SECOND))
    assert speaks(lost, FIRST) == FIRST
    assert replace(lost, records=[]).has_models(SECOND)


def test_a_model_of_an_earlier_release_says_how_to_go_on(lake_models: LakeModels):
    old = replace(lake_models.records[0], content_sha256=None, signature=None)
    found = replace(lake_models, records=[old]).champion(*KIND, FIRST)
    assert isinstance(found, NotRun)
    assert found.is_elsewhere
    assert "fundwatch train --date 2026-03-10" in found.why_not


def test_another_key_and_a_promotion_nobody_signed_are_refused(lake_models: LakeModels, tmp_path: Path):
    other = no_lake_models(tmp_path / "other")
    assert OTHER_KEY in str(speaks(replace(lake_models, signer=other.signer), FIRST))
    forged = replace(
        promoted(lake_models, FIRST, THIRD), model_fingerprint=str(lake_models.records[2].model_fingerprint)
    )
    assert FORGED in str(speaks(replace(lake_models, promotions=[forged]), THIRD))
    assert [problem.kind for problem in replace(lake_models, promotions=[forged]).problems()] == [KIND]
    unknown = Promotion(THIRD, *KIND, "f" * 16, "Li Na", "seen").signed(lake_models.signer)
    assert "no row has its model" in str(speaks(replace(lake_models, promotions=[unknown]), THIRD))


def test_a_file_that_is_a_link_or_a_pipe_or_too_large_is_not_read(tmp_path: Path):
    files = ContentFiles(at(tmp_path / "files"), ".json", 10)
    kept = files.put(b"content")
    path = stored(files, kept)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert files.problem(kept)
    path.unlink()
    os.mkfifo(path)
    assert files.problem(kept)
    path.unlink()
    path.write_bytes(b"x" * 11)
    assert "larger than 10 bytes" in files.problem(kept)
    with pytest.raises(ContentFileError, match="no SHA-256"):
        files.get("../../etc/passwd")
    with pytest.raises(ContentFileError, match="more than 10"):
        files.put(b"x" * 11)


def test_what_a_killed_write_left_is_swept_and_writing_again_fixes_a_damaged_file(tmp_path: Path):
    files = ContentFiles(at(tmp_path / "files"), ".json", 10)
    kept = files.put(b"content")
    stored(files, kept).write_bytes(b"damaged")
    folder_of(files.folder, ".draft.abc").write_bytes(b"cont")
    files.sweep()
    assert files.put(b"content") == kept
    assert [path.name for path in folder_of(files.folder).iterdir()] == [f"{kept}.json"]
    assert files.get(kept) == b"content"
