"""Reading the catalogues: the files of each entity become one, all problems come in one error.

A name may be declared in several files of an entity if they say the same of it; it is computed once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files as package_of
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from features.catalogue.catalogue import Catalogue, CatalogueFile
from features.catalogue.checking import problems_of
from fundwatch.contracts.entities import ENTITIES, MEASURED
from fundwatch.declared import key_places, model_problems
from fundwatch.errors import CatalogueError, FundwatchError, problems
from fundwatch.regions import Region, laid_over
from fundwatch.resources import read_yaml

_SECTIONS = ("words", "measures", "sets", "sequences", "groups", "over", "case_mix", "indicators")
_BASE = "base.yaml"
# what a file says of all its indicators
_OF_FILE = ("windows", "class", "learned")
_Changes = Mapping[str, list[tuple[Traversable, dict[str, Any]]]]


def load_catalogues(region: Region | None = None, only: Collection[str] | None = None) -> dict[str, Catalogue]:
    """The catalogue of each entity as it holds in the region. Raises CatalogueError naming every problem of every file.

    A region's `indicators.yaml` says by entity what differs of the shipped files, and what it adds. Of a thousand
    indicators a page of one entity reads a few: `only` names the entities whose files are read.
    """
    overlays = [] if region is None else region.files("indicators.yaml")
    asked = None if only is None else frozenset(only)
    return _read(asked, overlays) if overlays else {**_shipped(asked)}


def shown_catalogue(region: Region | None, entity: str) -> Catalogue | None:
    """What an entity's files declare, for a page that names indicators and computes none; None where no file does.

    The SQL is not checked: that takes most of the time of reading it. Raises CatalogueError.
    """
    overlays = [] if region is None else region.files("indicators.yaml")
    return read_catalogues(_files_of({entity}), overlays, whole=False, check=_unchecked).get(entity)


def _unchecked(_catalogue: Catalogue) -> list[str]:
    return []


@lru_cache
def _shipped(only: frozenset[str] | None) -> Mapping[str, Catalogue]:
    """The catalogues without any region's word; reading them takes a second, and a night asks for them often."""
    return _read(only, ())


def _read(only: frozenset[str] | None, overlays: Sequence[Traversable]) -> dict[str, Catalogue]:
    return read_catalogues(_files_of(only), overlays, whole=only is None)


def _files_of(only: Collection[str] | None) -> list[Traversable]:
    return [file for file in catalogue_files() if only is None or Path(str(file)).parent.name in only]


def catalogue_files() -> list[Traversable]:
    """The files that ship: `features/catalogue/<entity>/<theme>.yaml`, by entity and name."""
    root = package_of("features") / "catalogue"
    folders = sorted((one for one in root.iterdir() if one.is_dir()), key=lambda one: one.name)
    found = (file for folder in folders for file in sorted(folder.iterdir(), key=lambda one: one.name))
    return [file for file in found if file.name.endswith(".yaml")]


