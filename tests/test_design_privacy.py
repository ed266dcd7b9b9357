"""The contracts' own privacy: what identifies is a token or absent, what people write is declared so, and no new column
slips by. Also that the mappings that ship fill such columns in no other way."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest

from fundwatch.contracts import TABLES
from fundwatch.contracts.table import Replaced, Table, declare
from fundwatch.resources import conf_names
from intake.source.columns import Constant, Expression, Scrub, Token, columns_used
from intake.source.load import read_mapping
from intake.source.mapping import ENTRY_OF, SourceMapping
from privacy.keys.ring import DOMAINS

# Columns of the national interface that identify, and the domain of the token that each may become; None: no column of
# the lake is made of it, the vault alone may keep it.
NATIONAL: dict[str, str | None] = {
    "psn_no": "person", "certno": "certificate", "mdtrt_cert_no": "certificate", "psn_name": None, "tel": "contact",
    "addr": "address", "emp_no": "employer", "emp_name": None, "ipt_otp_no": "record", "medrcdno": "record",
    "invono": "invoice", "coner_name": None, "coner_tel": "contact", "coner_addr": None, "spler_name": None,
    "dr_code": "doctor", "dr_name": None, "chfpdr_code": "doctor", "chfpdr_name": None, "bilg_dr_code": "doctor",
    "bilg_dr_name": None, "acord_dr_code": "doctor", "acord_dr_name": None, "diag_dr_code": "doctor",
    "diag_dr_name": None, "oper_dr_code": "doctor", "oper_dr_name": None, "anst_dr_code": "doctor",
    "anst_dr_name": None,
}  # fmt: skip
NATIONAL_TEXTS = ("memo", "adm_diag_dscr", "otp_diag_info", "tip_content")
# Canonical names of what identifies, and the domain that such a column must be of, wherever it stands.
CANONICAL = {
    "patient_id": "person", "certificate_id": "certificate", "contact_id": "contact", "address_id": "address",
    "employer_id": "employer", "record_id": "record", "invoice_id": "invoice", "device_id": "device",
    "subject_id": "mixed", "entity_id": "mixed",
}  # fmt: skip
DOCTOR = re.compile(r"(^|_)doctor_id$")
# Parts of names that suggest a person, or words of people. A string whose name has one is declared as what it is, or
# stands below with the reason why it names nobody.
SUGGESTS = re.compile(
    r"(^|_)(name|person|patient|member|guardian|doctor|nurse|staff|contact|phone|telephone|mobile|tel|mail|email|address"
    r"|certificate|identity|passport|card|account|employer|birth|born|record|invoice|device|plate|note|memo|remark"
    r"|comment|complaint|description|text|content|opinion|reason|answer|message|signature)(_|$)"
)
NAMES_NOBODY = {
    "name": "of what a knowledge point speaks of", "item_name": "of the catalogue",
    "disease_name": "of the catalogue", "diagnosis_name": "of the catalogue",
    "procedure_name": "of the catalogue", "group_name": "of the catalogue", "institution_name": "public registry",
    "subject_name": "an institution's public name, empty for persons", "person_type": "a code",
    "certificate_kind": "a code", "paper_reason": "a code, and checked for identifiers as one",
    "file_name": "of a delivery", "table_name": "of a table", "column_name": "of a column",
    "registered_name": "of a model", "invoice_number": "of a hospital's purchase, a supplier's",
    "content_sha256": "a fingerprint of a file", "reason_zh": "made by a rule from its facts", "reason_en": "the same",
}  # fmt: skip


def undeclared(tables: Iterable[Table]) -> list[str]:
    """Every column that looks as if it identified a person or held what people wrote, and says neither."""
    return [
        f"{table.name}.{column.name} looks like personal information: declare it as `token(<domain>)` (domains: "
        f"{', '.join(DOMAINS)}) or `free_text`; if it names nobody, add it to NAMES_NOBODY with the reason"
        for table in tables
        for column in table.columns
        if "string" in column.type
        and column.domain is None
        and not column.is_free_text
        and column.name not in NAMES_NOBODY
        and SUGGESTS.search(column.name)
    ]


def of_wrong_kind(tables: Iterable[Table]) -> list[str]:
    """Every column by an identifying name that is not a token of the domain that goes with the name."""
    return [
        f"{table.name}.{column.name} must be token({domain})"
        for table in tables
        for column in table.columns
        if (domain := "doctor" if DOCTOR.search(column.name) else CANONICAL.get(column.name)) is not None
        and column.domain != domain
    ]


def is_boolean(given: object) -> bool:
    """Whether a carried value is cast to a yes or no, and can say nothing else."""
    return isinstance(given, Expression) and given.as_type == "boolean"


def filled_openly(mapping: SourceMapping) -> list[str]:
    """Every column of the lake that a mapping makes of something identifying, or of free text, unsafely."""
    found = []
    for table, how in mapping.tables.items():
        contract = TABLES[ENTRY_OF.get(table, table)]
        for rows in how.rows:
            known = frozenset({*NATIONAL, *NATIONAL_TEXTS})
            for name, given in {**rows.columns, **rows.carry}.items():
                column = next((c for c in contract.columns if c.name == name), None)
                read = frozenset() if isinstance(given, Constant) else columns_used(given, known)
                domains = {NATIONAL[one] for one in read if one in NATIONAL}
                is_yes_or_no = is_boolean(given) if column is None else column.type == "boolean"
                is_token = isinstance(given, Token) and domains <= {given.token}
                if domains and not (is_token or is_yes_or_no or isinstance(given, Scrub)):
                    found.append(f"{table}.{name} shows {', '.join(sorted(read))}")
                if {*NATIONAL_TEXTS} & read and not isinstance(given, Scrub):
                    found.append(f"{table}.{name} keeps {', '.join(sorted(read))} unscrubbed")
                if column is not None and column.is_free_text and not isinstance(given, Scrub):
                    found.append(f"{table}.{name} is free text and not scrubbed")
                if column is not None and column.domain and not isinstance(given, Token):
                    found.append(f"{table}.{name} holds tokens and is not filled with one")
    return found


def _table(columns: str) -> Table:
    return declare("made_up", "one thing", columns, key="thing_id", replaced=Replaced.BY_KEY, dated=None)


def test_every_identifying_column_of_every_contract_is_a_token_of_its_domain() -> None:
    assert of_wrong_kind(TABLES.values()) == []


@pytest.mark.parametrize("declared", ["patient_id string", "certificate_id token(person)", "second_doctor_id string"])
def test_an_identifying_column_of_another_kind_is_reported(declared: str) -> None:
    assert len(of_wrong_kind([_table(f"thing_id string\n{declared}")])) == 1


def test_no_contract_has_a_column_by_the_national_name_of_what_identifies() -> None:
    columns = {column.name for table in TABLES.values() for column in table.columns}
    assert columns & {*NATIONAL, *NATIONAL_TEXTS, "brdy"} == set()


def test_no_contract_holds_a_day_of_birth() -> None:
    dated = [c for t in TABLES.values() for c in t.columns if "birth" in c.name and c.type in ("date", "timestamp")]
    assert dated == []


def test_every_domain_of_a_contract_is_one_that_has_a_key() -> None:
    assert {c.domain for t in TABLES.values() for c in t.columns if c.domain} <= {*DOMAINS, "mixed"}


def test_no_column_that_looks_like_personal_information_is_undeclared() -> None:
    assert undeclared(TABLES.values()) == []


@pytest.mark.parametrize("name", ["guardian_name", "phone", "home_address", "memo", "discharge_note", "id_card_no"])
def test_a_new_column_that_looks_like_personal_information_is_reported_with_what_to_declare(name: str) -> None:
    [reported] = undeclared([_table(f"thing_id string\n{name} string")])
    assert f"made_up.{name} looks like personal information: declare it as `token(<domain>)`" in reported
    assert undeclared([_table(f"thing_id string\n{name} token(contact)")]) == []
    assert undeclared([_table(f"thing_id string\n{name} free_text")]) == []


def test_what_is_said_to_name_nobody_is_still_there() -> None:
    assert {*NAMES_NOBODY} <= {column.name for table in TABLES.values() for column in table.columns}


@pytest.mark.parametrize("source", conf_names("sources"))
def test_a_shipped_mapping_fills_tokens_with_tokens_and_free_text_with_scrubbed_text_alone(source: str) -> None:
    assert filled_openly(read_mapping(source)) == []


def test_every_column_that_identifies_is_declared_so_in_the_national_mapping() -> None:
    mapping = read_mapping("national")
    open_ones = [
        f"{kind}.{column}"
        for kind, file in mapping.files.items()
        for column in file.names().values()
        if column in NATIONAL and column not in file.identifying
    ]
    assert open_ones == []


@pytest.mark.parametrize(
    ("given", "reported"),
    [
        ({"patient_id": "psn_no"}, "claim_line.patient_id shows psn_no"),
        ({"order_id": {"expr": "upper(bilg_dr_name)"}}, "claim_line.order_id shows bilg_dr_name"),
        ({"item_name": "memo"}, "claim_line.item_name keeps memo unscrubbed"),
        ({"patient_id": {"token": "doctor", "of": "psn_no"}}, "claim_line.patient_id shows psn_no"),
    ],
)
def test_a_mapping_that_shows_what_identifies_is_reported(given: dict[str, object], reported: str) -> None:
    content = read_mapping("national").model_dump(by_alias=True)
    content["tables"]["claim_line"]["rows"][0]["columns"] |= given
    assert reported in filled_openly(SourceMapping.model_validate(content))
