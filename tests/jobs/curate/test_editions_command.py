"""Editions through the command line: imported by one, approved by another; hostile sheets; what a night rests on."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from fundwatch.lake.store import Lake
from fundwatch.regions import region_of
from fundwatch.settings import Settings
from jobs.author.export_pack import export_pack
from jobs.command_line import main
from jobs.curate import edition_desk
from jobs.curate.in_force import (
    POINTS,
    LostPointsError,
    counted_in,
    editions_live,
    entries_of,
    knowledge_version,
    points_in_force,
)
from jobs.review.night_cards import knowledge_used
from privacy.audit.log import AuditLog, audit_log
from privacy.vault.sealing import make_vault_key
from rules.knowledge.points import knowledge_fingerprint, load_knowledge

NIGHT = date(2026, 3, 31)
HEADER = "rule_class,item_name,item_codes,constraint_text,valid_from\n"
DRUG, OTHER, BED = f"X{'A' * 22}", f"X{'B' * 22}", "001109000010000"
WOMEN = f"药品区分性别使用,甲片,{DRUG},限女性,2026-01-01\n"
DAILY = f"医疗服务项目限定频次,床位费,{BED},日,2026-01-01\n"
UNREAD = f"药品限二线使用,乙片,{OTHER},限二线用药。,2026-01-01\n"


class KnowledgeBureau:
    """A folder with a vault's key, sheets, and people with accounts of their own."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root, self.account, self.capsys = root, "", capsys
        self.settings = Settings(var=root)
        make_vault_key(self.settings.vault_key_path)

    def sheet(self, *rows: str, name: str = "b01.csv", encoding: str = "utf-8-sig", header: str = HEADER) -> str:
        file = self.root / name
        file.write_bytes((header + "".join(rows)).encode(encoding))
        return str(file)

    def call(self, person: str, *words: str) -> tuple[int, Any]:
        """Run `fundwatch knowledge` as a person whose account has the same name: the exit code, and the answer."""
        self.account = person.lower()
        self.capsys.readouterr()
        code = main(["knowledge", *words, "--as", person, "--var", str(self.root), "--json", "--quiet"])
        printed = self.capsys.readouterr()
        return code, json.loads(printed.out) if code == 0 else printed.err

    def take(self, *files: str, edition: str = "b01", words: tuple[str, ...] = ()) -> Any:
        code, answer = self.call("Wang", "import", *files, "--edition", edition, *words)
        assert code == 0, answer
        return answer

    def approve(self, edition: str = "b01", person: str = "Li", since: str = str(NIGHT)) -> tuple[int, Any]:
        return self.call(person, "approve", edition, "--date", since)

    def live(self, night: date = NIGHT) -> list[str]:
        return [edition.edition for edition in editions_live(self.settings, night)]

    def log(self) -> list[tuple[str, str, str]]:
        return [(e.action, e.actor, e.outcome) for e in audit_log(self.settings).entries()]


