"""Reading a source's mapping: every problem of the file in one error."""

from __future__ import annotations

from importlib.resources.abc import Traversable
from pathlib import Path

from fundwatch.declared import read_declared
from fundwatch.errors import MappingError
from fundwatch.resources import conf_file
from intake.source.mapping import SourceMapping
from intake.source.mapping_problems import cross_problems


def read_mapping(source: str, overlay: Path | None = None) -> SourceMapping:
    """The mapping of a source. Raises MappingError with every problem by key; FundwatchError when there is no file."""
    return parse_mapping(conf_file("sources", source, overlay))


def parse_mapping(file: Traversable) -> SourceMapping:
    """The mapping in a YAML file. Raises MappingError with every problem by key."""
    return read_declared(SourceMapping, file, "the mapping does not hold", error=MappingError, also=cross_problems)
