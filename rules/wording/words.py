"""The words of rules' parameters: shared ones by name, in `parameters.yaml`; a rule's own, in its entry, go before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files

from pydantic import Field, field_validator

from fundwatch.declared import Declared, read_declared
from rules.wording.units import UNITS

CODES, OF_INDICATOR = "codes", "value"  # texts that name alternatives; figures in the judged indicator's unit
FILE = "parameters.yaml"


class ValueWords(Declared):
    """What a value that is no figure means."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class ParameterWords(Declared):
    """What stands before a parameter's value, and in which unit the value is."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)
    unit: str = ""
    values: Mapping[str, ValueWords] = Field(default_factory=dict)

    @field_validator("unit")
    @classmethod
    def _is_one(cls, unit: str) -> str:
        if unit and unit not in {*UNITS, CODES, OF_INDICATOR}:
            raise ValueError(f"there is no unit '{unit}'; there are {', '.join((*UNITS, CODES, OF_INDICATOR))}")
        return unit


class _File(Declared):
    """Words by the parameter's name."""

    words: dict[str, ParameterWords]


@lru_cache(maxsize=1)
def shared_words() -> Mapping[str, ParameterWords]:
    """The words that every rule's parameter of the name has, unless the rule says its own."""
    return read_declared(_File, files("rules.wording") / FILE, "the words of parameters do not hold").words


def problems_of_words(said: Iterable[tuple[str, Iterable[str], Iterable[str]]]) -> Iterator[str]:
    """What is wrong between the shared words and the shipped rules: `said` is id, parameters and own words of each."""
    shared, used = shared_words(), set[str]()
    for rule_id, names, own in said:
        missing = sorted({*names} - {*own} - shared.keys())
        if missing:
            yield f"{FILE}: rule {rule_id}: no words say what {', '.join(missing)} means"
        used |= {*names} - {*own}
    if idle := sorted(shared.keys() - used):
        yield f"{FILE}: {', '.join(idle)}: no rule has a parameter of the name without words of its own"


def words_of(names: Sequence[str], own: Mapping[str, ParameterWords]) -> dict[str, ParameterWords]:
    """The words of each; a region's parameter that nobody worded is said by its name."""
    shared = shared_words()
    return {name: own.get(name) or shared.get(name) or ParameterWords(zh=name, en=name) for name in names}
