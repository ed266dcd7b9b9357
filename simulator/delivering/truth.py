"""The truth, apart from the deliveries: what was staged, what went wrong, and the figures of the whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from simulator.delivering.delivery import Joiner
from simulator.delivering.rows import joined
from simulator.delivering.spool import Piece
from simulator.delivering.tables import LABELS, MISHAPS, TRUTH
from simulator.scenario.misdeliveries import Spoiled


def write_truth(truth: Path, joiner: Joiner, spoiled: Iterable[Spoiled], summary: str) -> None:
    """labels.csv, mishaps.csv (in order of nights; what several blocks report once) and summary.json."""
    with (truth / "labels.csv").open("wb") as labels:
        labels.write((joined(joiner.tables[LABELS]) + "\n").encode())
        for pieces in _pieces(joiner):
            labels.write(pieces[LABELS].content)
    rows = [line for pieces in _pieces(joiner) for line in pieces[MISHAPS].content.decode().splitlines()]
    ending = joiner.scenario.layout.ending
    for one in spoiled:
        kind = one.kind
        rows.append(joined((str(one.night), f"{kind.table}{ending}", kind.name, one.detail, kind.outcome)))
    joiner.reader.close()
    text = "".join(f"{line}\n" for line in (joined(joiner.tables[MISHAPS]), *sorted(set(rows))))
    (truth / "mishaps.csv").write_text(text, encoding="utf-8")
    (truth / "summary.json").write_text(summary + "\n", encoding="utf-8")


def _pieces(joiner: Joiner) -> Iterator[dict[str, Piece]]:
    """Each block's share of the truth, which lies behind its last night."""
    for place in joiner.places:
        *_, mishaps, labels = joiner.reader.pieces(place, len(joiner.scenario.nights))
        yield dict(zip(TRUTH, (mishaps, labels), strict=True))
