"""Code lists: what the codes of a source mean, shared by mappings; data in `conf/codes/<list>.yaml`.

A region's own codes stand in `<conf>/regions/<region>/codes/<list>.yaml` and are laid over the national ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pydantic import Field

from fundwatch.declared import Declared, read_declared
from fundwatch.regions import Region, laid_over
from fundwatch.resources import conf_file, conf_names

KIND = "codes"


class CodeListFile(Declared):
    """Meanings by code; a code that ends in `*` stands for all that begin so. A region's null takes a code away."""

    codes: dict[str, str | None] = Field(min_length=1)


@dataclass(frozen=True)
class CodeLists:
    """The code lists in force: a region's, laid over those of the user's conf folder or the shipped ones."""

    region: Region = field(default_factory=Region)
    conf: Path | None = None

    def read(self, name: str) -> dict[str, str]:
        """The meanings by code. Raises ValueError naming the choices for a list that nobody has declared.

        Raises CatalogueError for one that does not hold.
        """
        if name not in conf_names(KIND, self.conf):
            raise ValueError(f"there is no code list '{name}'; choose one of {', '.join(conf_names(KIND, self.conf))}")
        files = [conf_file(KIND, name, self.conf), *self.region.files(f"{KIND}/{name}.yaml")]
        codes: dict[str, str | None] = {}
        for file in files:
            codes = laid_over(codes, read_declared(CodeListFile, file, f"the code list {name} does not hold").codes)
        return {code: meaning for code, meaning in codes.items() if meaning is not None}
