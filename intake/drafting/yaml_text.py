"""A drafted mapping as YAML with a comment for every column: how sure it is, and what a person should decide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from fundwatch.contracts import TABLES
from intake.drafting.columns import DECIDING, Proposed
from intake.drafting.draft import DATE, NO_ROWS, DraftedFiles, DraftFile
from intake.drafting.sampling import Look
from intake.drafting.silence import OFTEN, shipped_lists
from intake.drafting.values import of, plain_name
from intake.files.value_types import OF_A_LIST
from intake.source.columns import Expression
from intake.source.mapping import ENTRY_OF
from intake.source.placeholders import kind_of

_EVERY_NIGHT = frozenset({"claim_line", "settlement", "encounter", "diagnosis"})


def draft_text(name: str, drafted: DraftedFiles, lacking: Sequence[str] = ()) -> str:
    """The whole mapping, the open questions at its head; `lacking` are columns that nothing fills and every rule needs,
    as `table.column`."""
    questions = list(open_questions(drafted, lacking))
    head = [f"# A draft for the source {name}. Every line with `# ?` wants a decision; then try it:"]
    head += [f"#   fundwatch source check --mapping {name}.yaml --landing FOLDER --date DATE"]
    head += [f"# ? {question}" for question in questions]
    files = drafted.fed
    return "\n".join([*head, *_delivery(name, drafted), "", *_files(files), "", *_tables(files), ""])


def open_questions(drafted: DraftedFiles, lacking: Sequence[str] = ()) -> Iterator[str]:
    """What a person should decide, file by file; what feeds no table first, then missing keys and what rules lack."""
    for left in drafted.left:
        yield f"{left.look.file.name} is left out: {left.why}"
    for file in drafted.fed:
        for key in file.missing_keys:
            yield f"{file.look.file.name}: nothing fills {file.table}.{key}, a key column: no mapping yet"
    if lacking:
        yield f"no rule runs without {', '.join(lacking)}, which nothing fills"
    for file in drafted.fed:
        if not file.rows_are.is_sure:
            yield f"{file.look.file.name} is {file.rows_are.why}: is it that"
        if not file.look.row_count:
            yield f"{file.look.file.name}: {NO_ROWS}, and nothing is known of its values"
        yield from _of_lists(file)
        unsure = [c.column.lstrip("_") for c in (*file.columns, *file.carry) if not c.is_sure]
        if unsure:
            yield f"{file.look.file.name}: look at {', '.join(unsure)}"
        unknown = [d.header for d in file.dropped if d.is_open]
        if unknown:
            yield f"{file.look.file.name}: look at what is dropped: {', '.join(_folded(unknown))}"


def _of_lists(file: DraftFile) -> Iterator[str]:
    """What becomes of lists of objects: the elements of one may be the rows, and the others' are not read."""
    look = file.look
    for path in look.lists:
        where = f"{look.file.name}: the list {path} holds {look.lists[path]:,} objects"
        if path == look.rows_of:
            yield f"{where}: each is one row, with the fields of the object around it"
        elif path in look.header:
            yield (
                f"{where} that are not read: if they are the rows, say rows_of: {path} (or deliver one line for each "
                "of them)"
            )


def _folded(headers: Sequence[str]) -> list[str]:
    """Numbered columns as one: code_1 … code_25."""
    groups: dict[str, list[str]] = {}
    for header in headers:
        groups.setdefault(header.rstrip("0123456789"), []).append(header)
    return [one[0] if len(one) == 1 else f"{one[0]} … {one[-1]}" for one in groups.values()]


def _delivery(name: str, drafted: DraftedFiles) -> Iterator[str]:
    files = drafted.fed
    texts = [file.look for file in files if file.look.form == "text"]
    encodings = dict.fromkeys(look.encoding for look in texts) or {"utf-8": None}
    # a .tsv has tabs whatever stands here
    delimiters = [*dict.fromkeys(look.delimiter for look in texts if ".tsv" not in look.file.name.lower())] or [","]
    yield f"source: {name}"
    if any("$" in values.currency_signs for file in files for values in file.look.values.values()):
        yield "currency: USD             # ? amounts stand with a $; the region must say the same (--set region=US)"
    yield "delivery:"
    yield '  folder: "."               # ? or "{date}": one folder per night under --landing'
    yield "  manifest: measured        # required or expected: the sender writes a manifest.json"
    yield f"  encodings: [{', '.join(encodings)}]"
    if len(delimiters) > 1:
        yield f"  # ? the files have different delimiters ({' '.join(map(repr, delimiters))}), and a source has one"
    yield '  delimiter: "{}"'.format("\\t" if delimiters[0] == "\t" else delimiters[0])
    yield '  null_texts: ["", "NULL", "null", "\\\\N"]'
    if any(file.look.form == "parquet" for file in files):
        yield "  zone: Asia/Shanghai       # ? the local time in which instants of parquet files are read"
    if drafted.left:
        # a file that nothing takes and nothing lists would hold the delivery
        patterns = ", ".join(f'"{_pattern(left.look)}"' for left in drafted.left)
        yield f"  ignore: [{patterns}]   # ? left out, as said above"
    yield "drift: {unknown_columns: refuse, new_codes: refuse}   # park: leave aside what is new, and say so"
    yield from _silent_texts(files)


