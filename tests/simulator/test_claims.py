from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal

from simulator.care.settling import FUNDS

ZERO = Decimal(0)


def cents(row, *columns):
    return sum((Decimal(row[column]) for column in columns), ZERO)


def once(rows):
    """Each line once: exact second copies left out."""
    return list({row["feedetl_sn"]: row for row in rows}.values())


def test_every_settlement_keeps_the_check_sums_to_the_cent(world):
    for row in world.tables["setl"]:
        total = cents(row, "medfee_sumamt")
        assert total == cents(row, "fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_amt")
        assert total == cents(row, "fund_pay_sumamt", "psn_pay")
        assert cents(row, "psn_pay") == cents(row, "acct_pay", "cash_payamt")
        assert cents(row, "fund_pay_sumamt") == cents(row, *FUNDS)
        assert row["refd_setl_flag"] == "1" or min(cents(row, *FUNDS), cents(row, "psn_pay")) >= 0


def test_a_settlement_is_the_sum_of_its_lines(world):
    by_settlement: dict[str, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for line in once(world.tables["fee_list"]):
        by_settlement[line["setl_id"]][0] += Decimal(line["det_item_fee_sumamt"])
        by_settlement[line["setl_id"]][1] += Decimal(line["inscp_scp_amt"])
    by_settlement.pop("", None)
    settled = {row["setl_id"]: [cents(row, "medfee_sumamt"), cents(row, "inscp_amt")] for row in world.tables["setl"]}
    assert by_settlement == settled


def test_ids_are_unique_but_for_the_rows_sent_again(world):
    keys = {
        "mdtrt": ("mdtrt_id",), "setl": ("setl_id",), "medins": ("fixmedins_code",),
        "doctor": ("dr_code", "fixmedins_code"),
    }  # fmt: skip
    for table, key in keys.items():
        assert max(Counter(tuple(row[c] for c in key) for row in world.tables[table]).values()) == 1, table
    lines = world.tables["fee_list"]
    assert len(lines) - len(once(lines)) == world.summary.resent_rows > 0
    assert len({str(row) for row in lines}) == len(once(lines))


def test_every_reference_resolves(world):
    tables = world.tables
    persons, visits, settlements, lines, places, doctors, items = (
        {row[key] for row in tables[table]}
        for table, key in (
            ("psn_info", "psn_no"), ("mdtrt", "mdtrt_id"), ("setl", "setl_id"), ("fee_list", "feedetl_sn"),
            ("medins", "fixmedins_code"), ("doctor", "dr_code"), ("catalogue", "hilist_code"),
        )
    )  # fmt: skip
    assert {row["psn_no"] for table in ("psn_insu", "mdtrt", "setl", "diag") for row in tables[table]} <= persons
    assert {row["mdtrt_id"] for table in ("setl", "diag", "oprn") for row in tables[table]} <= visits
    assert {row["mdtrt_id"] for row in tables["fee_list"]} <= visits | {""}
    assert {row["setl_id"] for row in tables["fee_list"]} <= settlements | {""}
    assert {row["init_feedetl_sn"] for row in tables["fee_list"]} <= lines | {""}
    assert {row["init_setl_id"] for row in tables["setl"]} <= settlements | {""}
    assert {row["fixmedins_code"] for table in ("mdtrt", "fee_list") for row in tables[table]} <= places
    assert {row["bilg_dr_code"] for row in tables["fee_list"]} <= doctors | {""}
    assert {row["med_list_codg"] for row in tables["fee_list"]} <= items


def test_a_negative_line_takes_back_no_more_than_its_original(world):
    lines = {row["feedetl_sn"]: row for row in once(world.tables["fee_list"])}
    backs = [row for row in lines.values() if row["cnt"].startswith("-")]
    assert len(backs) == world.summary.negative_lines
    for row in backs:
        original = lines[row["init_feedetl_sn"]]
        assert Decimal(original["cnt"]) + Decimal(row["cnt"]) >= 0 > Decimal(row["det_item_fee_sumamt"])
        same = ("mdtrt_id", "med_list_codg", "pric", "psn_no", "rx_drord_no")
        assert [row[column] for column in same] == [original[column] for column in same]


def test_a_settlement_taken_back_nets_to_nothing(world):
    settled = {row["setl_id"]: row for row in world.tables["setl"]}
    reversals = [row for row in settled.values() if row["refd_setl_flag"] == "1"]
    assert len(reversals) == world.summary.reversed_settlements > 0
    for row in reversals:
        original = settled[row["init_setl_id"]]
        for column in ("medfee_sumamt", "inscp_amt", "fund_pay_sumamt", "psn_pay", "hifp_pay"):
            assert cents(row, column) == -cents(original, column)


def test_broken_rows_are_those_the_summary_counts_and_keep_their_amount(world):
    found: Counter[str] = Counter()
    for row in once(world.tables["fee_list"]):
        found["quantity_text"] += row["cnt"] == "abc"
        found["no_person"] += row["psn_no"] == ""
        found["no_encounter"] += row["mdtrt_id"] == ""
        found["impossible_date"] += row["fee_ocur_time"].startswith("2026-02-30")
        readable = row["cnt"] != "abc"
        found["amount_mismatch"] += readable and Decimal(row["cnt"]) * Decimal(row["pric"]) != cents(
            row, "det_item_fee_sumamt"
        )
    assert found == world.summary.bad_rows
    assert min(found.values()) >= 1


def test_corrections_and_gaps_are_as_rare_as_in_practice(honest_world):
    lines = honest_world.tables["fee_list"]
    assert 0.03 < honest_world.summary.negative_lines / len(lines) < 0.08
    assert 0.01 < honest_world.summary.late_lines / len(lines) < 0.03
    share = {c: sum(row[c] == "" for row in lines) / len(lines) for c in ("setl_id", "bilg_dr_code", "prd_days")}
    assert 0 < share["setl_id"] < 0.005
    assert 0.005 < share["bilg_dr_code"] < 0.05
    assert 0.85 < share["prd_days"] < 0.99


def test_nobody_can_be_meant(world):
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    mistaken = {label["psn_no"] for label in world.labels if label["scheme"] == "wrong_sex_on_record"}
    for row in world.tables["psn_info"]:
        number = row["certno"]
        digits = [int(digit) for digit in number[:17]]
        assert number.startswith("99")
        assert row["tel"].startswith("100")
        assert len(number) == 18
        assert number[17] == "10X98765432"[sum(d * w for d, w in zip(digits, weights, strict=True)) % 11]
        assert number[6:14] == row["brdy"].replace("-", "")
        assert (digits[16] % 2 == int(row["gend"]) % 2) == (row["psn_no"] not in mistaken)


def test_free_text_and_contacts_hold_what_privacy_must_remove(world):
    names = {row["psn_no"]: row["psn_name"] for row in world.tables["psn_info"]}
    stays = [row for row in world.tables["mdtrt"] if row["med_type"] == "21"]
    assert any(names[row["psn_no"]] in row["adm_diag_dscr"] for row in stays)
    assert all(row["coner_name"] and row["coner_tel"].startswith("100") for row in stays)
