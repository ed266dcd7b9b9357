"""The re-link test of an export of records, before it leaves: what each attacker of `conf/privacy` reaches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from fundwatch.engine.frames import stacked
from privacy.release.declared import Attacker, Linking
from privacy.release.exports import Export
from privacy.release.linkage import Linkage, as_figures, linkage_of, linked

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

HEADING = "重链接测试 Re-link test (GB/T 42460; conf/privacy)"
ATTACKS = (
    "攻击者 Attacker", "已知 Knows", "导出人数 Persons", "被单独识别 Singled out", "湖内亦唯一 Alone in the lake",
    "样本 Tried", "找到 Found", "认错 Mistaken", "上限 Limit",
)  # fmt: skip
NOT_ATTACKED = (
    "未做重链接测试:统计表不含个人记录;线索包按设计指明对象。 No re-link test: tables of cells hold no records of "
    "persons, packs of leads name their subjects by design."
)


@dataclass(frozen=True)
class Attack:
    """One attacker's knowledge of this export, what it led to, and the share of persons it may single out (or None)."""

    attacker: Attacker
    knows: tuple[str, ...]
    reached: Linkage
    most: float | None

    def problems(self) -> list[str]:
        """What is over the limit."""
        if self.most is None or self.reached.share <= self.most:
            return []
        text = f"{self.reached.singled_out} of {self.reached.persons} persons ({self.reached.share:.2%})"
        return [f"{self.attacker.title.en} singles out {text} by {', '.join(self.knows)}; the limit is {self.most:.2%}"]

    def as_record(self) -> dict[str, Any]:
        return {"knows": list(self.knows), "most": self.most, **as_figures(self.reached)}

    def cells(self) -> tuple[str, ...]:
        """A row of a table headed ATTACKS."""
        reached, title = self.reached, self.attacker.title
        success = "样本为空 none drawn" if reached.success is None else f"{reached.found:,} ({reached.success:.2%})"
        return (
            f"{title.zh} {title.en}",
            ", ".join(self.knows),
            f"{reached.persons:,}",
            f"{reached.singled_out:,} ({reached.share:.2%})",
            f"{reached.alone_in_lake:,}",
            f"{reached.tried:,}",
            success,
            f"{reached.mistaken:,}",
            "不限 none" if self.most is None else f"{self.most:.2%}",
        )


def attacked(
    export: Export, released: DataFrame, lake: DataFrame, linking: Linking, person: str, seed: int
) -> dict[str, Attack]:
    """What each attacker who knows any column of the export reaches, in one action.

    `released` are the rows that are to leave, `lake` those of everybody in the same form, before any was left out.
    """
    known = {n: tuple(c for c in a.knows if c in export.columns) for n, a in linking.attackers.items()}
    frames = [
        linked(released, lake, columns, person, sample=linking.sample, seed=seed).select(F.lit(name).alias("who"), "*")
        for name, columns in known.items()
        if columns
    ]
    if not frames:
        return {}
    rows = stacked(frames).collect()  # six rows an attacker
    attacks = {}
    for name in (n for n, columns in known.items() if columns):
        attacker = linking.attackers[name]
        reached = linkage_of((row["name"], row.number) for row in rows if row.who == name)
        attacks[name] = Attack(attacker, known[name], reached, attacker.most.get(export.audience))
    return attacks