def _silent_texts(files: Sequence[DraftFile]) -> Iterator[str]:
    """A comment for each canonical column in whose sample a text says nothing, or may: lines of YAML."""
    for file in files:
        table = TABLES[ENTRY_OF.get(file.table, file.table)]
        headers = {plain_name(header): header for header in file.look.header}
        for column in file.columns:
            if column.column not in table.column_names:
                continue
            odd: dict[str, int] = {}
            for name in sorted(column.reads(frozenset(headers))):
                odd |= file.look.values[headers[name]].odd
            lists, form, is_id = shipped_lists(), column.form, kind_of(table, column.column) == "code"
            is_made_of_parts = is_id and isinstance(form, Expression)
            listed = {
                *(lists.of_parts(table, column.column) if is_made_of_parts else lists.of(table, column.column, form))
            }
            place = f"{file.table}.{column.column}"
            if seen := _counted({text: count for text, count in odd.items() if text in listed}):
                yield f"# {place} says nothing where it reads {seen}"
            if is_id:
                yield from _as_numbers(place, column, file, headers)
                new = {text: count for text, count in odd.items() if text not in listed and count >= OFTEN}
                if new and not is_made_of_parts:
                    yield f"# ? {place} reads {_counted(new)}: nobody? Then list it under placeholders.add"


def _as_numbers(place: str, column: Proposed, file: DraftFile, headers: Mapping[str, str]) -> Iterator[str]:
    """A comment where the sample has ids that a program wrote as numbers."""
    count = sum(file.look.values[headers[name]].as_numbers for name in column.reads(frozenset(headers)))
    if count and not place.endswith(OF_A_LIST):
        yield (
            f"# ? {place}: {count} of the sample's ids were written as numbers (5001.0, 9.9E+17), and such rows are "
            "quarantined: have them exported as text"
        )


def _counted(texts: dict[str, int]) -> str:
    ordered = sorted(texts.items(), key=lambda one: (-one[1], one[0]))
    return ", ".join(f"'{text}' ({count})" for text, count in ordered)


def _files(files: Sequence[DraftFile]) -> Iterator[str]:
    yield "files:" if files else "files: {}   # ? no file was known"
    for file in files:
        yield f"  {file.name}:"
        yield f'    name: "{_pattern(file.look)}"'
        if file.look.rows_of:
            yield f"    rows_of: {_text(file.look.rows_of)}   # each object in it is a row, with the fields around it"
        if file.table not in _EVERY_NIGHT:
            yield "    required: false   # it need not come every night"
        read = [(header, plain_name(header)) for header in file.look.header if header in file.read]
        guarded = file.identifying - file.must
        yield from _listed("columns", [_aliased(h, p) for h, p in read if p not in guarded])
        # a name of the file's own that is no plain one must be written somewhere
        yield from _listed("optional", [_aliased(h, p) for h, p in read if p in guarded and h != p])
        if file.identifying:
            yield "    # read by tokens, scrubbed text and the vault alone"
            yield from _listed("identifying", [p for _, p in read if p in file.identifying])
        if file.dropped:
            yield "    drop:"
            yield from (_line(f"      - {_text(d.header)}", d.why) for d in file.dropped)


def _listed(key: str, names: Sequence[str]) -> Iterator[str]:
    if names:
        yield f"    {key}:"
        yield from (f"      - {name}" for name in names)
    elif key == "columns":
        yield "    columns: []"


def _aliased(header: str, plain: str) -> str:
    return plain if plain == header else f"[{plain}, {_text(header)}]"


def _pattern(look: Look) -> str:
    """What files of this kind are called, in any form: a date in the name is any date."""
    stem = DATE.sub("*", look.file.name.split(".")[0])
    return f"{stem}.csv*"


def _tables(files: Sequence[DraftFile]) -> Iterator[str]:
    by_table: dict[str, list[DraftFile]] = {}
    for file in files:
        by_table.setdefault(file.table, []).append(file)
    yield "tables:" if by_table else "tables: {}"
    for table, ones in by_table.items():
        yield f"  {table}:"
        yield "    rows:"
        for file in ones:
            yield from _rows(file)
    for table, parent in _derived(by_table):
        yield from _grouped(table, parent, by_table[parent])


