"""Data that ships with fundwatch: `conf/` and the packages' catalogues, from a checkout, a wheel or a zip."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

from fundwatch.errors import FundwatchError


def conf_root() -> Traversable:
    """`conf/`: the checkout's when there is one, else the copy that ships inside the distribution."""
    checkout = Path(__file__).parent.parent / "conf"
    return checkout if checkout.is_dir() else files("fundwatch") / "conf"


def conf_file(kind: str, name: str, overlay: Path | None = None) -> Traversable:
    """`<overlay>/<kind>/<name>.yaml` if the user's folder has it, else the shipped one.

    Raises FundwatchError naming the choices when neither has it.
    """
    if overlay is not None and (overlay / kind / f"{name}.yaml").is_file():
        return overlay / kind / f"{name}.yaml"
    shipped = conf_root() / kind / f"{name}.yaml"
    if not shipped.is_file():
        raise FundwatchError(
            f"there is no {kind} file named '{name}'",
            where=f"conf/{kind}/{name}.yaml",
            do=f"choose one of: {', '.join(conf_names(kind, overlay)) or 'none exist'}",
        )
    return shipped


def conf_names(kind: str, overlay: Path | None = None) -> list[str]:
    """The names of the yaml files of one kind, shipped and overlaid."""
    folders: list[Traversable] = [conf_root() / kind]
    if overlay is not None:
        folders.append(overlay / kind)
    return sorted(
        {f.name.removesuffix(".yaml") for d in folders if d.is_dir() for f in d.iterdir() if f.name.endswith(".yaml")}
    )


def package_files(package: str, folder: str, suffix: str) -> list[Traversable]:
    """The data files of `package/folder` that end in `suffix`, by name."""
    found = (f for f in (files(package) / folder).iterdir() if f.name.endswith(suffix))
    return sorted(found, key=lambda f: f.name)


class _StrictLoader(yaml.SafeLoader):
    """YAML without silent overwriting: a key that stands twice is an error."""


def _mapping_without_repeats(loader: _StrictLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    keys = [loader.construct_object(key, deep=True) for key, _ in node.value]
    repeated = sorted({str(k) for k in keys if keys.count(k) > 1})
    if repeated:
        raise yaml.constructor.ConstructorError(
            None, None, f"the key {', '.join(repeated)} stands twice", node.start_mark
        )
    return {k: loader.construct_object(v, deep=True) for k, (_, v) in zip(keys, node.value, strict=True)}


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping_without_repeats)


def read_yaml(source: Traversable) -> Any:
    """The parsed content. Raises FundwatchError naming file and line when it is not YAML or repeats a key."""
    try:
        return yaml.load(source.read_text(encoding="utf-8"), Loader=_StrictLoader)  # noqa: S506 (a SafeLoader)
    except yaml.YAMLError as fault:
        raise FundwatchError(f"not readable as YAML: {fault}", where=str(source), do="mend the file") from fault
