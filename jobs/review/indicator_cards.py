"""How pages speak of the indicators of a region: names, windows, units."""

from __future__ import annotations

from dataclasses import replace

from features.catalogue import NamedIndicator, load_catalogues, shown_catalogue
from fundwatch.regions import CURRENCY, Region
from leads.cards import IndicatorCard


def indicator_cards(region: Region) -> dict[str, IndicatorCard]:
    """The card of every indicator of the catalogues, by the name of its column. Raises CatalogueError."""
    return {
        named.column: replace(_card(named, region), money=catalogue.money_of(named.definition))
        for catalogue in load_catalogues(region).values()
        for named in catalogue.named
    }


def cards_and_directions(region: Region, entity: str) -> dict[str, tuple[IndicatorCard, str]]:
    """The same for one kind of entity, each with the side that is strange: high, low or both; without its money, of
    which no page of one entity speaks."""
    catalogue = shown_catalogue(region, entity)
    if catalogue is None:
        return {}
    return {one.column: (_card(one, region), one.definition.direction) for one in catalogue.named}


def _card(named: NamedIndicator, region: Region) -> IndicatorCard:
    return IndicatorCard(
        name_zh=f"{named.definition.name.zh}(近 {named.window} 天)",
        name_en=f"{named.definition.name.en} ({named.window} days)",
        unit=_unit(named.definition.unit, region.currency),
        days=named.window,
    )


def _unit(declared: str, currency: str) -> str:
    """The unit of an indicator as people read it: one of money, where that is no yuan, is the region's currency."""
    return currency if declared == "yuan" and currency != CURRENCY else declared