@pytest.fixture
def bureau(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> KnowledgeBureau:
    made = KnowledgeBureau(tmp_path, capsys)

    def as_person(settings: Settings) -> AuditLog:
        return replace(audit_log(settings), account=lambda: made.account)

    monkeypatch.setattr(edition_desk, "audit_log", as_person)
    return made


def test_an_edition_holds_once_another_person_approved_it(bureau: KnowledgeBureau) -> None:
    done = bureau.take(bureau.sheet(WOMEN, DAILY, UNREAD))
    assert (done["rows"], done["points"], done["left_rows"]) == (3, 2, 1)
    assert done["by_class"] == {"frequency": 1, "sex_drug": 1}
    files = knowledge_fingerprint(load_knowledge())
    assert (bureau.live(), knowledge_version(bureau.settings, NIGHT)) == ([], files)
    code, problem = bureau.approve(person=" ｗａｎｇ")
    assert (code, "nobody approves an import of their own" in problem) == (2, True)
    assert bureau.approve()[0] == 0
    assert (bureau.live(), bureau.live(date(2026, 3, 30))) == (["b01"], [])
    assert knowledge_version(bureau.settings, NIGHT) != files == knowledge_version(bureau.settings, date(2026, 3, 30))
    used = knowledge_used(bureau.settings, NIGHT)[1]["sex_drug"]
    assert used.points == len(load_knowledge()["sex_drug"]) + 1
    assert used.sources[-1] == "b01 (1)"
    done = [(action, outcome) for action, _, outcome in bureau.log()]
    assert done == [("knowledge import", "ok"), ("knowledge approve", "refused"), ("knowledge approve", "ok")]
    code, problem = bureau.approve(person="Zhao")
    assert (code, "nothing of b01 waits" in problem) == (2, True)
    code, _ = bureau.call("Li", "withdraw", "b01", "--date", "2026-05-01", "--reason", "the notice was taken back")
    assert (code, bureau.live(), bureau.live(date(2026, 5, 1))) == (0, ["b01"], [])


def test_the_same_sheet_again_changes_nothing_and_another_one_says_what_changed(bureau: KnowledgeBureau) -> None:
    first = bureau.take(bureau.sheet(WOMEN, DAILY))
    again = bureau.take(bureau.sheet(DAILY, WOMEN, name="renamed.csv"))
    assert (first["is_new"], again["is_new"], again["version"]) == (True, False, first["version"])
    assert len(entries_of(bureau.settings)) == 1
    more = bureau.take(bureau.sheet(DAILY.replace(",日,", ",每日不超过2次,"), WOMEN.replace(DRUG, OTHER)))
    assert [more["diff"][kind] for kind in ("added", "gone", "changed", "same")] == [1, 1, 1, 0]
    assert more["diff"]["examples"]["changed"] == [
        f'frequency {BED}: {{"unit": "day", "value": "1"}} 2026-01-01– → {{"unit": "day", "value": "2"}} 2026-01-01–'
    ]
    bureau.take(bureau.sheet(WOMEN), edition="b02", words=("--replaces", "b01", "--valid-from", "2026-03-15"))
    code, found = bureau.call("Wang", "diff", f"b01@{first['version']}", "b02")
    assert (code, found["gone"], found["same"], found["added"]) == (0, 1, 1, 0)
    versions = [row["version"] for row in bureau.call("Wang", "list")[1]["editions"]]
    assert versions[:2] == [first["version"], more["version"]]


def test_what_speaks_of_a_code_is_shown_with_its_state_and_source(bureau: KnowledgeBureau) -> None:
    bureau.take(bureau.sheet(WOMEN))
    points = bureau.call("Wang", "show", DRUG)[1]["points"]
    assert [(p["knowledge_class"], p["edition"], p["state"]) for p in points] == [("sex_drug", "b01", "waiting")]
    code, problem = bureau.call("Wang", "show", "O'Neil")
    assert (code, "there is no class of knowledge" in problem) == (2, True)
    of_files = bureau.call("Wang", "show", BED)[1]["points"]
    assert {p["edition"] for p in of_files} == {"files"}


def test_a_sheet_of_other_columns_comes_in_by_a_map_from_excel_or_in_gb18030(bureau: KnowledgeBureau) -> None:
    mapped = bureau.root / "map.yaml"
    mapped.write_text(
        "columns: {item_name: 项目, item_codes: 编码, constraint_text: 限定}\n"
        "values: {rule_class: 医疗服务项目限定频次}\ncodes_parted_by: ;\n",
        encoding="utf-8",
    )  # fmt: skip
    words = ("--columns", str(mapped), "--valid-from", "2026-01-01")
    sheet = bureau.sheet(f"床位费,{BED};001109000020000,日\n", header="项目,编码,限定\n", encoding="gb18030")
    book = Workbook()
    for row in (("项目", "编码", "限定"), ("床位费", f"{BED};001109000020000", "日")):
        book.active.append(row)
    book.save(bureau.root / "b01.xlsx")
    of_text = bureau.take(sheet, words=words)
    of_book = bureau.take(str(bureau.root / "b01.xlsx"), words=words)
    assert of_text["points"] == 2
    assert (of_book["version"], of_book["is_new"]) == (of_text["version"], False)


def test_rows_to_curate_come_back_once_they_are_filled_in(bureau: KnowledgeBureau) -> None:
    left = Path(bureau.take(bureau.sheet(WOMEN, UNREAD))["curate"])
    rows = list(csv.DictReader(left.read_text("utf-8-sig").splitlines()))
    assert [(row["item_name"], row["file"], row["row"]) for row in rows] == [("乙片", "b01.csv", "3")]
    filled = bureau.root / "curated.csv"
    with filled.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, [*rows[0]])
        writer.writeheader()
        writer.writerow(rows[0] | {"knowledge_class": "elderly_drug", "parameters": "risk=falls"})
    done = bureau.take(bureau.sheet(WOMEN), str(filled))
    assert (done["points"], done["left_rows"], done["diff"]["added"]) == (2, 0, 1)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", b"rule_class,item_name\n", "its first row names no column item_codes, constraint_text"),
        ("a.csv", HEADER.encode() + b"\xff\xfe\xff\xff\xff", "neither UTF-8 nor GB 18030"),
        ("a.csv", HEADER.encode("utf-16"), "it is no text, or in UTF-16"),
        ("a.csv", (HEADER + '"open,\n').encode(), "row 2"),
        ("a.csv", (HEADER + "a,b,c,d,e,f\n").encode(), "row 2 has more cells than the first row has names"),
        ("a.csv", ("item_name," + HEADER).encode(), "names item_name twice"),
        ("a.xlsx", b"PK no workbook", "is a damaged Excel workbook, or none"),
        ("a.exe", b"MZ", "is a file of the kind '.exe'"),
        ("a.csv", (HEADER + UNREAD).encode(), "none of 1 rows gives a point"),
    ],
)  # fmt: skip
def test_a_sheet_that_is_none_is_refused_by_name_and_leaves_nothing(
    bureau: KnowledgeBureau, name: str, content: bytes, says: str
) -> None:
    (bureau.root / name).write_bytes(content)
    code, problem = bureau.call("Wang", "import", str(bureau.root / name), "--edition", "b01")
    assert (code, says in problem) == (2, True), problem
    assert "do:" in problem
    assert entries_of(bureau.settings) == []
    assert not Lake(bureau.settings.lake_address).exists(POINTS)


