"""One column of a drafted mapping: the form its values ask for, how sure that is, and what a person should decide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import yaml
from pydantic import TypeAdapter

from fundwatch.contracts import TABLES
from intake.drafting.names import GUESS, Match, normalised
from intake.drafting.national import national_columns
from intake.drafting.row_levels import is_of_the_claim
from intake.drafting.sampling import Look
from intake.drafting.values import birth_year, dated, flow, numbered, of, plain_name, sql, translations
from intake.drafting.vocabulary import Vocabulary
from intake.source.code_lists import CodeLists
from intake.source.columns import Codes, ColumnSource, columns_used
from intake.source.mapping import ENTRY_OF, POINTER_OF

_FORMS: TypeAdapter[ColumnSource] = TypeAdapter(ColumnSource)
_NOT_CHARGED = frozenset({"paid_amount", "allowed_amount"})
_FROM_LINE = "_line_number"
DECIDING = {"_valid": ("keep", "drop"), "_taken_back": ("minus", "plus")}
_YES = ("1", "01", "1.0", "Y", "y", "T", "true", "TRUE", "True", "是", "有效")
_NO = ("0", "00", "0.0", "N", "n", "F", "false", "FALSE", "False", "否", "无效")


@dataclass(frozen=True)
class Proposed:
    """One canonical column: the YAML of its source, how sure that is, and what to decide about it.

    A column that begins with an underscore is carried, or decides of its rows (which are valid, which take back) by the
    codes that `lists` names. What `is_of_claim` stands in each of its lines, and counts once.
    """

    column: str
    source: str
    reported: str
    is_sure: bool = True
    lists: str = ""
    is_of_claim: bool = False

    @property
    def form(self) -> ColumnSource:
        """The source as the mapping will hold it."""
        given = yaml.safe_load(self.source) if self.source[0] == "{" else self.source
        return _FORMS.validate_python(given, context=CodeLists())

    def reads(self, known: frozenset[str]) -> frozenset[str]:
        """Which of the file's columns, by their plain names."""
        return columns_used(self.form, known)


@lru_cache
def token_domains(table: str) -> Mapping[str, str]:
    """The columns of a table that hold pseudonyms, with the domain of each."""
    return {c.name: c.domain for c in TABLES[ENTRY_OF.get(table, table)].columns if c.domain is not None}


def has_line_key(found: Mapping[str, Match]) -> bool:
    """Whether a line can be identified by its claim and its number in it."""
    return _FROM_LINE in found and ("settlement_id" in found or "encounter_id" in found)


def as_national(table: str, look: Look) -> Iterator[Proposed]:
    """The columns for which the national mapping has a form of its own and the header the columns."""
    met = {plain_name(header): values.codes for header, values in look.values.items()}
    for column, source in national_columns(table, look).items():
        one = Proposed(column, source, "sure: as in the national mapping")
        form = one.form
        codes = met.get(form.of, frozenset()) if isinstance(form, Codes) else frozenset()
        unknown = {code for code in codes if isinstance(form, Codes) and not form.lists(code)}
        if unknown and isinstance(form, Codes) and form.otherwise is None:
            text = f"? {len(unknown)} codes of the sample have no translation"
            one = replace(one, reported=text, is_sure=False)
        yield one


def reported(match: Match) -> str:
    """How sure the match is, and why."""
    if match.is_sure:
        return f"sure: {match.why or f'known as {match.like}'}"
    if match.confidence >= GUESS:
        return f"? {match.why or f'known as {match.like}, which may mean other things too'}"
    return f"? {match.confidence:.2f}: like {match.like}"


def _names_beside(look: Look, vocabulary: Vocabulary) -> dict[str, list[str]]:
    """The columns of the row that name somebody, whom the free text may name too."""
    known = {normalised(n) for fields in vocabulary.identity.values() for n in fields.get("name", ())}
    known |= {normalised(name) for name in vocabulary.names}
    there = [plain_name(h) for h in look.header if normalised(h) in known and not look.is_blank(h)]
    return {"names": there} if there else {}


