"""The contract of imported knowledge: dated points, edition by edition."""

from __future__ import annotations

from fundwatch.contracts.table import Replaced, Table, declare

KNOWLEDGE_POINT = declare(
    "knowledge_point",
    "version of an edition × class of knowledge × code × validity",
    """
    version string fingerprint of the edition's content: a version never changes
    edition string the name under which it was imported
    knowledge_class string a class that rules/knowledge declares
    code string the code or name of which it speaks, or what such begin with
    prefix_length int how many characters of a code it speaks of; 0: of this whole code alone
    cells string a JSON object of the class's own cells
    name string what the code stands for
    region string where it holds
    valid_from date the first service date on which it holds
    valid_to date the last one; null: open
    source string what it is taken from
    national_class string the rule class of the national library
    stated string what the bureau wrote
    """,
    key="version knowledge_class code prefix_length valid_from cells",
    replaced=Replaced.BY_VERSION,
    dated=None,  # a register of the law
)
ALL: tuple[Table, ...] = (KNOWLEDGE_POINT,)
