"""A detector as bytes and back: one JSON document, so a model is data and nothing of it is ever run.

Reading trusts nothing: what is not exactly the form below is refused, in one sentence that says what is wrong.
`{"format": 1, "model": …, "reads": {"indicators": […], "directions": […]}, "detector": {…}}`
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np

from fundwatch.errors import FundwatchError
from models.detectors.detector import Detector, Reads
from models.detectors.known import DETECTORS
from models.detectors.trees import ModelDataError

FORMAT = 1
MOST_BYTES = 64 * 1024 * 1024  # 2,000 trees of 511 nodes take three quarters of it
_MOST_INDICATORS = 10_000
_HEAD = frozenset({"format", "model", "reads", "detector"})


def to_bytes(detector: Detector) -> bytes:
    """The same detector gives the same bytes."""
    reads = {"indicators": list(detector.reads.indicators), "directions": list(detector.reads.directions)}
    content = {"format": FORMAT, "model": detector.name, "reads": reads, "detector": detector.data()}
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8")


def of_bytes(content: bytes) -> Detector:
    """The detector. Raises ModelDataError when the bytes are no model of this release, or it gives no number."""
    head = _parsed(content)
    if not isinstance(head, Mapping) or head.keys() != _HEAD or head["format"] != FORMAT:
        raise ModelDataError(f"it is no model in format {FORMAT}")
    name = head["model"]
    if not isinstance(name, str) or name not in DETECTORS:
        raise ModelDataError("it is of a kind that this release does not know")
    detector = DETECTORS[name].of_data(_reads(head["reads"]), head["detector"])
    if not np.isfinite(detector.scores(np.zeros((1, len(detector.reads.indicators))))).all():
        raise ModelDataError("it gives no number for an entity that is like its peers in everything")
    return detector


def _parsed(content: bytes) -> Any:
    if len(content) > MOST_BYTES:
        raise ModelDataError(f"it is larger than {MOST_BYTES:,} bytes")
    try:
        return json.loads(content.decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise ModelDataError("it is no JSON") from error


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of JSON")


def _reads(data: Any) -> Reads:
    if not isinstance(data, Mapping) or data.keys() != {"indicators", "directions"}:
        raise ModelDataError("what it reads is not `indicators` and `directions`")
    indicators, directions = data["indicators"], data["directions"]
    for texts in (indicators, directions):
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise ModelDataError("its indicators or directions are no list of texts")
    if not 0 < len(indicators) <= _MOST_INDICATORS or len({*indicators}) != len(indicators):
        raise ModelDataError("its indicators are none, too many, or one of them twice")
    if len(indicators) != len(directions):
        raise ModelDataError("its indicators and directions are not equally many")
    try:
        return Reads(tuple(indicators), tuple(directions))
    except FundwatchError as error:
        raise ModelDataError("one of its directions is none") from error
