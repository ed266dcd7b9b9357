"""A mapping proposed from the headers and a sample of files: which table each file feeds, and each column's source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from fundwatch.contracts import TABLES
from intake.column_forms import words
from intake.draft_values import birth_year, dated, numbered, of, plain_name, sql, translations
from intake.mapping import ENTRY_OF
from intake.sampling import Look
from intake.vocabulary import SURE, Match, Vocabulary, matches, normalised

_TOKENS = {
    "patient_id": "person", "contact_id": "contact", "employer_id": "employer", "ordering_doctor_id": "doctor",
    "performing_doctor_id": "doctor", "attending_doctor_id": "doctor", "operating_doctor_id": "doctor",
    "doctor_id": "doctor",
}  # fmt: skip
_NOT_CHARGED = frozenset({"paid_amount", "allowed_amount"})
_FROM_LINE = "_line_number"
_LENT = ("patient_id", "institution_id", "visit_type", "charged_at")
_LENDERS = {"charged_at": ("settled_at", "started_at"), **{c: (c,) for c in _LENT[:3]}}


@dataclass(frozen=True)
class Proposed:
    """One canonical column: the YAML of its source, how sure that is, and what to decide about it."""

    column: str
    source: str
    told: str
    is_sure: bool = True


@dataclass(frozen=True)
class Dropped:
    """A column that is not read, and why; `is_open` when a person should decide."""

    header: str
    why: str
    is_open: bool = False


@dataclass(frozen=True)
class DraftFile:
    """One file, the table it feeds, and what becomes of every column of its header."""

    name: str
    look: Look
    table: str
    columns: tuple[Proposed, ...]
    carry: tuple[Proposed, ...]
    dropped: tuple[Dropped, ...]
    read: tuple[str, ...]
    found: Mapping[str, Match] = field(default_factory=dict)
    lookup: tuple[str, str, tuple[str, ...]] | None = None  # the other file, the key, the columns it lends

    @property
    def missing_keys(self) -> tuple[str, ...]:
        """Key columns of the table that nothing fills: without them the draft is no mapping."""
        filled = {proposed.column for proposed in self.columns}
        return tuple(name for name in TABLES[self.table].key if name not in filled)


def draft_files(looks: Sequence[Look], vocabulary: Vocabulary) -> list[DraftFile]:
    """A proposal for each file; what one lacks and another has is looked up there."""
    files = [_draft(look, vocabulary) for look in looks]
    return [_with_lookup(file, files) for file in files]


def _draft(look: Look, vocabulary: Vocabulary) -> DraftFile:
    table, found = _best_table(look, vocabulary)
    columns = [_proposed(table, column, match, look, vocabulary) for column, match in found.items() if column[0] != "_"]
    columns += _made(table, found, {c.column for c in columns}, look, vocabulary)
    columns += _of_the_person(table, look, vocabulary)
    carry = [c for c in columns if c.column.startswith("_")]
    columns = [c for c in columns if not c.column.startswith("_")]
    told = " ".join(c.source for c in (*columns, *carry))
    used = tuple(h for h in look.header if {plain_name(h)} & words(told))
    dropped = tuple(_dropped(table, header, look, vocabulary) for header in look.header if header not in used)
    order = [*TABLES[ENTRY_OF.get(table, table)].column_names]
    columns.sort(key=lambda c: order.index(c.column))
    name = normalised(look.file.name.split(".")[0]).replace("-", "_")
    return DraftFile(name, look, table, tuple(columns), tuple(carry), dropped, used, found)


def _best_table(look: Look, vocabulary: Vocabulary) -> tuple[str, dict[str, Match]]:
    """The table whose columns the header has most of; its key and the file's name count most."""
    name = normalised(look.file.name)
    best: tuple[float, str, dict[str, Match]] = (-1, "claim_line", {})
    for table, known in vocabulary.tables.items():
        found = _found(table, known.columns, look, vocabulary)
        key = [k in found or (k == "line_id" and _has_line_key(found)) for k in TABLES[table].key]
        score = sum({m.header: m.confidence for m in found.values()}.values())
        score += 2 * (sum(key) / len(key)) + 2 * any(word in name for word in known.file_words)
        if score > best[0]:
            best = (score, table, found)
    return best[1], best[2]


