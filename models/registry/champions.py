"""Who speaks tonight: for each entity type and kind of detector its champion, or why there is none.

The lake alone decides: of the models that training made champion and of those that a person promoted, the one of the
newest night up to tonight. So an old night run again neither looks ahead nor changes. Whoever stands and does not hold
(its row, its signature, its data) is not run; no other takes its place unseen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from fundwatch.contracts.entities import ENTITIES
from fundwatch.errors import FundwatchError
from fundwatch.lake.content_files import ContentFiles
from models.detectors.detector import Detector
from models.detectors.known import DETECTORS
from models.registry.model_data import of_bytes
from models.registry.promotion import ModelStatus
from models.registry.records import ModelRecord, Promotion, is_model
from privacy.keys.signing import Signer

NO_CHAMPION = "no champion that learned from this night or an earlier one; run `fundwatch train`"
_EARLIER_RELEASE = (
    "模型由旧版本训练,只存于 MLflow the model was made by an earlier release, which kept it in MLflow alone; "
    "run `fundwatch train --date {0}` once"
)
_LOST = "模型记录缺失 the table `model` no longer has the model that training made on {0}"
_UNSIGNED = "模型记录不可信 the model's row of {0} does not hold: {1}"
_UNREAD = "模型数据不可用 the model's data of {0} do not hold: {1}"
_NOT_PROMOTED = "晋升记录不可信 a promotion from {0} on does not hold: {1}"
_NO_TABLE = "模型表无法读取 the table `model` or `model_promotion` cannot be read"


@dataclass(frozen=True)
class Champion:
    """The model that speaks for an entity type and a kind of detector."""

    entity: str
    model: str
    fingerprint: str
    detector: Detector
    learned_on: date | None = None


@dataclass(frozen=True)
class NotRun:
    """A model that did not speak, and why not; `detail` may name places of a machine: not for tables.

    `is_problem`: there was a model, and it does not hold. Without it there never was one, or tonight lacks what it
    reads.
    `is_elsewhere`: it was made by a release that did not keep models in the lake, which therefore never had it.
    """

    entity: str
    model: str
    why_not: str
    detail: str = ""
    is_problem: bool = False
    is_elsewhere: bool = False

    @property
    def kind(self) -> tuple[str, str]:
        """Entity type and detector."""
        return self.entity, self.model


@dataclass(frozen=True)
class LakeModels:
    """What a lake holds of models. `made` is what the run ledger says training made: night, kind, standing.

    `problem` says why the table cannot be read, if it cannot.
    """

    records: Sequence[ModelRecord]
    promotions: Sequence[Promotion]
    files: ContentFiles
    signer: Signer
    made: Mapping[date, Mapping[tuple[str, str], str]] = field(default_factory=dict)
    problem: str = ""

    def has_models(self, as_of: date) -> bool:
        """Whether any model was ever made for the night or an earlier one, whether it still holds or not."""
        made = any(night <= as_of and kinds for night, kinds in self.made.items())
        return made or bool(self.problem) or any(is_model(r) and r.business_date <= as_of for r in self.records)

    def champion(self, entity: str, model: str, as_of: date) -> Champion | NotRun:
        """Who speaks for the kind on the night, loaded; or why nobody does."""
        if self.problem:
            return NotRun(entity, model, _NO_TABLE, self.problem, is_problem=True)
        chosen = self._chosen((entity, model), as_of)
        if chosen is None:
            return NotRun(entity, model, NO_CHAMPION)
        if isinstance(chosen, date):
            return NotRun(entity, model, _LOST.format(chosen), is_problem=True)
        if isinstance(chosen, Promotion):
            return self._promoted(chosen)
        return self.loaded(chosen)

    def loaded(self, record: ModelRecord) -> Champion | NotRun:
        """The record's model, once row, signature and data hold."""

        def refused(reason: str, why: str = "", detail: str = "") -> NotRun:
            return NotRun(*record.kind, reason.format(record.business_date, why), detail, is_problem=True)

        if record.content_sha256 is None:
            return replace(refused(_EARLIER_RELEASE), is_elsewhere=True)
        if why := record.signature_problem(self.signer):
            return refused(_UNSIGNED, why)
        try:
            detector = of_bytes(self.files.get(record.content_sha256))
        except FundwatchError as error:
            return refused(_UNREAD, error.what, error.where)
        if detector.name != record.model:
            return refused(_UNREAD, f"it is a {detector.name}")
        return Champion(*record.kind, str(record.model_fingerprint), detector, record.business_date)

    def problems(self) -> Iterator[NotRun]:
        """Everything on the shelf that does not hold: models, rows that are lost, promotions."""
        if self.problem:
            yield NotRun("", "", _NO_TABLE, self.problem, is_problem=True)
            return
        there = {(record.business_date, *record.kind) for record in self.records}
        looked_at = [self.loaded(record) for record in self.records if is_model(record)]
        yield from (one for one in looked_at if isinstance(one, NotRun))
        for night, made in sorted(self.made.items()):
            lost = [kind for kind in made if (night, *kind) not in there]
            yield from (NotRun(*kind, _LOST.format(night), is_problem=True) for kind in lost)
        held = {replace(one, signature=None) for one in self.promotions if not one.signature_problem(self.signer)}
        for promotion in self.promotions:
            if replace(promotion, signature=None) not in held:
                why = promotion.signature_problem(self.signer)
                yield NotRun(*promotion.kind, _NOT_PROMOTED.format(promotion.from_date, why), is_problem=True)

    def _promoted(self, promotion: Promotion) -> Champion | NotRun:
        why = promotion.signature_problem(self.signer)
        named = [
            record
            for record in self.records
            if record.kind == promotion.kind and record.model_fingerprint == promotion.model_fingerprint
            if record.business_date <= promotion.from_date
        ]
        if not why and named:
            return self.loaded(max(named, key=lambda record: record.business_date))
        why = why or f"no row has its model {promotion.model_fingerprint}"
        return NotRun(*promotion.kind, _NOT_PROMOTED.format(promotion.from_date, why), is_problem=True)

    def _chosen(self, kind: tuple[str, str], as_of: date) -> ModelRecord | Promotion | date | None:
        """Of all that stand for the kind up to the night the newest; a promotion goes before training of its night.

        A date: that night's champion should stand, and its row is gone.
        """
        champion = ModelStatus.CHAMPION.value
        rows = {record.business_date: record for record in self.records if record.kind == kind}
        in_force: dict[tuple[date, int], ModelRecord | Promotion | date] = {
            (night, 0): record for night, record in rows.items() if record.state == champion
        }
        in_force |= {(n, 0): n for n, made in self.made.items() if made.get(kind) == champion and n not in rows}
        reported = [one for one in self.promotions if one.kind == kind]
        in_force |= {(one.from_date, place): one for place, one in enumerate(reported, 1)}
        newest = max((when for when in in_force if when[0] <= as_of), default=None)
        return None if newest is None else in_force[newest]


def kinds() -> Iterator[tuple[str, str]]:
    """Every pair of entity type and detector, in a fixed order."""
    return ((entity, model) for entity in ENTITIES for model in DETECTORS)


def find_champions(lake_models: LakeModels, as_of: date) -> tuple[list[Champion], list[NotRun]]:
    """The champions that may score the night, loaded; and, named with its reason, everyone who cannot."""
    found = [lake_models.champion(entity, model, as_of) for entity, model in kinds()]
    return [one for one in found if isinstance(one, Champion)], [one for one in found if isinstance(one, NotRun)]


def able(champions: list[Champion], measured: dict[str, frozenset[str]]) -> tuple[list[Champion], list[NotRun]]:
    """The champions whose indicators all ran tonight, and those that lack some."""
    runnable: list[Champion] = []
    skipped: list[NotRun] = []
    for champion in champions:
        needed = frozenset(champion.detector.reads.indicators)
        missing = sorted(needed - measured.get(champion.entity, frozenset()))
        if missing:
            why = f"tonight's indicators lack {', '.join(missing)}, which the model reads"
            skipped.append(NotRun(champion.entity, champion.model, why))
        else:
            runnable.append(champion)
    return runnable, skipped
