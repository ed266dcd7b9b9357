"""What a receiver says at the door of each spoiled delivery, before a row of it is read by Spark."""

from __future__ import annotations

import pytest

from fundwatch.errors import DeliveryError
from intake.files.delivery import open_delivery
from intake.source.checks import read_quality
from intake.source.load import read_mapping
from simulator.scenario.misdeliveries import MISDELIVERIES
from tests.simulator.misdelivered import PLAN

# what only the lake or the counted rows can tell
_SEEN_LATER = {"same_batch_id", "wrong_sum"}


@pytest.mark.parametrize("kind", MISDELIVERIES, ids=lambda kind: kind.name)
def test_what_ought_to_be_refused_for_its_form_is_and_nothing_else(kind, faulty, tmp_path):
    mapping, quality = read_mapping("national"), read_quality("default")
    (night,) = PLAN[kind.name]
    if kind.outcome == "refused" and kind.name not in _SEEN_LATER:
        with pytest.raises(DeliveryError, match=kind.table):
            open_delivery(mapping, faulty, night, tmp_path, quality)
    else:
        assert open_delivery(mapping, faulty, night, tmp_path, quality).business_date == night