def _has_line_key(found: Mapping[str, Match]) -> bool:
    return _FROM_LINE in found and ("settlement_id" in found or "encounter_id" in found)


def _found(table: str, names: Mapping[str, Sequence[str]], look: Look, vocabulary: Vocabulary) -> dict[str, Match]:
    """The best header of each column. What identifies is taken only where a token is made of it."""
    found = {}
    taken: set[str] = set()
    for column, known in names.items():
        # what is always blank would make each row one without a value; left out, it is unknown
        there = [h for h in look.header if not look.is_blank(h)]
        allowed = [h for h in there if column in _TOKENS or column[0] == "_" or not look.values[h].identifying]
        near = [m for m in matches(known, allowed) if m.confidence == SURE or m.header not in taken]
        near = [m for m in near if m.confidence == SURE or not _is_personal(m.header, vocabulary)]
        if near and (
            near[0].confidence == SURE or table in ("claim_line", "settlement", "encounter") or len(near) == 1
        ):
            found[column] = near[0]
            taken.add(near[0].header)
    return found


def _is_personal(header: str, vocabulary: Vocabulary) -> bool:
    return vocabulary.identifying.meets(header) or vocabulary.free_text.meets(header)


def _proposed(table: str, column: str, match: Match, look: Look, vocabulary: Vocabulary) -> Proposed:
    values, source = look.values[match.header], plain_name(match.header)
    told = [
        f"sure: known as {match.like}" if match.confidence == SURE else f"{match.confidence:.2f}: like {match.like}"
    ]
    kind, is_sure = TABLES[ENTRY_OF.get(table, table)].spark_type(column), match.confidence == SURE
    if column in _TOKENS:
        source = f"{{token: {_TOKENS[column]}, of: {of(match.header)}}}"
    elif column in vocabulary.codes and values.codes - {*vocabulary.codes[column].values()}:
        known = translations(vocabulary.codes[column], values.codes)
        if known:
            listed = ", ".join(f'"{code}": "{meaning}"' for code, meaning in known.items())
            source = f"{{codes: {{{listed}}}, of: {of(match.header)}}}"
        if values.codes - known.keys():
            told.append(f"? {len(values.codes - known.keys())} codes of the sample have no translation")
            is_sure = False
    elif kind in ("date", "timestamp"):
        source, more = dated(match.header, values)
        told += more
    elif kind.startswith(("decimal", "int")):
        source, more = numbered(match.header, values, kind)
        told += more
    if column == "amount" and match.like in _NOT_CHARGED:
        told.append("? no charged amount was found: this stands for it")
    return Proposed(column, source, "; ".join(told), is_sure and not any(t.startswith("?") for t in told))


def _made(
    table: str, found: dict[str, Match], filled: set[str], look: Look, vocabulary: Vocabulary
) -> Iterator[Proposed]:
    """Columns that are made of others, and guesses from the file's name."""
    if table == "claim_line":
        if "line_id" not in filled and _has_line_key(found):
            claim = found["encounter_id"] if "encounter_id" in found else found["settlement_id"]
            key = f"{sql(claim.header)} || '-' || {sql(found[_FROM_LINE].header)}"
            yield Proposed("line_id", f'{{expr: "{key}"}}', "the claim and the number of the line in it")
        yield from _guessed(filled, look, vocabulary)
        told = "for the settlements made of the lines"
        if "_paid_amount" in found:
            paid = found["_paid_amount"].header
            yield Proposed("_paid_amount", numbered(paid, look.values[paid], "decimal(16,2)")[0], told)
        if "_settled_on" in found:
            settled = found["_settled_on"].header
            yield Proposed("_settled_on", dated(settled, look.values[settled])[0], told)
    if "_valid" in found:
        yield Proposed("_valid", sql(found["_valid"].header), "")
    if table == "encounter" and "visit_type" in found:
        inpatient = f"{sql(found['visit_type'].header)} RLIKE '^(2[0-9]|52)'"
        yield Proposed("is_inpatient", f'{{expr: "{inpatient}"}}', "? holds for the national codes", False)
    if "_birth_date" in found and table == "patient":
        yield Proposed("birth_year", birth_year(found["_birth_date"].header), "the year alone: the day would identify")


