"""Examples of the shapes, made of their parameters: entities a shade beyond each limit, and a shade within."""

from __future__ import annotations

from collections.abc import Mapping

Entity = dict[str, float]  # by the rule's names; `rungs_below` of the peers' ladder lie below the value
_SHADE = 0.001
_RUNGS = 100
_TOP = 99


def above(params: Mapping[str, float]) -> tuple[list[Entity], list[Entity]]:
    """Values far above their peers: beyond every limit, and one limit missed at a time."""
    least = max(params.get(name, 0.0) for name in ("least_value", "least_growth", "least_ratio"))
    peers, z = int(params["least_peers"]), params.get("least_z")
    rungs = round(params.get("least_place", _TOP / _RUNGS) * _RUNGS) + 1
    value = least * 1.5 or 0.6
    far = _among(value, z, 1 + _SHADE, peers + 20, _RUNGS)
    hits = [far, {**far, "peer_count": peers}]
    misses = [{**far, "peer_count": peers - 1}, _among(least * (1 - _SHADE), z, 1 + _SHADE, peers + 20, _RUNGS)]
    if "least_place" in params:
        hits.append({**far, "rungs_below": rungs})
        misses.append({**far, "rungs_below": rungs - 1})
    if z is not None:
        hits.append(_among(value, z, 3.0, peers + 20, _RUNGS))
        misses += [_among(value, z, 1 - _SHADE, peers + 20, _RUNGS), {**far, "mad": 0.0}]
    if least:
        hits.append(_among(least, z, 1 + _SHADE, peers + 20, _RUNGS))
    return hits, misses


def below(params: Mapping[str, float]) -> tuple[list[Entity], list[Entity]]:
    """Values far below their peers."""
    peers, z, most = int(params["least_peers"]), params["least_z"], params["most_value"]
    rungs = round(params["most_place"] * _RUNGS) + 1
    value = most * 0.5 or 0.0
    spread = (most or 1.0) / (2 * z)
    far: Entity = {"value": value, "peer_count": peers + 20, "mad": spread, "rungs_below": 0}
    far["median"] = value + z * (1 + _SHADE) * spread
    hits = [far, {**far, "peer_count": peers}, {**far, "rungs_below": rungs}]
    misses = [{**far, "peer_count": peers - 1}, {**far, "rungs_below": rungs + 1}, {**far, "mad": 0.0}]
    misses.append({**far, "median": value + z * (1 - _SHADE) * spread})
    return hits, misses


def alone(params: Mapping[str, float]) -> tuple[list[Entity], list[Entity]]:
    """Values on both sides of a limit, whatever the peers do."""
    if (most := params.get("most_value")) is not None:
        hits = [most, most * 0.5, 0.0]
        misses = [most + _SHADE, most * 1.5 + 0.1, most * 3 + 1.0]
    else:
        least = params["least_value"] if "least_value" in params else params["least_z"]
        hits = [least, least * 1.5, least * 10]
        misses = [least * (1 - _SHADE), least * 0.5, 0.0]
    return [{"value": value} for value in hits], [{"value": value} for value in misses]


def beside_growth(params: Mapping[str, float]) -> tuple[list[Entity], list[Entity]]:
    """Deviations from an own past, with how much it has grown."""
    z, growth = params["least_z"], params["least_growth"]
    hits = [(z, growth), (z * 2, growth), (z, growth * 3)]
    misses = [(z * (1 - _SHADE), growth), (z, growth * (1 - _SHADE)), (z, 0.0), (0.0, growth)]
    return tuple([{"value": one, "growth": other} for one, other in pairs] for pairs in (hits, misses))  # type: ignore[return-value]


def _among(value: float, z: float | None, times: float, peer_count: int, rungs: int) -> Entity:
    """A value so many times the least deviation above its peers' median, which is half of it."""
    median = value / 2
    spread = (value - median) / (z * times) if z else abs(median) / 4
    return {"value": value, "peer_count": peer_count, "median": median, "mad": spread, "rungs_below": rungs}