def test_a_cell_of_a_workbook_that_computes_is_refused_and_so_is_an_edition_without_a_name(
    bureau: KnowledgeBureau,
) -> None:
    book = Workbook()
    for row in (HEADER.strip().split(","), ("药品区分性别使用", "=1+1", DRUG, "限女性", "2026-01-01")):
        book.active.append(row)
    book.save(bureau.root / "b01.xlsx")
    code, problem = bureau.call("Wang", "import", str(bureau.root / "b01.xlsx"), "--edition", "../x")
    assert (code, "--edition takes a name" in problem) == (2, True)
    code, problem = bureau.call("Wang", "import", str(bureau.root / "b01.xlsx"), "--edition", "x")
    assert (code, "cell B2: a formula without its value" in problem) == (2, True)


def test_points_that_are_lost_are_reported_and_the_same_files_bring_them_back(bureau: KnowledgeBureau) -> None:
    from shutil import rmtree

    from tests.places import folder_of

    sheet = bureau.sheet(WOMEN)
    bureau.take(sheet)
    bureau.approve()
    live, lake = editions_live(bureau.settings, NIGHT), Lake(bureau.settings.lake_address)
    assert bureau.call("Wang", "check")[0] == 0
    rmtree(folder_of(bureau.settings, POINTS))
    with pytest.raises(LostPointsError, match="edition b01: 0 points lie in the lake, 1 were imported"):
        counted_in(lake, live)
    code, problem = bureau.call("Wang", "check")
    assert (code, "edition b01: 0 points" in problem) == (1, True)
    bureau.take(sheet)
    assert counted_in(lake, live)[live[0].version] == {"sex_drug": {0: 1}}


def test_a_pack_of_a_night_holds_its_editions_and_one_without_a_night_what_ships(bureau: KnowledgeBureau) -> None:
    bureau.take(bureau.sheet(WOMEN))
    assert bureau.approve()[0] == 0

    def sources(night: date | None) -> list[str]:
        points = export_pack(bureau.settings, night, with_shadow=True).pack.knowledge["sex_drug"].points
        return [point.source for point in points if point.code == DRUG]

    assert [len(sources(night)) for night in (NIGHT, date(2026, 3, 30), None)] == [1, 0, 0]
    assert sources(NIGHT)[0].endswith("(b01)")


def test_points_of_editions_lie_over_files_and_end_where_another_edition_replaces_theirs(
    bureau: KnowledgeBureau,
) -> None:
    bureau.take(bureau.sheet(DAILY))
    more = DAILY.replace(",日,2026-01-01", ",每日不超过4次,2026-03-15")
    bureau.take(bureau.sheet(more), edition="b02", words=("--replaces", "b01", "--valid-from", "2026-03-15"))
    assert (bureau.approve()[0], bureau.approve("b02")[0]) == (0, 0)
    found = points_in_force(bureau.settings, NIGHT, region_of(bureau.settings), {BED})["frequency"]
    assert [(p.cells["value"], p.valid_from, p.valid_to) for p in found if p.valid_from >= date(2026, 1, 1)] == [
        ("1", date(2026, 1, 1), date(2026, 3, 14)),
        ("4", date(2026, 3, 15), None),
    ]
    assert {p.code for p in found} == {BED}