def _guessed(filled: set[str], look: Look, vocabulary: Vocabulary) -> Iterator[Proposed]:
    for guess in vocabulary.guesses:
        if any(word in normalised(look.file.name) for word in guess.words):
            for column, code in (("visit_type", guess.visit_type), ("item_type", guess.item_type)):
                if column not in filled:
                    yield Proposed(column, f'{{constant: "{code}"}}', "? guessed from the file's name", False)


def _of_the_person(table: str, look: Look, vocabulary: Vocabulary) -> Iterator[Proposed]:
    """Sex and year of birth that stand in a file of something else: for a table of persons made of it."""
    if table not in ("claim_line", "encounter", "enrolment", "settlement"):
        return
    found = _found("patient", vocabulary.tables["patient"].columns, look, vocabulary)
    told = "for the table of persons made of these rows"
    if "sex" in found:
        yield replace(_proposed("patient", "sex", found["sex"], look, vocabulary), column="_sex", told=told)
    if "_birth_date" in found:
        yield Proposed("_birth_year", birth_year(found["_birth_date"].header), told)
    if "death_date" in found:
        died = found["death_date"].header
        yield Proposed("_death_date", dated(died, look.values[died])[0], told)


def _dropped(table: str, header: str, look: Look, vocabulary: Vocabulary) -> Dropped:
    values = look.values[header]
    if values.identifying:
        return Dropped(header, f"identifies: the values look like {values.identifying}")
    if vocabulary.identifying.meets(header):
        return Dropped(header, "identifies a person, by its name")
    if vocabulary.free_text.meets(header):
        return Dropped(header, "free text: a person may be named in it")
    known = next((c for c, names in vocabulary.tables[table].columns.items() if normalised(header) in names), None)
    if known is not None and look.is_blank(header):
        return Dropped(header, f"? would be {known.lstrip('_')}, but is always blank in the sample", is_open=True)
    if known is not None:
        return Dropped(header, f"known as {known.lstrip('_')}, for which another column was taken")
    return Dropped(header, f"? not recognised: {values.shape}", is_open=True)


def _with_lookup(file: DraftFile, files: Sequence[DraftFile]) -> DraftFile:
    """What a file of lines lacks, from the file of their visits or settlements."""
    lacking = [c for c in _LENT if c not in {p.column for p in file.columns}]
    if file.table != "claim_line" or not lacking:
        return file
    for other in files:
        key = {"encounter": "encounter_id", "settlement": "settlement_id"}.get(other.table)
        if (
            key is None
            or key not in file.found
            or file.found[key].header != getattr(other.found.get(key), "header", "")
        ):
            continue
        has = {c: next((o for o in _LENDERS[c] if o in other.found), None) for c in lacking}
        lent = {c: other.found[o].header for c, o in has.items() if o is not None}
        lent = {c: header for c, header in lent.items() if header not in file.look.header}
        if lent:
            by_column = {p.column: p for p in other.columns}
            new = [replace(by_column[str(has[c])], column=c, told=f"looked up in {other.name}") for c in lent]
            lookup = (other.name, file.found[key].header, tuple(dict.fromkeys(lent.values())))
            return replace(file, columns=(*file.columns, *new), lookup=lookup)
    return file