def proposed(table: str, column: str, match: Match, look: Look, vocabulary: Vocabulary) -> Proposed:
    """The column from the header that was found for it, in the form that its values ask for."""
    values, source = look.values[match.header], plain_name(match.header)
    texts, is_sure = [reported(match)], match.is_sure
    kind = TABLES[ENTRY_OF.get(table, table)].spark_type(column)
    if domain := token_domains(table).get(column):
        source = f"{{token: {domain}, of: {of(match.header)}}}"
    elif column in vocabulary.scrubbed:
        source = flow({"scrub": sql(match.header), **_names_beside(look, vocabulary)})
    elif column in vocabulary.codes and values.codes - {*vocabulary.codes[column].values()}:
        known = translations(vocabulary.codes[column], values.codes)
        if known:
            listed = ", ".join(f'"{code}": "{meaning}"' for code, meaning in known.items())
            source = f"{{codes: {{{listed}}}, of: {of(match.header)}}}"
        if values.codes - known.keys():
            texts.append(f"? {len(values.codes - known.keys())} codes of the sample have no translation")
            is_sure = False
    elif kind in ("date", "timestamp"):
        source, more = dated(match.header, values)
        texts += more
    elif kind.startswith(("decimal", "int")):
        source, more = numbered(match.header, values, kind)
        texts += more
    if column == "amount" and match.like in _NOT_CHARGED:
        texts.append("? no charged amount was found: this stands for it")
    return Proposed(column, source, "; ".join(texts), is_sure and not any(t.startswith("?") for t in texts))


def keyed_by_visit(table: str, columns: Sequence[Proposed], found: Mapping[str, Match], look: Look) -> list[Proposed]:
    """Lines whose ids repeat over visits, but not within one, have both for a key, and so have their pointers."""
    if table != "claim_line" or not {"line_id", "encounter_id"} <= found.keys():
        return list(columns)
    line, visit = found["line_id"].header, found["encounter_id"].header
    if not look.repeats(line):
        return list(columns)
    if look.repeats(visit, line):
        text = "? stands in several rows of a visit: is a line settled later? (later_replaces)"
        return [replace(c, reported=text, is_sure=False) if c.column == "line_id" else c for c in columns]
    text = "? repeats over visits of the sample: the key is of both"
    pointers = {"line_id": line, POINTER_OF[table]: getattr(found.get(POINTER_OF[table]), "header", "")}

    def of_both(one: Proposed) -> Proposed:
        header = pointers.get(one.column)
        if not header:
            return one
        key = f"{sql(visit)} || '|' || {sql(header)}"
        return replace(one, source=f'{{expr: "{key}"}}', reported=text, is_sure=False)

    return [of_both(one) for one in columns]


def made(
    table: str, found: Mapping[str, Match], filled: set[str], look: Look, vocabulary: Vocabulary
) -> Iterator[Proposed]:
    """Columns that are made of others, and guesses from the file's name; what is `filled` already is left out."""
    if table == "claim_line":
        if "line_id" not in filled and has_line_key(found):
            claim = found["encounter_id"] if "encounter_id" in found else found["settlement_id"]
            number = found[_FROM_LINE]
            key = f"{sql(claim.header)} || '-' || {sql(number.header)}"
            text = f"? {number.why}" if number.why else "the claim and the number of the line in it"
            yield Proposed("line_id", f'{{expr: "{key}"}}', text, not number.why)
        yield from _guessed(filled, look, vocabulary)
        text = "for the settlements made of the lines"
        if "_paid_amount" in found:
            yield _paid(found, look, text)
        if "_settled_on" in found:
            settled = found["_settled_on"].header
            yield Proposed("_settled_on", dated(settled, look.values[settled])[0], text)
    for column, (yes, no) in DECIDING.items():
        if column in found:
            yield _deciding(column, found[column].header, yes, no, look)
    if table == "encounter" and "visit_type" in found and "is_inpatient" not in filled:
        yield _inpatient(found["visit_type"].header, look, vocabulary)
    if "_birth_date" in found and table == "patient" and "birth_year" not in filled:
        yield Proposed("birth_year", _birth_year(found, look), "the year alone: the day would identify")