def _rows(file: DraftFile) -> Iterator[str]:
    yield f"      - from: {file.name}"
    if file.lookup is not None:
        other, here, there, columns = file.lookup
        named = ", ".join(plain_name(c) for c in columns)
        key = f"[{plain_name(here)}]" if here == there else f"{{{plain_name(here)}: {plain_name(there)}}}"
        yield f"        lookup: {{from: {other}, on: {key}, columns: [{named}]}}"
    for given in (c for c in file.carry if c.column == "_valid"):
        yield _line(f"        where: {{of: {of(given.source)}, {given.lists}, code: NOT_VALID}}", given.reported)
    for given in (c for c in file.carry if c.column == "_taken_back"):
        yield _line(f"        sign: {{of: {of(given.source)}, {given.lists}}}", given.reported)
    yield "        columns:"
    yield from (_line(f"          {c.column}: {c.source}", c.reported) for c in file.columns)
    yield from (f"          # ? {key}: the key column is missing" for key in file.missing_keys)
    if file.vault:
        yield "        vault:"
        yield from (f"          - {entry}" for entry in file.vault)
    carried = [c for c in file.carry if c.column not in DECIDING]
    if carried:
        yield "        carry:"
        yield from (_line(f"          {c.column[1:]}: {_typed(c)}", c.reported) for c in carried)


def _typed(carried: Proposed) -> str:
    """What is carried has no contract: money is made a number here."""
    if carried.column == "_paid_amount" and not carried.source.startswith("{"):
        return f'{{expr: "try_cast(`{carried.source}` AS decimal(16,2))"}}'
    return carried.source


def _derived(by_table: Mapping[str, Sequence[DraftFile]]) -> Iterator[tuple[str, str]]:
    """(table, parent) of the tables that no file of their own feeds and that another's rows can be grouped into."""
    keys = {"encounter": "encounter_id", "settlement": "settlement_id", "institution": "institution_id"}
    for table, key in keys.items():
        if table not in by_table and "claim_line" in by_table and _fill(by_table["claim_line"], key):
            yield table, "claim_line"
    for parent in ("enrolment", "encounter", "settlement", "claim_line"):
        files = by_table.get(parent, ())
        of_persons = _fill(files, "_sex") or _fill(files, "_birth_year")
        if "patient" not in by_table and _fill(files, "patient_id") and of_persons:
            yield "patient", parent
            return


def _fill(files: Sequence[DraftFile], column: str) -> bool:
    return any(c.column == column for file in files for c in (*file.columns, *file.carry))


def _grouped(table: str, parent: str, files: Sequence[DraftFile]) -> Iterator[str]:
    """A table made of another's accepted rows."""
    key = {"patient": "patient_id"}.get(table, f"{table}_id")
    yield f"  {table}:   # no file of its own was given: made of {parent}"
    yield "    grouped:"
    yield f"      - from: {parent}"
    yield f"        by: {{{key}: {key}}}"
    made = {column: sql for column, (needs, sql) in _AGGREGATES[table].items() if _fill(files, needs)}
    if any(carried.is_of_claim for file in files for carried in file.carry) and "fund_amount" in made:
        made["fund_amount"] = "max(paid_amount)"
    lines = [f'          {column}: "{sql}"' for column, sql in made.items()]
    yield from ("        columns:", *lines) if lines else ("        columns: {}",)
    if table == "settlement" and "fund_amount" not in made:
        yield "          # ? fund_amount: no column says what the fund paid; hits have no money without it"


# conf/codes/is_stay.yaml in SQL, for tables that are made of others: a kind of visit that it lacks is unknown
IS_STAY = (
    "CASE WHEN visit_type RLIKE '^(2|52)' THEN true WHEN visit_type RLIKE '^(1|41|51|53|81|9901$|9929$)' THEN false END"
)
_AGGREGATES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "encounter": {
        "patient_id": ("patient_id", "min(patient_id)"),
        "institution_id": ("institution_id", "min(institution_id)"),
        "visit_type": ("visit_type", "min(visit_type)"),
        "is_inpatient": ("visit_type", f"bool_or({IS_STAY})"),
        "started_at": ("charged_at", "min(charged_at)"),
        "ended_at": ("charged_at", "max(charged_at)"),
    },
    "settlement": {
        "encounter_id": ("encounter_id", "min(encounter_id)"),
        "patient_id": ("patient_id", "min(patient_id)"),
        "institution_id": ("institution_id", "min(institution_id)"),
        "visit_type": ("visit_type", "min(visit_type)"),
        "started_on": ("charged_at", "min(charged_at)"),
        "ended_on": ("charged_at", "max(charged_at)"),
        "settled_at": ("_settled_on", "max(settled_on)"),
        "total_amount": ("amount", "sum(amount)"),
        "covered_amount": ("covered_amount", "sum(covered_amount)"),
        "fund_amount": ("_paid_amount", "sum(paid_amount)"),
    },
    "institution": {},
    "patient": {
        "sex": ("_sex", "max(sex)"),
        "birth_year": ("_birth_year", "max(birth_year)"),
        "death_date": ("_death_date", "max(death_date)"),
    },
}


def _line(text: str, comment: str) -> str:
    return f"{text.ljust(44)} # {comment}"


def _text(header: str) -> str:
    return header if plain_name(header) == header and header.isascii() else '"' + header.replace('"', '\\"') + '"'
