"""Nights as messages name them: whoever asks for one that is not there reads which are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

_NAMED = 5


def nights_said(nights: Sequence[date], none: str = "no night has run here yet") -> str:
    """What to choose from, of nights in ascending order: the newest, the last one first."""
    if not nights:
        return none
    newest = ", ".join(str(night) for night in reversed(nights[-_NAMED:]))
    more = f" and {len(nights) - _NAMED} earlier" if len(nights) > _NAMED else ""
    return f"the nights that are there: {newest}{more}"
