"""Data that ships with fundwatch: `conf/` and the packages' catalogues, from a checkout, a wheel or a zip."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

from fundwatch.errors import FundwatchError, some

# The largest file that ships has some 40 KB and nests eight levels deep; reading a MiB takes some seconds.
_MOST_BYTES, _DEEPEST, _MOST_NODES = 1 << 20, 50, 200_000


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
            f"conf/{kind} has no '{name}'",
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


# the parser of libyaml, where it is there: ten times faster than the one in Python
_Base: Any = yaml.SafeLoader
if yaml.__with_libyaml__:
    from yaml.cyaml import CParser  # type: ignore[attr-defined]

    class _FastLoader(yaml.composer.Composer, CParser, yaml.constructor.SafeConstructor, yaml.resolver.Resolver):
        """A SafeLoader whose text is parsed by libyaml and composed in Python."""

        def __init__(self, stream: str) -> None:
            CParser.__init__(self, stream)
            yaml.composer.Composer.__init__(self)
            yaml.constructor.SafeConstructor.__init__(self)
            yaml.resolver.Resolver.__init__(self)

    _Base = _FastLoader


class _StrictLoader(_Base):
    """YAML without silent overwriting (a key that occurs twice is an error), and of some size at most.

    An alias counts as much as what it stands for: ten aliases of ten aliases of … are few bytes and end nowhere.
    """

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._depth = self._count = 0
        self._counts: dict[int, int] = {}

    def compose_node(self, parent: Any, index: Any) -> Any:
        is_alias, before = self.check_event(yaml.AliasEvent), self._count
        mark = self.peek_event().start_mark
        if getattr(self.peek_event(), "tag", None) is not None:
            raise yaml.composer.ComposerError(None, None, "a tag (!): a value is what it is written as", mark)
        self._depth += 1
        if self._depth > _DEEPEST:
            raise yaml.composer.ComposerError(None, None, f"more than {_DEEPEST} levels deep", mark)
        node = super().compose_node(parent, index)
        self._depth -= 1
        if is_alias and id(node) not in self._counts:
            raise yaml.composer.ComposerError(None, None, "an alias of what it stands in", mark)
        self._count += self._counts[id(node)] if is_alias else 1
        self._counts.setdefault(id(node), self._count - before)
        if self._count > _MOST_NODES:
            raise yaml.composer.ComposerError(None, None, f"more than {_MOST_NODES:,} values, aliases included", mark)
        return node


def _mapping_without_repeats(loader: _StrictLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    keys = [loader.construct_object(key, deep=True) for key, _ in node.value]
    if any(not isinstance(key, Hashable) for key in keys):
        raise yaml.constructor.ConstructorError(None, None, "a key is a list or a mapping", node.start_mark)
    repeated = sorted(str(key) for key, count in Counter(keys).items() if count > 1)
    if repeated:
        raise yaml.constructor.ConstructorError(None, None, f"the key {some(repeated)} occurs twice", node.start_mark)
    return {k: loader.construct_object(v, deep=True) for k, (_, v) in zip(keys, node.value, strict=True)}


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping_without_repeats)


def read_yaml(source: Traversable) -> Any:
    """The parsed content. Raises FundwatchError naming file and line when it is not YAML, repeats a key or is no file
    that a person wrote: larger, deeper or less like text than any is."""
    try:
        try:
            with source.open("rb") as stream:
                content = stream.read(_MOST_BYTES + 1)
        except FileNotFoundError as error:
            raise FundwatchError("there is no such file", where=str(source), do="name one that is there") from error
        if len(content) > _MOST_BYTES:
            raise ValueError(f"it has more than {_MOST_BYTES >> 20} MiB")
        return yaml.load(content.decode("utf-8"), Loader=_StrictLoader)  # noqa: S506 (a SafeLoader)
    except UnicodeDecodeError as error:
        text = f"byte 0x{error.object[error.start]:02x} at offset {error.start} is not UTF-8"
        raise FundwatchError(f"not readable as YAML: {text}", where=str(source), do="save it in UTF-8") from error
    except (yaml.YAMLError, ValueError) as error:
        raise FundwatchError(f"not readable as YAML: {error}", where=str(source), do="fix the file") from error
