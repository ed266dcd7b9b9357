"""How well the scrubber does on labelled texts: recall by kind, and what it took that was no identifier."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from privacy.scrubbing.corpus import Labelled
from privacy.scrubbing.scrub import findings

_EXAMPLES = 20


@dataclass(frozen=True)
class KindRecall:
    """Identifiers of one kind: how many there are, and how many were taken whole."""

    kind: str
    labelled: int
    found: int

    @property
    def recall(self) -> float:
        return self.found / self.labelled if self.labelled else 1.0


@dataclass(frozen=True)
class ScrubReport:
    """Grain: corpus. `missed` and `over_scrubbed` name texts by their index alone."""

    texts: int
    kinds: tuple[KindRecall, ...]
    clean_characters: int
    over_scrubbed_characters: int
    missed: tuple[int, ...]
    over_scrubbed: tuple[int, ...]

    @property
    def labelled(self) -> int:
        return sum(kind.labelled for kind in self.kinds)

    @property
    def recall(self) -> float:
        return sum(k.found for k in self.kinds) / self.labelled if self.labelled else 1.0

    @property
    def over_scrubbed_share(self) -> float:
        return self.over_scrubbed_characters / self.clean_characters if self.clean_characters else 0.0

    def table(self) -> str:
        """The report for people, both languages."""
        rows = [f"{k.kind}\t{k.labelled}\t{k.found}\t{k.recall:.4f}" for k in self.kinds]
        return "\n".join(
            [
                "标记 Mark\t标注 Labelled\t识别 Found\t召回率 Recall",
                *rows,
                f"合计 All\t{self.labelled}\t{sum(k.found for k in self.kinds)}\t{self.recall:.4f}",
                f"误删 Clean characters taken: {self.over_scrubbed_characters} of {self.clean_characters} "
                f"({self.over_scrubbed_share:.2%}), {self.texts} texts",
                f"漏识文本 Texts with a miss: {list(self.missed)}",
                f"误删文本 Texts over-scrubbed: {list(self.over_scrubbed)}",
            ]
        )


def measure_scrubber(corpus: Iterable[Labelled]) -> ScrubReport:
    """An identifier is found when every character of it that is no blank is taken, under whatever mark."""
    labelled, found = Counter[str](), Counter[str]()
    missed, over, clean, taken_clean, count = [], [], 0, 0, 0
    for index, example in enumerate(corpus):
        count += 1
        taken = {c for f in findings(example.text, example.names) for c in range(f.start, f.end)}
        marked = {c for label in example.labels for c in range(label.start, label.end)}
        for label in example.labels:
            labelled[label.kind.value] += 1
            if all(c in taken or example.text[c].isspace() for c in range(label.start, label.end)):
                found[label.kind.value] += 1
            else:
                missed.append(index)
        wrongly = len(taken - marked)
        clean += len(example.text) - len(marked)
        taken_clean += wrongly
        over += [index] if wrongly else []
    kinds = tuple(KindRecall(kind, labelled[kind], found[kind]) for kind in sorted(labelled))
    return ScrubReport(count, kinds, clean, taken_clean, tuple(missed[:_EXAMPLES]), tuple(over[:_EXAMPLES]))
