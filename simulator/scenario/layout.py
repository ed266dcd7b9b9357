"""How files are written: encoding, compression, names of columns."""

from __future__ import annotations

from dataclasses import dataclass

ENCODINGS = ("utf-8", "utf-8-sig", "gb18030")
ENDINGS = {"gzip": ".gz", "zip": ".zip", "none": ""}
NAMES = ("interface", "warehouse", "inspection")


@dataclass(frozen=True)
class Layout:
    """How files are written: text encoding, compression (and its level, 1 fast to 9 small), column names.

    `names` are those of the national interface or the variants of its warehouse; or the files are an `inspection`
    extract: five tables with persons inside the visits, and no registers.
    """

    encoding: str = "utf-8"
    compression: str = "gzip"
    level: int = 1
    names: str = "interface"

    @property
    def is_extract(self) -> bool:
        """Whether the files are an inspection extract."""
        return self.names == "inspection"

    @property
    def ending(self) -> str:
        """What a table's file name ends in."""
        return ".csv" + ENDINGS[self.compression]

    def problems(self) -> list[str]:
        """What cannot be written."""
        found = [
            f"delivery.{name} is {value!r}; choose one of {', '.join(choices)}"
            for name, value, choices in (
                ("encoding", self.encoding, ENCODINGS),
                ("compression", self.compression, tuple(ENDINGS)),
                ("names", self.names, NAMES),
            )
            if value not in choices
        ]
        return found if 1 <= self.level <= 9 else [*found, f"delivery.level is {self.level}; it lies between 1 and 9"]
