"""The Python packages that executors need, in one archive for `spark.archives`.

They are those that the functions load which Spark runs in Python, and all that these rest on; Spark's own packages come
with Spark. The archive holds what `requirements.lock` has installed here, so it is for machines of this kind.

Usage: pack_environment.py ARCHIVE
"""

from __future__ import annotations

import re
import sys
import tarfile
from importlib import import_module
from importlib.metadata import Distribution, PackageNotFoundError, distribution, packages_distributions
from pathlib import Path

# the modules of functions that executors run in Python, and what they load when they run
_RUN_THERE = (
    "models.scoring",
    "models.detectors.known",
    "privacy.tokens.distinct",
    "intake.rows.privacy",
    "sklearn.ensemble",
)
_NOT_PACKED = frozenset({"pyspark", "py4j", "fundwatch"})  # Spark's own, and ours, which goes as the zip
_NAME = re.compile(r"[A-Za-z0-9._-]+")


def needed() -> list[Distribution]:
    """The distributions, by name."""
    for module in _RUN_THERE:
        import_module(module)
    tops = {name.partition(".")[0] for name in sys.modules}
    found: dict[str, Distribution] = {}
    waiting = [name for top, names in packages_distributions().items() if top in tops for name in names]
    while waiting:
        name = _same(waiting.pop())
        if name in found or name in _NOT_PACKED:
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:  # for another machine, or an extra that nobody asked for
            continue
        waiting += [wanted[0] for text in found[name].requires or () if "extra ==" not in text
                    if (wanted := _NAME.match(text))]  # fmt: skip
    return [found[name] for name in sorted(found)]


def _same(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pack(archive: Path) -> list[str]:
    """Write the archive, the packages at its top; their names and versions."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    chosen = needed()
    with tarfile.open(archive, "w:gz", compresslevel=1) as packed:
        for one in chosen:
            for file in sorted(one.files or (), key=str):
                inside = ".." not in file.parts and "__pycache__" not in file.parts
                if inside and (path := Path(str(file.locate()))).is_file():
                    packed.add(path, str(file))
    return [f"{one.name} {one.version}" for one in chosen]


if __name__ == "__main__":
    target = Path(sys.argv[1])
    print(f"{target}: {', '.join(pack(target))}")
