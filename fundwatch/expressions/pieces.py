"""What a parsed expression is made of."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class WrittenColumn:
    """A column as the author wrote it; `by_day` where only the day of its value counts, or whether it has one."""

    text: str
    by_day: bool = False


@dataclass(frozen=True)
class Parameter:
    """A `:named` parameter; only between the brackets of IN it may be a list."""

    name: str
    in_list: bool


Piece = str | WrittenColumn | Parameter


@dataclass
class Parsed:
    """What an expression is made of. `pieces`, joined, are its SQL; it may run only where `problems` is empty.

    `signs` are `/` and `cast`, where they occur; `constant_texts` what makes a text out of texts alone; `is_call` says
    that it is the call of one function and nothing more, `arguments` where that one's begin and end among the pieces.
    """

    pieces: list[Piece] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)
    signs: set[str] = field(default_factory=set)
    distinct: set[str] = field(default_factory=set)
    constant_texts: set[str] = field(default_factory=set)
    is_call: bool = False
    arguments: list[tuple[int, int]] = field(default_factory=list)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(piece.text for piece in self.pieces if isinstance(piece, WrittenColumn))

    @property
    def parameters(self) -> frozenset[str]:
        return frozenset(piece.name for piece in self.pieces if isinstance(piece, Parameter))
