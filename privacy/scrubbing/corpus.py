"""Labelled texts that the scrubber is measured with: some written by hand, thousands composed from a seed.

Nobody in them exists: certificates carry area 99, telephones the prefix 100, towns and streets are made up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from fundwatch.errors import FundwatchError
from fundwatch.resources import package_files, read_yaml
from privacy.scrubbing.patterns import Kind

KIND_NAMES = {
    "姓名": Kind.NAME,
    "证件": Kind.CERTIFICATE,
    "电话": Kind.PHONE,
    "银行卡": Kind.BANK_CARD,
    "邮箱": Kind.EMAIL,
    "账号": Kind.ACCOUNT,
    "车牌": Kind.PLATE,
    "社保号": Kind.SOCIAL_SECURITY,
    "病案号": Kind.RECORD_NUMBER,
    "地址": Kind.ADDRESS,
}
_LABEL = re.compile(r"\{([^{}:]+):([^{}]*)\}")
_BRACES = re.compile(r"[{}]")


@dataclass(frozen=True)
class Label:
    """Where an identifier stands: a half-open span of characters."""

    start: int
    end: int
    kind: Kind


@dataclass(frozen=True)
class Labelled:
    """A text, its identifiers, and the row's own names that go with it."""

    text: str
    labels: tuple[Label, ...]
    names: tuple[str, ...] = ()


def labelled(marked: str, names: Sequence[str] = ()) -> Labelled:
    """A text from its marked form, `患者{姓名:某甲}…`. Raises FundwatchError for a kind that does not exist."""
    parts, labels, position, length = [], [], 0, 0
    for match in _LABEL.finditer(marked):
        if match[1] not in KIND_NAMES:
            raise FundwatchError(f"no kind of identifier is named '{match[1]}'", where="the labelled corpus")
        before = marked[position : match.start()]
        start = length + len(before)
        parts += [before, match[2]]
        length = start + len(match[2])
        labels.append(Label(start, length, KIND_NAMES[match[1]]))
        position = match.end()
    text = "".join([*parts, marked[position:]])
    if _BRACES.search(text):
        raise FundwatchError("a label does not close", where="the labelled corpus")
    return Labelled(text, tuple(labels), tuple(names))


def written() -> tuple[Labelled, ...]:
    """The hand-written texts that the patterns were made with."""
    return _texts("written.yaml")


def held_out() -> tuple[Labelled, ...]:
    """Hand-written texts that the first patterns were judged by; later ones were made while looking at them."""
    return _texts("held_out.yaml")


def independent(half: Literal["a", "b"]) -> tuple[Labelled, ...]:
    """Texts by somebody who had not seen the patterns. Patterns were then made with half a; half b judges."""
    return _texts(f"independent_{half}.yaml")


def _texts(name: str) -> tuple[Labelled, ...]:
    file = next(file for file in package_files("privacy", "scrubbing/corpora", ".yaml") if file.name == name)
    return tuple(labelled(line) for line in read_yaml(file)["texts"].splitlines() if line.strip())


def composed(count: int, seed: int) -> Iterator[Labelled]:
    """`count` texts: templates filled with invented identifiers in the spellings people use, among clean notes."""
    from privacy.scrubbing.templates import CLEAN, MARKED, filled

    dice = Random(seed)
    for number in range(count):
        template = dice.choice(CLEAN if number % 4 == 3 else MARKED)
        own: list[str] = []
        yield labelled(_noisy(filled(template, dice, own), dice), own)


def _noisy(marked: str, dice: Random) -> str:
    """The text as people type it: other punctuation, full width, blanks. Labels keep their brackets."""
    changes: tuple[Callable[[str], str], ...] = (
        lambda text: text,
        lambda text: text,
        lambda text: text.replace(",", ","),
        lambda text: text.replace(",", " "),
        lambda text: text.replace("。", ";"),
        lambda text: f" {text} ",
        _full_width_digits,
    )
    return dice.choice(changes)(marked)


def _full_width_digits(text: str) -> str:
    return text.translate({ord("0") + n: chr(0xFF10 + n) for n in range(10)})
