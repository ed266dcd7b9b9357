"""What an indicator is, in words: its formula, however it is declared, and what it is made of."""

from __future__ import annotations

from features.catalogue.catalogue import Catalogue
from features.catalogue.declaration import CaseMix, RowGroup, Sequence, WindowMeasure
from features.catalogue.indicator import Indicator

_PEERS = {"ratio": "over the peers' median", "z": "robust z among peers", "percentile": "place among peers, 0 to 1"}


def formula_of(indicator: Indicator) -> str:
    """The formula, or what stands in its place."""
    if indicator.growth is not None:
        earlier = "the window before" if indicator.growth.against == "before" else "the same window a year before"
        return f"({indicator.growth.of}) over {earlier}, less 1"
    if indicator.past is not None:
        past = indicator.past
        return f"({past.of}): mean of {past.latest} against {past.earlier} windows before, robust z"
    if indicator.peers is not None:
        return f"{indicator.peers.of}: {_PEERS[indicator.peers.as_]}"
    if indicator.mean_percentile:
        return f"mean place among peers of {', '.join(indicator.mean_percentile)}"
    return indicator.formula or ""


def made_of(catalogue: Catalogue, indicator: Indicator) -> dict[str, str]:
    """What each measure, set or case mix that the formula comes down to is."""
    names, found = catalogue.names, {}
    for name in sorted(catalogue.measured(indicator)):
        taken = names[name]
        found[name] = f"{taken.description} {_taken(catalogue, name)}".strip()
    return found


def sources_of(catalogue: Catalogue, indicator: Indicator) -> tuple[str, ...]:
    """The sources that it is taken from."""
    of = (catalogue.names[name].of for name in catalogue.measured(indicator))
    return tuple(sorted({catalogue.source_of(one).value for one in of}))


def _taken(catalogue: Catalogue, name: str) -> str:
    taken = catalogue.names[name]
    if isinstance(taken, WindowMeasure):
        how = f"{taken.statistic.value} of {taken.value or taken.of}" if taken.statistic else taken.value
        return f"[{how}, over {_base(catalogue, taken.of)}]"
    if isinstance(taken, CaseMix):
        return f"[strata: {', '.join(taken.strata)}]"
    return ""


def _base(catalogue: Catalogue, of: str) -> str:
    base = catalogue.base_of(of)
    if isinstance(base, RowGroup):
        return f"{_base(catalogue, base.of)} by {', '.join(base.by)}"
    if isinstance(base, Sequence):
        return f"{base.of.value} in order of {base.order}"
    return of
