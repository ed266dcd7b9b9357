"""Reading a source's mapping: every fault of the file in one error."""

from __future__ import annotations

from importlib.resources.abc import Traversable
from pathlib import Path

from pydantic import ValidationError

from fundwatch.errors import MappingError, faults
from fundwatch.resources import conf_file, read_yaml
from intake.source.faults import cross_faults
from intake.source.mapping import SourceMapping


def read_mapping(source: str, overlay: Path | None = None) -> SourceMapping:
    """The mapping of a source. Raises MappingError with every fault by key; FundwatchError when there is no file."""
    return parse_mapping(conf_file("sources", source, overlay))


def parse_mapping(file: Traversable) -> SourceMapping:
    """The mapping in a YAML file. Raises MappingError with every fault by key."""
    content = read_yaml(file)
    try:
        mapping = SourceMapping.model_validate(content)
    except ValidationError as fault:
        found = [f"{'.'.join(map(str, e['loc'])) or 'the file'}: {e['msg']}" for e in fault.errors()]
        raise MappingError(
            faults("the mapping does not hold", found), where=str(file), do="mend what is named"
        ) from fault
    found = list(cross_faults(mapping))
    if found:
        raise MappingError(faults("the mapping does not hold", found), where=str(file), do="mend what is named")
    return mapping
