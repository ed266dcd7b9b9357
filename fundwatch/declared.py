"""Declared data: strict models of what people write in conf and catalogues, all problems of a file in one error."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from importlib.resources.abc import Traversable
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from fundwatch.errors import CatalogueError, FundwatchError, problems
from fundwatch.resources import read_yaml

_UNKNOWN_KEY = "extra_forbidden"
_MOST_LEFT_OUT = 50  # parts of a file that do not hold: beyond, the rest is not looked at
_MOST_PLACES = 3


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
    content = {} if content is None else content
    try:
        declared = model.model_validate(content, context=context)
    except ValidationError as caught_error:
        found = model_problems(caught_error, places=key_places(model))
        if also is not None:
            found += _of_the_rest(model, content, caught_error, also, context)
        raise error(problems(what, found), where=str(file), do="fix what is named") from caught_error
    if also is not None and (found := list(also(declared))):
        raise error(problems(what, found), where=str(file), do="fix what is named")
    return declared


def model_problems(
    error: ValidationError, whole: str = "the file", places: Iterable[tuple[str, str]] = ()
) -> list[str]:
    """Every problem as `key.within.key: what is wrong`; `whole` names what the model stands for, when all of it is.

    `places` says of keys that stand where none is known by their name where they belong.
    """
    return [
        f"{'.'.join(map(str, e['loc'])) or whole}: {e['msg']}{_belongs(e, places)}{_unquoted(e)}"
        for e in error.errors()
    ]


def _unquoted(problem: Any) -> str:
    """What to do about a text that YAML reads as something else: no, 01, 2026-03-31."""
    if problem["type"] != "string_type" or not isinstance(problem["input"], (bool, int, float, date)):
        return ""
    return "; YAML reads it as something else: put it between quotation marks"


def _belongs(problem: Any, places: Iterable[tuple[str, str]]) -> str:
    """Where the key of the name, or of one like it, may stand; empty where nobody knows."""
    if problem["type"] != _UNKNOWN_KEY:
        return ""
    name, known = str(problem["loc"][-1]), dict[str, list[str]]()
    for key, place in places:
        known.setdefault(key, []).append(place)
    if name in known:
        return f": '{name}' belongs at {' or '.join(known[name][:_MOST_PLACES])}"
    near = get_close_matches(name, known, 1)
    return f"; '{near[0]}' may be meant, at {' or '.join(known[near[0]][:_MOST_PLACES])}" if near else ""


@lru_cache
def key_places(model: type[Declared]) -> tuple[tuple[str, str], ...]:
    """Every key of a file with the place that it stands at: NAME is any name, [n] an entry of a list."""
    return tuple(_places(model, ""))


def _places(model: type[BaseModel], at: str) -> Iterator[tuple[str, str]]:
    for name, field in model.model_fields.items():
        key = field.alias or name
        yield key, f"{at}{key}"
        for inner, step in _models_in(field.annotation, ""):
            yield from _places(inner, f"{at}{key}{step}.")


def _models_in(annotation: Any, step: str) -> Iterator[tuple[type[BaseModel], str]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, step
        return
    within = getattr(annotation, "__origin__", None)
    step += ".NAME" if within is dict else "[n]" if within is tuple else ""
    for part in get_args(annotation):
        yield from _models_in(part, step)


def _of_the_rest(
    model: type[Model],
    content: Any,
    error: ValidationError,
    also: Callable[[Model], Iterable[str]],
    context: Any,
) -> list[str]:
    """What is wrong between the parts that hold, when those that do not are left out; nothing is said of what these
    belong to, because they may be lacking there."""
    left, belong = deepcopy(content), set[str]()
    for _ in range(_MOST_LEFT_OUT):
        wrong = error.errors()[0]
        path = _path_in(left, wrong["loc"])
        if not path:
            return []
        _leave_out(left, path)
        if wrong["type"] != _UNKNOWN_KEY:
            belong.add(str(path[min(1, len(path) - 1)]))
        try:
            found = list(also(model.model_validate(left, context=context)))
        except ValidationError as again:
            error = again
            continue
        named = [re.compile(rf"(?<!\w){re.escape(name)}(?!\w)") for name in belong]
        return [one for one in found if not any(pattern.search(one) for pattern in named)]
    return []


def _path_in(content: Any, place: Sequence[Any]) -> list[Any]:
    """As much of the place as the content has: what is missing stands nowhere, and forms have names of their own."""
    path = []
    for key in place:
        is_there = key in content if isinstance(content, dict) else isinstance(content, list) and isinstance(key, int)
        if not is_there or (isinstance(content, list) and key >= len(content)):
            break
        path.append(key)
        content = content[key]
    return path


def _leave_out(content: Any, path: Sequence[Any]) -> None:
    for key in path[:-1]:
        content = content[key]
    del content[path[-1]]
