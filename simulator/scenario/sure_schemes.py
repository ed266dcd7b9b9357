"""Schemes that a world is sure to hold, however few its people: from which size on, and how many lines they make.

They are the rules every night is judged by, and what only a model can see. Ward schemes make a thousand lines and
more; in the smallest worlds they would drown the honest, so that these play few and small ones.
"""

from __future__ import annotations

from typing import NamedTuple


class Sure(NamedTuple):
    """The schemes and look-alikes of one rule, or a model's scheme with its look-alike.

    `lines` is what one instance of each makes over 89 days, measured over six seeds; it aims at a number of lines.
    """

    names: tuple[str, ...]  # rule ids or names of schemes
    from_persons: int
    lines: int


_SURE = (
    Sure(("ID-01",), 0, 15),
    Sure(("DC-03",), 0, 40),
    Sure(("OP-01",), 25, 230),
    Sure(("FQ-01",), 45, 245),
    Sure(("ID-04",), 55, 290),
    Sure(("FQ-02",), 70, 380),
    Sure(("drug_pushing_doctor", "rare_disease_doctor"), 85, 290),
    Sure(("drug_reseller", "many_illnesses"), 95, 335),
    Sure(("OP-02",), 105, 330),
    Sure(("laboratory_mill", "screening_days"), 115, 375),
    Sure(("FK-04",), 125, 495),
    Sure(("FK-03",), 140, 545),
    Sure(("FK-02",), 155, 680),
    Sure(("SA-02",), 170, 1095),
    Sure(("FK-06",), 190, 1955),
)
_FROM = {name: sure.from_persons for sure in _SURE for name in sure.names}


def is_sure(rule_id: str, name: str, persons: int) -> bool:
    """Whether a scheme is played at least once among so many persons."""
    return any(word in _FROM and persons >= _FROM[word] for word in (rule_id, name))


def lines_of_sure_schemes(persons: int) -> int:
    """Lines of all that is sure to be played among so many persons."""
    return sum(sure.lines for sure in _SURE if persons >= sure.from_persons)
