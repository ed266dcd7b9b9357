"""How pages speak of the indicators of a region: names, windows, units."""

from __future__ import annotations

from features.catalogue import Catalogue, NamedIndicator, load_catalogues
from fundwatch.regions import CURRENCY, Region
from leads.cards import IndicatorCard


def indicator_cards(region: Region) -> dict[str, IndicatorCard]:
    """The card of every indicator of the catalogues, by the name of its column. Raises CatalogueError."""
    return {
        named.column: _card(catalogue, named, region)
        for catalogue in load_catalogues(region).values()
        for named in catalogue.named
    }


def cards_and_directions(region: Region, entity: str) -> dict[str, tuple[IndicatorCard, str]]:
    """The same for one kind of entity, each with the side that is strange: high, low or both."""
    catalogue = load_catalogues(region, [entity]).get(entity)
    if catalogue is None:
        return {}
    return {one.column: (_card(catalogue, one, region), one.definition.direction) for one in catalogue.named}


def _card(catalogue: Catalogue, named: NamedIndicator, region: Region) -> IndicatorCard:
    return IndicatorCard(
        name_zh=f"{named.definition.name.zh}(近 {named.window} 天)",
        name_en=f"{named.definition.name.en} ({named.window} days)",
        unit=_unit(named.definition.unit, region.currency),
        days=named.window,
        money=catalogue.money_of(named.definition),
    )


def _unit(declared: str, currency: str) -> str:
    """The unit of an indicator as people read it: one of money, where that is no yuan, is the region's currency."""
    return currency if declared == "yuan" and currency != CURRENCY else declared
