"""Write what the demonstration prints into the README, shortened and without what the clock decides.

Usage: readme_demo.py [OUTPUT]   (OUTPUT holds what `fundwatch demo` wrote to both its streams; without it the
demonstration runs here, in a folder that goes with it)
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

README = Path(__file__).parent.parent / "README.md"
_BEGIN, _FENCE, _END = "<!-- demonstration: make readme -->\n```\n", "```\n", "<!-- end of demonstration -->\n"
_STEP = re.compile(r"(?P<at>\d\d:\d\d:\d\d)  (?P<what>.{64}) +(?P<seconds>[\d.]+) s  (?P<facts>.*)")
_STAGES = ("intake", "indicators", "detection", "detectors", "champions", "privacy", "leads")
_LEADS, _FACTS, _DAY = 3, 4, 24 * 3600
_OF_ONE_RUN = re.compile(r"/| [0-9a-f]{16,}$")  # folders, and prints that the key is part of
_TOKEN = re.compile(r"\b[0-9a-f]{8}\b")


def shortened(output: str) -> str:
    """The steps of the first night and the first of the second, the head of the list, and how right it is."""
    steps = _steps(output)
    reported = [_step(match) for match in steps if re.match(r"simulate|\d{4}-\d\d-\d\d \S", match["what"])]
    nights = sorted({line[:10] for line in reported if line[0] == "2"})
    begun = [line for line in reported if line.startswith("simulate")]
    first = sorted((line for line in reported if line.startswith(nights[0])), key=_place)
    second = [line for line in reported if line.startswith(f"{nights[-1]} {_STAGES[0]}")]
    return "\n".join([*begun, *first, *second, "…", *_list(output), *_verdicts(output)]) + "\n"


def taken(output: str, day: str) -> str:
    """How long it took, on what and when: the only line that the clock decides."""
    steps = _steps(output)
    first, last = (_second_of_day(step["at"]) for step in (steps[0], steps[-1]))
    seconds = (last - first) % _DAY + float(steps[0]["seconds"])
    return f"It took {seconds:.0f} s on {os.cpu_count()} cores ({platform.machine()}), {day}.\n"


def _second_of_day(at: str) -> int:
    hours, minutes, seconds = map(int, at.split(":"))
    return (hours * 60 + minutes) * 60 + seconds


def _steps(output: str) -> list[re.Match[str]]:
    return [match for line in output.splitlines() if (match := _STEP.fullmatch(line))]


def _step(match: re.Match[str]) -> str:
    facts = [fact for fact in match["facts"].split(", ") if not _OF_ONE_RUN.search(fact)]
    more = ", …" if len(facts) > _FACTS else ""
    return f"{match['what'].rstrip():<60}  {', '.join(facts[:_FACTS])}{more}".rstrip()


def _place(line: str) -> int:
    """Stages run in parallel, so that the clock decides which ends first."""
    return next(n for n, stage in enumerate(_STAGES) if line[11:].startswith(stage))


def _list(output: str) -> list[str]:
    """The list's title and headings, and its first leads with the lines that belong to them."""
    lines = output[output.index("线索清单") :].splitlines()
    rows = [n for n, line in enumerate(lines) if re.match(r" *\d+ ", line)]
    return [line.rstrip() for line in lines[: rows[_LEADS]]] + ["…"]


def _verdicts(output: str) -> list[str]:
    lines = output[output.index("against the simulator's labels:") :].splitlines()
    return lines[:4]


def masked(text: str) -> str:
    """The text without tokens, which are another key's in another demonstration."""
    return _TOKEN.sub("·" * 8, text)


def block(readme: str) -> str:
    """What the README says that the demonstration prints."""
    return readme.split(_BEGIN)[1].split(_FENCE)[0]


def with_block(readme: str, output: str, day: str) -> str:
    """The README with what a demonstration of that day printed."""
    before, rest = readme.split(_BEGIN)
    return f"{before}{_BEGIN}{shortened(output)}{_FENCE}{taken(output, day)}{_END}{rest.split(_END)[1]}"


def demonstrate(var: Path) -> str:
    """Run the demonstration; what it writes to both its streams. Raises CalledProcessError."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("FUNDWATCH_")}
    command = [str(Path(sys.executable).parent / "fundwatch"), "demo", "--var", str(var)]
    return subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True, env=ours | {"COLUMNS": "80"}
    ).stdout


def main(arguments: list[str]) -> None:
    if arguments:
        output, at = Path(arguments[0]).read_text(encoding="utf-8"), os.stat(arguments[0]).st_mtime
    else:
        with TemporaryDirectory(prefix="fundwatch-") as folder:
            output, at = demonstrate(Path(folder) / "var"), time.time()
    text = README.read_text(encoding="utf-8")
    README.write_text(with_block(text, output, time.strftime("%Y-%m-%d", time.localtime(at))), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
