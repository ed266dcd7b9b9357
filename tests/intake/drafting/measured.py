"""Layouts of public systems with a few invented rows, and how a draft of them compares with what they hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter

from intake.drafting.draft import draft_files
from intake.drafting.sampling import look_at
from intake.drafting.vocabulary import read_vocabulary
from intake.drafting.yaml_text import draft_text
from intake.source.code_lists import CodeLists
from intake.source.columns import ColumnSource, columns_used

LAYOUTS = Path(__file__).parent / "layouts"
_FORMS: TypeAdapter[ColumnSource] = TypeAdapter(ColumnSource)


@dataclass
class LayoutMeasure:
    """What became of a layout's columns. `wrong_sure` and `wrong_guessed` name what was taken for what it is not."""

    right_sure: int = 0
    right_guessed: int = 0
    wrong_sure: list[str] = field(default_factory=list)
    wrong_guessed: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    wrong_tables: list[str] = field(default_factory=list)
    unmarked: list[str] = field(default_factory=list)

    @property
    def right(self) -> int:
        return self.right_sure + self.right_guessed

    @property
    def wrong(self) -> int:
        return len(self.wrong_sure) + len(self.wrong_guessed)


def layout(name: str) -> dict[str, dict[str, Any]]:
    """The files of a layout, each with its rows, the table it is and where that table's columns stand."""
    with (LAYOUTS / f"{name}.yaml").open(encoding="utf-8") as stream:
        return dict(yaml.safe_load(stream))


def drafted(files: Mapping[str, Mapping[str, Any]], folder: Path) -> str:
    """The draft of all files of a layout at once."""
    paths = []
    for name, file in files.items():
        paths.append(folder / f"{name}.csv")
        paths[-1].write_text(file["csv"], encoding="utf-8")
    return draft_text("mine", draft_files([look_at(path) for path in paths], read_vocabulary()))


def measured(files: Mapping[str, Mapping[str, Any]], text: str) -> LayoutMeasure:
    """The draft against what the files hold. What is marked `# ?` is guessed; all else is sure."""
    mapping, measure = yaml.safe_load(text), LayoutMeasure()
    kinds = {str(file["name"]).split(".csv")[0]: kind for kind, file in mapping["files"].items()}
    for name, file in files.items():
        wanted = file["is"] if isinstance(file["is"], list) else [file["is"]]
        found = [
            (table, rows)
            for table, how in mapping["tables"].items()
            for rows in how.get("rows", ())
            if rows["from"] == kinds.get(name)
        ]
        table, rows = found[0] if found else ("none", {"columns": {}})
        if table not in wanted:
            measure.wrong_tables.append(f"{name} as {table}")
        names = _headers(mapping, kinds[name], rows) if name in kinds else {}
        held = file.get("holds", {}) if table in wanted else {}
        _compare(name, {**file.get("may", {}), **held} if table in wanted else {}, held, rows["columns"] or {}, names,
                 _guessed(text, kinds.get(name), table), measure)  # fmt: skip
        if table not in wanted:
            measure.unknown += [f"{name}.{column}" for column in file.get("holds", {})]
        if name in kinds:
            guarded = _guarded(mapping["files"][kinds[name]], text)
            measure.unmarked += [f"{name}.{header}" for header in file.get("identifies", ()) if header not in guarded]
    return measure


def _compare(
    name: str,
    allowed: Mapping[str, Any],
    held: Mapping[str, Any],
    columns: Mapping[str, Any],
    names: Mapping[str, str],
    guessed: frozenset[str],
    measure: LayoutMeasure,
) -> None:
    for column, given in columns.items():
        form = _FORMS.validate_python(
            {"of": given["scrub"], "trim": " "} if "scrub" in given else given, context=CodeLists()
        )
        read = frozenset(names[n] for n in columns_used(form, frozenset(names)))
        truth = allowed.get(column)
        ways = [frozenset(str(way).split("+")) for way in (truth if isinstance(truth, list) else [truth])]
        is_right = truth is not None and (read in ways or (not read and ways == [frozenset([""])]))
        if is_right and column not in guessed:
            measure.right_sure += 1
        elif is_right:
            measure.right_guessed += 1
        else:
            said = f"{name}.{column} from {'+'.join(sorted(read)) or given}"
            (measure.wrong_guessed if column in guessed else measure.wrong_sure).append(said)
    measure.unknown += [f"{name}.{column}" for column in held if column not in columns]


def _headers(mapping: Mapping[str, Any], kind: str, rows: Mapping[str, Any]) -> dict[str, str]:
    """By every name that the rows' columns may use, the header in its own file."""
    names: dict[str, str] = {}
    lookups = rows.get("lookup", [])
    for lookup in lookups if isinstance(lookups, list) else [lookups]:
        lent = lookup["columns"]
        there = _own(mapping["files"][lookup["from"]])
        pairs = lent.items() if isinstance(lent, dict) else ((column, column) for column in lent)
        names |= {here: there[column] for here, column in pairs}
    return names | _own(mapping["files"][kind])


def _own(file: Mapping[str, Any]) -> dict[str, str]:
    names = {column: column for column in file.get("identifying", ())}
    for given in (*file.get("columns", ()), *file.get("optional", ())):
        one = given if isinstance(given, list) else [given]
        names[one[0]] = one[-1]
    return names


def _guessed(text: str, kind: str | None, table: str) -> frozenset[str]:
    """Columns of the file's rows whose comment asks, and those the head says to look at."""
    found, inside = set(), False
    for line in text.partition("\ntables:")[2].splitlines():
        if line.startswith("      - from: "):
            inside = line.split()[-1] == kind
        elif inside and line.startswith("          ") and "# " in line and "?" in line.split(" # ")[-1]:
            found.add(line.split(":")[0].strip())
    return frozenset(found)


def _guarded(file: Mapping[str, Any], text: str) -> frozenset[str]:
    """Columns that only tokens, scrubbed text and the vault read, and those dropped because they identify."""
    names = _own(file)
    dropped = {
        str(yaml.safe_load(line.strip())[0])
        for line in text.splitlines()
        if line.startswith("      - ") and ("identifies" in line or "free text" in line)
    }
    return frozenset(names[column] for column in file.get("identifying", ())) | (dropped & {*file.get("drop", ())})
