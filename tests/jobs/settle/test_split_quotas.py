"""An institution's quotas and budget by department over a tiny lake: what is refused, what is said to be unknown."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from fundwatch.errors import FundwatchError
from fundwatch.lake.store import Lake
from fundwatch.settings import Settings
from jobs.settle.split_quotas import split_quotas
from tests.lakes import ANNA, FIRST, SECOND, make_lake, note_committed, put

KNOWN = {"known_from": FIRST}
WARD = "=1+1"


def _stay(number: int, at: datetime, department: str | None, total: int) -> tuple[dict[str, Any], dict[str, Any]]:
    name = f"V{number}"
    who = {"encounter_id": name, "institution_id": "T1", **KNOWN}
    stay = {"patient_id": ANNA, "region_code": "990101", "visit_type": "21", "is_inpatient": True, "started_at": at}
    paid = {"total_amount": Decimal(total), "fund_amount": Decimal(total) / 2}
    return {**who, **stay, "admission_department": department}, {
        **who, "settlement_id": f"s {name}", "settled_at": at, **paid,
    }  # fmt: skip


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Forty stays in each of two departments, of which one is twice as dear; one that says no department."""
    settings = make_lake(tmp_path_factory.mktemp("split") / "var")
    lake = Lake(settings.lake_address)
    stays = [_stay(n, datetime(2025 if n % 2 else 2026, 2, 3), WARD if n < 40 else "内科", 6_000 if n < 40 else 3_000)
             for n in range(80)]  # fmt: skip
    stays += [_stay(80, datetime(2023, 4, 2), None, 4_500), _stay(81, datetime(2023, 3, 31), "早年", 1)]
    place = {"institution_type": "1", "institution_level": "2", "region_code": "990101"}
    put(lake, "institution", [{"institution_id": "T1", **place, **KNOWN}, {"institution_id": "T2", **place, **KNOWN}])
    put(lake, "encounter", [stay for stay, _ in stays])
    put(lake, "settlement", [paid for _, paid in stays])
    put(lake, "claim_line", [])
    note_committed(lake, "intake", SECOND)
    return settings


def test_quotas_and_budget_go_to_departments_by_three_years(settings: Settings) -> None:
    found = split_quotas(settings, "T1", None, None, Decimal(1_000))
    assert (found.first, found.last) == (date(2023, 4, 1), SECOND)
    quotas = {one.department: (one.quota or Decimal(0), one.visits) for one in found.quotas}
    # 9,000 for a stay at level 2, as the policy of the area has it; three departments of 81 stays keep the whole
    assert quotas[WARD][1] == quotas["内科"][1] == (20, 20, 0)
    assert sum(quota * sum(visits) for quota, visits in quotas.values()) == pytest.approx(81 * 9_000, abs=1)
    assert quotas[WARD][0] == pytest.approx(2 * quotas["内科"][0], abs=Decimal("0.02"))
    assert {one.department: one.amount for one in found.budgets} == {
        WARD: Decimal("444.45"), None: Decimal("333.33"), "内科": Decimal("222.22")
    }  # fmt: skip
    assert [en for _, en in found.notes] == ["of some encounters the department is unknown: a row of its own"]
    rows = list(csv.reader(io.StringIO(found.table.read_text(encoding="utf-8-sig"))))
    assert {row[0] for row in rows[1:]} == {f"'{WARD}", "内科", "未知 unknown"}


@pytest.mark.parametrize(
    ("place", "budget", "says"),
    [("T9", None, "no institution 'T9'"), ("T2", None, "T2 has no settlement from"), ("T1", Decimal(0), "budget of 0"),
     ("x' OR 1", None, "no institution's code")],
)  # fmt: skip
def test_what_cannot_be_split_is_refused(settings: Settings, place: str, budget: Decimal | None, says: str) -> None:
    with pytest.raises(FundwatchError, match=says):
        split_quotas(settings, place, SECOND, None, budget)


def test_less_than_three_years_are_said_to_be_so(settings: Settings) -> None:
    found = split_quotas(settings, "T1", SECOND, date(2026, 2, 28), None)
    assert found.first == date(2023, 3, 1)
    assert not any("less than three years" in en for _, en in found.notes)
    assert all(part.amount is None for part in found.budgets)
