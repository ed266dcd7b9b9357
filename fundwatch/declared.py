"""Declared data: strict models of what people write in conf and catalogues, all problems of a file in one error."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib.resources.abc import Traversable
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from fundwatch.errors import CatalogueError, FundwatchError, problems
from fundwatch.resources import read_yaml


class Declared(BaseModel):
    """A part of a file that people write: a key that it does not know is refused, and it never changes once read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Model = TypeVar("Model", bound=Declared)


def read_declared(
    model: type[Model],
    file: Traversable,
    what: str,
    *,
    error: type[FundwatchError] = CatalogueError,
    also: Callable[[Model], Iterable[str]] | None = None,
    context: Any = None,
) -> Model:
    """The file's content, as the model says; an empty file says nothing, so the keys that it must have are missing.

    `what` is what a user reads first, like "the checks do not hold"; `also` yields what is wrong between the parts;
    `context` is handed to the models' validators.
    Raises `error` naming every problem by its key, or FundwatchError when the file is not YAML.
    """
    content = read_yaml(file)
    try:
        declared = model.model_validate({} if content is None else content, context=context)
    except ValidationError as caught_error:
        found = model_problems(caught_error)
        raise error(problems(what, found), where=str(file), do="fix what is named") from caught_error
    if also is not None and (found := list(also(declared))):
        raise error(problems(what, found), where=str(file), do="fix what is named")
    return declared


def model_problems(error: ValidationError, whole: str = "the file") -> list[str]:
    """Every problem as `key.within.key: what is wrong`; `whole` names what the model stands for, when all of it is."""
    return [f"{'.'.join(map(str, e['loc'])) or whole}: {e['msg']}" for e in error.errors()]
