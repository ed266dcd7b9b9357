"""A store that gives no answer is asked again, and not for ever."""

from __future__ import annotations

import threading

import deltalake
import pytest

from fundwatch.lake.stores import delta_table as opening
from fundwatch.places import LakeAddress


@pytest.mark.parametrize(("lost", "is_opened"), [(2, True), (3, False)])
def test_an_answer_that_is_lost_is_asked_for_again(monkeypatch: pytest.MonkeyPatch, lost: int, is_opened: bool) -> None:
    asked: list[str] = []
    never = threading.Event()

    def table(address: str, **_: object) -> str:
        asked.append(address)
        if len(asked) <= lost:
            never.wait(5)
        return address

    monkeypatch.setattr(deltalake, "DeltaTable", table)
    monkeypatch.setattr(opening, "_PATIENCE", 0.05)
    address = LakeAddress("hdfs://name:8020/lake/run")
    if is_opened:
        assert str(opening.delta_table(address)) == str(address)
    else:
        with pytest.raises(TimeoutError, match="has given no answer"):
            opening.delta_table(address)
    never.set()
    assert len(asked) == 3
