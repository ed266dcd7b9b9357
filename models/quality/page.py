"""The indicators of a night as a page beside the night's quality page: which are unsound, and how."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from fundwatch.pages import Bilingual, Figure, PageTable, Paragraph, page
from models.quality.states import DRIFT, FEWEST, UNSOUND_WORDS, IndicatorState

_NONE = "–"


def indicators_page(night: date, earlier: date | None, states: Sequence[IndicatorState]) -> str:
    """The page: the unsound ones first, then all."""
    unsound = [state for state in states if state.unsound]
    beside = f"与 {earlier} 夜比较 beside the night of {earlier}" if earlier else "此前无夜,不作比较 no night before"
    head = (
        f"{len(unsound)} / {len(states)} 条指标异常,模型使用前请先核对 | "
        f"{len(unsound)} of {len(states)} indicators are unsound: look before models are believed"
        if unsound
        else f"{len(states)} 条指标未见异常 none of {len(states)} indicators is unsound"
    )
    return page(
        f"指标质量 Indicators {night}",
        [
            Paragraph(head, "mark wait" if unsound else "mark good"),
            Paragraph(
                f"{beside}。缺失:无值者骤增;坍缩:几乎人人同值;陈旧:几乎无人变化;漂移:PSI ≥ {DRIFT} 且超出偶然。"
                f"不足 {FEWEST} 个对象的不比较 | missing: many lost their value; collapsed: nearly all have the same; "
                f"stale: hardly any changed; drifted: PSI ≥ {DRIFT} beyond chance; fewer than {FEWEST}: not compared",
                "note",
            ),
            _table(Bilingual("异常指标", "Unsound indicators"), unsound),
            _table(Bilingual("全部指标", "All indicators"), states),
        ],
    )


def _table(heading: Bilingual, states: Sequence[IndicatorState]) -> PageTable:
    return PageTable(
        heading,
        ("指标 Indicator", "状态 State", "对象 Entities", "缺失 Missing", "此前 Before", "同值 Same",
         "未变 Unchanged", "PSI"),
        [
            (
                state.indicator,
                ", ".join(UNSOUND_WORDS[kind] for kind in state.unsound) or "正常 sound",
                Figure(f"{state.entities:,}"),
                *(_percent(v) for v in (state.missing_share, state.earlier_missing_share, state.same_share,
                                        state.unchanged_share)),
                Figure(_NONE if state.psi is None else f"{state.psi:.2f}"),
            )
            for state in states
        ],
    )  # fmt: skip


def _percent(share: float | None) -> Figure:
    return Figure(_NONE if share is None else f"{share:.1%}")