def read_catalogues(
    files: Sequence[Traversable],
    overlays: Sequence[Traversable] = (),
    *,
    whole: bool = True,
    check: Callable[[Catalogue], list[str]] = problems_of,
) -> dict[str, Catalogue]:
    """The catalogues in these files, by entity. Raises CatalogueError naming each problem's file and key.

    `whole` asks for every watched entity.
    """
    changes, wrong = _changes(overlays)
    contents: dict[str, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
    for file in files:
        try:
            content = read_yaml(file)
            declared = CatalogueFile.model_validate(content)
        except ValidationError as error:
            wrong += [f"{_label(file)}: {t}" for t in model_problems(error, places=key_places(CatalogueFile))]
        except FundwatchError as error:
            wrong.append(f"{_label(file)}: {error.what}")
        else:
            contents[declared.entity].append((_label(file), content))
    found = {}
    for entity, parts in contents.items():
        catalogue, reported = _one_of(entity, parts, changes, check)
        wrong += reported
        if catalogue is not None:
            found[entity] = catalogue
    if not wrong and whole:
        wrong = [f"no file declares the entity {entity}" for entity in ENTITIES if entity not in found]
    if wrong:
        raise CatalogueError(problems("the indicator catalogue does not hold", wrong), do="fix what is named")
    return {entity: found[entity] for entity in MEASURED if entity in found}


def _label(file: Traversable) -> str:
    """The file's name, with the entity's folder where it lies in one."""
    is_in_folder = isinstance(file, Path) and file.parent.name in MEASURED
    return f"{file.parent.name}/{file.name}" if isinstance(file, Path) and is_in_folder else file.name


def _one_of(
    entity: str,
    parts: Sequence[tuple[str, dict[str, Any]]],
    changes: _Changes,
    check: Callable[[Catalogue], list[str]],
) -> tuple[Catalogue | None, list[str]]:
    """The entity's catalogue of all its files, with what regions say otherwise, and what is wrong with it."""
    origins, content, wrong = dict[tuple[str, str], str](), dict[str, Any](), list[str]()
    order = sorted(parts, key=lambda part: not part[0].endswith(_BASE))
    for label, part in order:
        wrong += _joined(content, label, part, origins, changes.get(entity, ()))
    where = " and ".join(label for label, _ in order) if len(order) < 3 else f"the files of {entity}"
    for overlay, change in changes.get(entity, ()):
        where, content = f"{where} with {overlay}", laid_over(content, change)
        origins = {} if change else origins
    try:
        catalogue = Catalogue.model_validate(content)
        catalogue = _with_companions(catalogue)
    except ValidationError as error:
        return None, wrong + [f"{where}: {text}" for text in model_problems(error)]
    return catalogue, wrong + [f"{_origin(text, origins, where)}: {text}" for text in check(catalogue)]


def _joined(
    content: dict[str, Any],
    label: str,
    part: Mapping[str, Any],
    origins: dict[tuple[str, str], str],
    changes: Sequence[tuple[Traversable, Mapping[str, Any]]],
) -> Iterator[str]:
    """Put the file's part to what the entity's files before it say; yield what they say otherwise."""
    content.setdefault("entity", part["entity"])
    content.setdefault("windows", part["windows"])
    for section in _SECTIONS:
        for name, entry in (part.get(section) or {}).items():
            declared = _of_file(entry, part, content["windows"]) if section == "indicators" else entry
            before = content.setdefault(section, {}).setdefault(name, declared)
            if before != declared:
                yield f"{label}: {section}.{name}: {origins[section, name]} says otherwise: name one of them anew"
            origins.setdefault((section, name), label)


def _of_file(entry: Mapping[str, Any], part: Mapping[str, Any], windows: Sequence[int]) -> dict[str, Any]:
    """The indicator's entry with what its file says of all."""
    said = {key: part[key] for key in _OF_FILE if key in part and key not in entry}
    if said.get("windows") == windows:  # the entity's own: a region may choose others
        del said["windows"]
    return {**entry, **said}


def _with_companions(catalogue: Catalogue) -> Catalogue:
    """The catalogue with the comparisons that indicators declare of themselves."""
    more = {
        other: made
        for name, one in catalogue.indicators.items()
        for other, made in one.companions(name, catalogue.windows_of(one))
    }
    known = {name: one for name, one in more.items() if name not in catalogue.indicators}
    return catalogue.model_copy(update={"indicators": {**catalogue.indicators, **known}}) if known else catalogue


def _origin(problem: str, origins: Mapping[tuple[str, str], str], where: str) -> str:
    """The file of the entry that the problem names first."""
    section, _, rest = problem.partition(".")
    name = rest.split(":")[0].split(".")[0]
    return origins.get((section, name), where)


def _changes(overlays: Sequence[Traversable]) -> tuple[dict[str, list[tuple[Traversable, dict[str, Any]]]], list[str]]:
    """What the overlays change, by entity and in order, each with its file; and what is wrong with them."""
    changes: dict[str, list[tuple[Traversable, dict[str, Any]]]] = {}
    wrong: list[str] = []
    for file in overlays:
        try:
            content = read_yaml(file)
        except FundwatchError as error:
            wrong.append(f"{file}: {error.what}")
            continue
        if not isinstance(content, dict) or not set(content) <= {*MEASURED}:
            wrong.append(f"{file}: holds what differs by entity ({', '.join(MEASURED)}), and nothing else")
            continue
        for entity, change in content.items():
            if not isinstance(change, dict) or "entity" in change:
                wrong.append(f"{file}: {entity}: a mapping of what differs, without `entity`")
            else:
                changes.setdefault(entity, []).append((file, change))
    return changes, wrong
