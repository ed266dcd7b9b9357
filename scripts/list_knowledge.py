"""Write the table of the classes of knowledge in docs/regions.md: `python -m scripts.list_knowledge`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rules.knowledge.classes import CLASSES
from rules.knowledge.declaration import Given, KnowledgeClass
from scripts.marked import with_table

GUIDE = Path(__file__).resolve().parent.parent / "docs" / "regions.md"
_BEGIN, _END = "<!-- knowledge: python -m scripts.list_knowledge -->\n", "<!-- end of knowledge -->\n"
_HEADS = ("file", "what it says", "its code is the", "its own columns, and what rules call them")


def with_classes(guide: str, classes: Iterable[KnowledgeClass]) -> str:
    """The guide with a line a class."""
    return with_table(guide, _BEGIN, _END, _HEADS, map(_row, classes))


def _row(declared: KnowledgeClass) -> tuple[str, ...]:
    return (
        f"`knowledge/{declared.name}.csv`",
        f"{declared.zh} {declared.en}",
        f"`{declared.matched_by}`",
        "; ".join(f"`{given.cell}` ({_values(given)}) as `{name}`" for name, given in declared.gives.items())
        + ("; of one code any number of points" if declared.says_several else ""),
    )


def _values(given: Given) -> str:
    return " or ".join([*(given.among or (given.type,)), *(["empty"] if given.is_optional else [])])


if __name__ == "__main__":
    GUIDE.write_text(with_classes(GUIDE.read_text(encoding="utf-8"), CLASSES.values()), encoding="utf-8", newline="\n")
