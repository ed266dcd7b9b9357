"""The delivery log: what became of every delivery, with why and by whom. Appended, never rewritten, without Spark.

A delivery is known by its source, its business date and the fingerprint of its content: what was held or released was
that very content, and a delivery changed by one byte is another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from fundwatch.errors import DeliveryError
from fundwatch.lake.journal import Journal
from fundwatch.places import LakeAddress


class DeliveryState(StrEnum):
    """What a delivery can be."""

    RECEIVED = "received"
    HELD = "held"
    RELEASED = "released"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    SUPERSEDED = "superseded"


# What may follow what. Anything else changes nothing: a run repeated after a kill notes the same states again, and
# what the lake has taken in stays accepted whatever a later run of it meets.
_FOLLOWS: Mapping[DeliveryState | None, frozenset[DeliveryState]] = {
    None: frozenset({DeliveryState.RECEIVED}),
    DeliveryState.RECEIVED: frozenset(
        {DeliveryState.HELD, DeliveryState.ACCEPTED, DeliveryState.REFUSED, DeliveryState.SUPERSEDED}
    ),
    DeliveryState.HELD: frozenset(
        {DeliveryState.RELEASED, DeliveryState.ACCEPTED, DeliveryState.REFUSED, DeliveryState.SUPERSEDED}
    ),
    DeliveryState.RELEASED: frozenset({DeliveryState.ACCEPTED, DeliveryState.REFUSED, DeliveryState.SUPERSEDED}),
    DeliveryState.REFUSED: frozenset({DeliveryState.RECEIVED, DeliveryState.SUPERSEDED}),
    DeliveryState.SUPERSEDED: frozenset({DeliveryState.REFUSED}),
    DeliveryState.ACCEPTED: frozenset(),
}
_COLUMNS = {
    "business_date": "date",
    "source": "string",
    "batch_id": "string",
    "state": "string",
    "fingerprint": "string",
    "files": "bigint",
    "rows": "bigint",
    "amount": "money",
    "by": "string",
    "why": "string",
}
Key = tuple[str, date, str]


@dataclass(frozen=True)
class LoggedDelivery:
    """A delivery as it is noted. `rows` and `amount` (CNY, to the cent) are null while nobody has counted them."""

    business_date: date
    source: str
    batch_id: str
    fingerprint: str
    files: int
    rows: int | None = None
    amount: Decimal | None = None

    @property
    def key(self) -> Key:
        return self.source, self.business_date, self.fingerprint


@dataclass(frozen=True)
class Noted:
    """A delivery in a state, with who brought it there (empty: a run) and why."""

    delivery: LoggedDelivery
    state: DeliveryState
    by: str
    why: str


@dataclass(frozen=True)
class DeliveryLog:
    """The journal `delivery_state` of a lake."""

    lake: LakeAddress

    def note(self, state: DeliveryState, delivery: LoggedDelivery, *, by: str = "", why: str = "") -> bool:
        """Note a state; whether it is a new one. Accepting a delivery supersedes all others of its source and date."""
        current = self._latest()
        latest = current.get(delivery.key)
        if state not in _FOLLOWS[None if latest is None else latest.state]:
            return False
        rows = [_row(Noted(delivery, state, by, why))]
        if state is DeliveryState.ACCEPTED:
            others = [n for key, n in current.items() if key != delivery.key and key[:2] == delivery.key[:2]]
            text = f"the delivery {delivery.batch_id} was accepted"
            rows += [
                _row(Noted(n.delivery, DeliveryState.SUPERSEDED, "", text))
                for n in others
                if DeliveryState.SUPERSEDED in _FOLLOWS[n.state]
            ]
        self._journal.append(rows)
        return True

    def current(self) -> list[Noted]:
        """The latest state of every delivery, by business date, source and fingerprint."""
        found = self._latest().values()
        return sorted(found, key=lambda n: (n.delivery.business_date, n.delivery.source, n.delivery.fingerprint))

    def history(self, night: date) -> list[dict[str, Any]]:
        """All that was ever noted of a business date, the oldest first."""
        return [row for row in self._journal.rows() if row["business_date"] == night]

    def is_released(self, night: date, content_fingerprint: str) -> bool:
        """Whether a person has released this very content for the business date, or it was accepted already."""
        latest = [
            n
            for n in self.current()
            if (n.delivery.business_date, n.delivery.fingerprint) == (night, content_fingerprint)
        ]
        return any(n.state in (DeliveryState.RELEASED, DeliveryState.ACCEPTED) for n in latest)

    def release(
        self, night: date, *, by: str, why: str, source: str | None = None, content_fingerprint: str = ""
    ) -> Noted:
        """A named person lets a held delivery in. Raises DeliveryError unless exactly one is held and both are named.

        `content_fingerprint` (its beginning is enough) chooses where several are held for the date.
        """
        if not by.strip() or not why.strip():
            raise DeliveryError("a release needs a name and a reason", do="give --as NAME and --why TEXT")
        of_night = [n for n in self.current() if n.delivery.business_date == night]
        held = [
            n
            for n in of_night
            if n.state is DeliveryState.HELD
            and source in (None, n.delivery.source)
            and n.delivery.fingerprint.startswith(content_fingerprint)
        ]
        if len(held) != 1:
            found = ", ".join(f"{n.delivery.fingerprint} {n.state}" for n in of_night) or "none was received"
            text = "no delivery is held" if not held else f"{len(held)} deliveries are held"
            raise DeliveryError(
                f"{text} for {night}: {found}",
                where=str(self._journal.address),
                do="see `fundwatch deliveries`; name one with --fingerprint where several are held",
            )
        released = Noted(held[0].delivery, DeliveryState.RELEASED, by.strip(), why.strip())
        self._journal.append([_row(released)])
        return released

    @property
    def _journal(self) -> Journal:
        return Journal(self.lake, "delivery_state", _COLUMNS)

    def _latest(self) -> dict[Key, Noted]:
        return {noted.delivery.key: noted for noted in _noted(self._journal.rows())}


def _noted(rows: Iterable[Mapping[str, Any]]) -> Iterable[Noted]:
    names = LoggedDelivery.__dataclass_fields__
    for row in rows:
        yield Noted(
            LoggedDelivery(**{name: row[name] for name in names}),
            DeliveryState(row["state"]),
            row["by"] or "",
            row["why"] or "",
        )


def _row(noted: Noted) -> dict[str, Any]:
    return {**asdict(noted.delivery), "state": str(noted.state), "by": noted.by, "why": noted.why}