def _birth_year(found: Mapping[str, Match], look: Look) -> str:
    header = found["_birth_date"].header
    return birth_year(header, look.values[header])


def _paid(found: Mapping[str, Match], look: Look, text: str) -> Proposed:
    """What was paid: of the line, or of the claim where all its lines say the same."""
    header = found["_paid_amount"].header
    source = numbered(header, look.values[header], "decimal(16,2)")[0]
    if not is_of_the_claim(look, header, found):
        return Proposed("_paid_amount", source, text)
    text = "of the claim around the lines: taken once"
    if not look.rows_of:
        text = "? the same in all lines of a claim: taken once for it, as what was paid for all"
    return Proposed("_paid_amount", source, text, is_sure=bool(look.rows_of), is_of_claim=True)


def _inpatient(header: str, look: Look, vocabulary: Vocabulary) -> Proposed:
    """Whether a visit is a stay: by the codes of its kind that are translated, else by the national ones. Any other
    code is unknown, and none is an out-patient's by guess."""
    met, known = look.values[header].codes, vocabulary.codes.get("visit_type", {})
    meanings = {code: meaning for code, meaning in translations(known, met).items() if code in known}
    lists = {"true": [c for c, m in meanings.items() if m[0] == "2"]}
    lists["false"] = [code for code in meanings if code not in lists["true"]]
    if all(lists.values()):
        new = len(met - meanings.keys())
        text = f"? {new} codes of the sample are in no list" if new else "? by the codes known for stays"
        return Proposed("is_inpatient", flow({"of": sql(header), **lists}), text, False)
    form = Codes.model_validate({"codes": "is_stay", "of": sql(header)}, context=CodeLists())
    new = sum(not form.lists(code) for code in met)
    text = "? by the national codes"
    if new:
        text = f"? {new} codes of the sample are none of the national: name those of both, as {{of, true, false}}"
    return Proposed("is_inpatient", flow({"codes": "is_stay", "of": sql(header)}), text, False)


def _deciding(column: str, header: str, yes: str, no: str, look: Look) -> Proposed:
    """What decides of rows, by the codes of the sample that are known to say yes or no; a blank is no refund."""
    met = look.values[header].codes
    lists = {yes: [c for c in _YES if c in met] or ["1"], no: [c for c in _NO if c in met] or ["0"]}
    if column == "_taken_back":
        lists[no].append("")
    unknown = len(met - {*_YES, *_NO, ""})
    text = f"? {unknown} codes of the sample are in no list" if unknown else "what the codes of the sample say"
    return Proposed(column, plain_name(header), text, not unknown, flow(lists)[1:-1])


def _guessed(filled: set[str], look: Look, vocabulary: Vocabulary) -> Iterator[Proposed]:
    for guess in vocabulary.guesses:
        if any(word in normalised(look.file.name) for word in guess.words):
            for column, code in (("visit_type", guess.visit_type), ("item_type", guess.item_type)):
                if column not in filled:
                    yield Proposed(column, f'{{constant: "{code}"}}', "? guessed from the file's name", False)


def of_the_person(table: str, found: Mapping[str, Match], look: Look, vocabulary: Vocabulary) -> Iterator[Proposed]:
    """Sex and year of birth that stand in a file of something else: for a table of persons made of it."""
    if table not in ("claim_line", "encounter", "enrolment", "settlement"):
        return
    text = "for the table of persons made of these rows"
    if "sex" in found:
        yield replace(proposed("patient", "sex", found["sex"], look, vocabulary), column="_sex", reported=text)
    if "_birth_date" in found:
        yield Proposed("_birth_year", _birth_year(found, look), text)
    if "death_date" in found:
        died = found["death_date"].header
        yield Proposed("_death_date", dated(died, look.values[died])[0], text)
