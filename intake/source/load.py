"""Reading a source's mapping: every problem of the file in one error."""

from __future__ import annotations

from importlib.resources.abc import Traversable
from pathlib import Path

from fundwatch.declared import read_declared
from fundwatch.errors import MappingError
from fundwatch.regions import region_of
from fundwatch.resources import conf_file
from fundwatch.settings import Settings
from intake.source.code_lists import CodeLists
from intake.source.mapping import SourceMapping
from intake.source.mapping_problems import cross_problems


def mapping_in_force(settings: Settings) -> SourceMapping:
    """The mapping of the settings' source, with the code lists of their region. Raises as `mapping_for` does."""
    return mapping_for(settings, conf_file("sources", settings.source, settings.conf))


def mapping_for(settings: Settings, file: Traversable) -> SourceMapping:
    """The mapping in a file, for the settings' region. Raises as `parse_mapping` does, and where its amounts are in
    another currency than the region's: nothing is converted, and a sum of both would be of neither.
    """
    mapping, region = parse_mapping(file, code_lists_of(settings)), region_of(settings)
    if mapping.currency != region.currency:
        raise MappingError(
            f"the source's amounts are in {mapping.currency}, the money of the region {settings.region} is "
            f"{region.currency}; nothing is converted",
            where=f"{file}: currency",
            do=f"name a region whose region.yaml says `currency: {mapping.currency}`, with --set region=NAME; "
            f"or say `currency: {region.currency}` in the mapping if that is what the amounts are in",
        )
    return mapping


def code_lists_of(settings: Settings) -> CodeLists:
    """The code lists of the settings' region."""
    return CodeLists(region_of(settings), settings.conf)


def read_mapping(source: str, overlay: Path | None = None, lists: CodeLists | None = None) -> SourceMapping:
    """The mapping of a source. Raises MappingError with every problem by key; FundwatchError when there is no file."""
    return parse_mapping(conf_file("sources", source, overlay), lists)


def parse_mapping(file: Traversable, lists: CodeLists | None = None) -> SourceMapping:
    """The mapping in a YAML file; `lists` are the national code lists by themselves. Raises MappingError with every
    problem by key.
    """
    return read_declared(
        SourceMapping,
        file,
        "the mapping does not hold",
        error=MappingError,
        also=cross_problems,
        context=lists or CodeLists(),
    )
