"""Which model speaks: the rule by which a newly trained one takes the champion's place."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from models.detectors.detector import Detector, Matrix
from models.training import Trained

# Two models of the same behaviour order the same entities much alike. One that turns the order over has
# learned from other data than one believes, and a person looks first.
MIN_RANK_AGREEMENT = 0.5


class ModelStatus(Enum):
    """What a registered model may do."""

    CHAMPION = "champion"
    CHALLENGER = "challenger"


@dataclass(frozen=True)
class PromotionVerdict:
    """A model's standing, and why in one sentence."""

    status: ModelStatus
    note: str


def judge(trained: Trained, champion: Detector | None) -> PromotionVerdict:
    """The first of its kind is champion; a later one is, too, if it ranks its sample as the champion does."""
    if champion is None:
        return PromotionVerdict(ModelStatus.CHAMPION, "the first of its kind")
    columns = trained.sample.columns(champion.reads)
    if columns is None:
        return PromotionVerdict(ModelStatus.CHAMPION, "the champion reads indicators that are no longer measured")
    agreement = rank_agreement(trained.detector.scores(trained.sample.robust_z), champion.scores(columns))
    agrees = agreement >= MIN_RANK_AGREEMENT
    note = f"rank agreement with the champion {agreement:.3f}, at least {MIN_RANK_AGREEMENT} is asked"
    return PromotionVerdict(ModelStatus.CHAMPION if agrees else ModelStatus.CHALLENGER, note)


def rank_agreement(ours: Matrix, theirs: Matrix) -> float:
    """Spearman's rank correlation, ties at their mean rank; 1 for equal scores, 0 where a side is flat."""
    if np.array_equal(ours, theirs):
        return 1.0
    ranks = np.vstack([_mean_ranks(ours), _mean_ranks(theirs)])
    if not ranks.std(axis=1).all():
        return 0.0
    return float(np.asarray(np.corrcoef(ranks))[0, 1])


def _mean_ranks(scores: Matrix) -> Matrix:
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    ends = np.cumsum(count)
    ranks: Matrix = (ends - (count - 1) / 2.0)[place]
    return ranks
