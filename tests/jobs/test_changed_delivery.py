"""A delivery that changes between the hash in a night's fingerprint and its reading is refused, and nothing is taken
in.
"""

from __future__ import annotations

import gzip
import os

import pytest

from fundwatch.errors import DeliveryError
from fundwatch.lake.delivery_log import DeliveryLog, DeliveryState
from fundwatch.settings import Settings
from jobs.job import Night
from jobs.load_delivery import JOB, own_fingerprint
from jobs.protect.manage_keys import make_missing_keys
from jobs.workplace import Workplace
from tests.intake.deliveries import NIGHT, deliver, line, whole


def test_a_night_whose_file_was_replaced_after_its_fingerprint_was_made_takes_nothing_in(tmp_path):
    place = Workplace(Settings(var=tmp_path))
    make_missing_keys(place.settings)
    folder = deliver(tmp_path / "landing", whole(fee_list=[line("L1")]))
    own = own_fingerprint(place, NIGHT)
    (folder / "new").write_bytes(gzip.compress(b"feedetl_sn\nL2\n"))
    os.replace(folder / "new", folder / "fee_list.csv.gz")
    with pytest.raises(DeliveryError, match=r"fee_list\.csv\.gz: changed while it was being read"):
        JOB.run(Night(JOB, place, NIGHT, "run", own))
    assert not place.lake.exists("delivery")
    assert [noted.state for noted in DeliveryLog(place.lake.address).current()] == [DeliveryState.REFUSED]
    assert list((tmp_path / "vault" / "scratch").glob("*")) == []
