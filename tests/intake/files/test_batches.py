from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from fundwatch.errors import DeliveryError
from intake.files.batches import FileState, RecordedFile, sort_delivery
from intake.files.delivery import Delivery, LandedFile
from intake.files.landed import Measured

FIRST, SECOND = date(2026, 3, 30), date(2026, 3, 31)


def landed(content: str, name: str = "fee_list.csv.gz", raw: str = "", kind: str = "fee_list") -> LandedFile:
    measured = Measured(raw or f"raw {content}", 10, 1, "utf-8", content)
    return LandedFile(kind, name, Path(name), ("a",), measured, 1, None)


def delivery(*files: LandedFile, night: date = SECOND, batch: str = "B2") -> Delivery:
    return Delivery("national", night, batch, files)


def recorded(content: str | None, batch: str = "B1", night: date = FIRST, **other: object) -> RecordedFile:
    record = RecordedFile(night, "national", batch, "fee_list.csv.gz", "fee_list", f"raw {content}", content, 1)
    return replace(record, **other)  # type: ignore[arg-type]


def names(files):
    return [file.name for file in files]


def test_a_renamed_and_repacked_file_is_recognised_by_its_content():
    same = landed("one", "fees-again.zip", raw="other bytes")
    done = sort_delivery(delivery(same, landed("two")), [recorded("one")])
    assert names(f for f, _ in done.again) == ["fees-again.zip"]
    assert names(done.fresh) == ["fee_list.csv.gz"]
    assert done.notes() == ["fees-again.zip: here again; accepted on 2026-03-30 as fee_list.csv.gz (batch B1)"]


def test_a_file_recorded_without_its_content_is_recognised_by_its_bytes():
    done = sort_delivery(delivery(landed("one", raw="r")), [recorded(None, sha256="r")])
    assert len(done.again) == 1


def test_a_batch_sent_again_in_part_is_all_again():
    before = [recorded("one"), recorded("two", file_name="fee_list2.csv.gz")]
    done = sort_delivery(delivery(landed("two"), batch="B1"), before)
    assert (len(done.again), done.fresh) == (1, ())


def test_a_batch_that_stands_with_other_content_is_refused_by_file():
    with pytest.raises(DeliveryError) as caught:
        sort_delivery(delivery(landed("one"), landed("new", "more.csv"), batch="B1"), [recorded("one")])
    reported = str(caught.value)
    assert "more.csv: the batch B1 was accepted on 2026-03-30 without this content" in reported
    assert "fee_list.csv.gz:" not in reported


def test_a_refused_batch_may_be_fixed_and_sent_again():
    before = [recorded("broken", state=FileState.REFUSED)]
    assert len(sort_delivery(delivery(landed("mended"), batch="B1"), before).fresh) == 1


def test_the_same_night_taken_up_once_more_is_fresh():
    done = sort_delivery(delivery(landed("one"), night=FIRST, batch="B1"), [recorded("one")])
    assert len(done.fresh) == 1


def test_the_same_text_as_another_kind_of_file_or_of_another_source_is_fresh():
    before = [recorded("one", kind="setl"), recorded("one", source="other")]
    assert len(sort_delivery(delivery(landed("one")), before).fresh) == 1


def test_one_content_under_two_names_in_a_delivery_is_refused():
    with pytest.raises(DeliveryError, match=r"copy\.csv: holds the same as fee_list\.csv\.gz"):
        sort_delivery(delivery(landed("one"), landed("one", "copy.csv")), [])
