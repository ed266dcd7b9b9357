"""The shapes of analysis rules: what of an indicator is strange, in which words, by which parameters, shown by what.

Limits that no source verifies are marked [k]; each is a parameter with a range. 3.5 robust deviations are the customary
cut of Iglewicz and Hoaglin (1993); fewer than 20 peers compare with nobody, here as on the profiles' pages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rules.analysis.indicators import CASE_MIX, GROWTH, PAST, VALUE
from rules.analysis.shown import Entity, above, alone, below, beside_growth

_LEAST_PEERS = 20
_Span = tuple[float | None, float | None]


@dataclass(frozen=True)
class AnalysisShape:
    """One way of being strange.

    `judges` are the kinds of indicators it is for, `side` the side that is strange in them. `where` and `when` are
    those of a rule, over `value`, what stands beside it, and the names in `beside`, which a row may give. `zh` and `en`
    say how it is called after the indicator's name; `reason_zh` and `reason_en` go on from the value. `estimate` is the
    money above expectation, where the row says of which `money`. `shown` makes the examples from the parameters.
    """

    judges: frozenset[str]
    side: str
    where: str
    when: str
    params: Mapping[str, float | int]
    ranges: Mapping[str, _Span]
    zh: str
    en: str
    reason_zh: str
    reason_en: str
    shown: Callable[[Mapping[str, float]], tuple[list[Entity], list[Entity]]]
    estimate: str | None = None
    beside: tuple[str, ...] = field(default=())


_COMPARED = "value IS NOT NULL AND peer_count >= :least_peers"
_PEERS = {"least_peers": _LEAST_PEERS}
_PEER_RANGE: Mapping[str, _Span] = {"least_peers": (_LEAST_PEERS, None)}
_ZH_PEERS = (
    "同组 {peer_count} 个对象的中位数为 {median_said}(其 {times_said} 倍),稳健偏离 {z_said},高于 {place_said}% 的同行"
)
_EN_PEERS = (
    "the median of its {peer_count} peers is {median_said} ({times_said} times that), {z_said} robust deviations away, "
    "above {place_said}% of them"
)
_ZH_LOW = "同组 {peer_count} 个对象的中位数为 {median_said},稳健偏离 {z_said},仅高于 {place_said}% 的同行"
_EN_LOW = (
    "the median of its {peer_count} peers is {median_said}, {z_said} robust deviations away, above {place_said}% of "
    "them only"
)
_ZH_FIRST = "同组 {peer_count} 个对象的中位数为 {median_said},高于 {place_said}% 的同行"
_EN_FIRST = "the median of its {peer_count} peers is {median_said}, above {place_said}% of them"
_ABOVE_MEDIAN = "(1 - try_divide(median, value)) * money"

SHAPES: Mapping[str, AnalysisShape] = {
    # far above the peers, and among the highest of them
    "above_peers": AnalysisShape(
        frozenset({VALUE}),
        "high",
        _COMPARED,
        "z >= :least_z AND place >= :least_place AND value >= :least_value",
        {**_PEERS, "least_z": 3.5, "least_place": 0.95, "least_value": 0.0},
        {**_PEER_RANGE, "least_z": (2, 20), "least_place": (0.5, 0.99), "least_value": (0, None)},
        "高于同组",
        "far above the peers'",
        _ZH_PEERS,
        _EN_PEERS,
        above,
        _ABOVE_MEDIAN,
    ),
    "below_peers": AnalysisShape(
        frozenset({VALUE}),
        "low",
        _COMPARED,
        "z <= -:least_z AND place <= :most_place AND value <= :most_value",
        {**_PEERS, "least_z": 3.5, "most_place": 0.05, "most_value": 1.0},
        {**_PEER_RANGE, "least_z": (2, 20), "most_place": (0, 0.5), "most_value": (0, None)},
        "低于同组",
        "far below the peers'",
        _ZH_LOW,
        _EN_LOW,
        below,
    ),
    # of what most peers have nothing: they do not differ, and no deviation is known
    "first_of_peers": AnalysisShape(
        frozenset({VALUE}),
        "high",
        _COMPARED,
        "place >= :least_place AND value >= :least_value AND value > median",
        {**_PEERS, "least_place": 0.98, "least_value": 0.0},
        {**_PEER_RANGE, "least_place": (0.5, 0.99), "least_value": (0, None)},
        "居同组之首",
        "the highest of the peers",
        _ZH_FIRST,
        _EN_FIRST,
        above,
        _ABOVE_MEDIAN,
    ),
    # a limit of law, agreement or nature
    "at_least": AnalysisShape(
        frozenset({VALUE}),
        "high",
        "value IS NOT NULL",
        "value >= :least_value",
        {"least_value": 1.0},
        {"least_value": (0, None)},
        "超限",
        "above its limit",
        "限为 {limit_said}",
        "the limit is {limit_said}",
        alone,
        "(1 - try_divide(:least_value, value)) * money",
    ),
    "at_most": AnalysisShape(
        frozenset({VALUE}),
        "low",
        "value IS NOT NULL",
        "value <= :most_value",
        {"most_value": 0.0},
        {"most_value": (0, None)},
        "低于下限",
        "below its limit",
        "下限为 {limit_said}",
        "the limit is {limit_said}",
        alone,
    ),
    # observed over expected of like cases, drawn towards 1 where little is known
    "above_expected": AnalysisShape(
        frozenset({CASE_MIX}),
        "high",
        _COMPARED,
        "value >= :least_ratio AND z >= :least_z",
        {**_PEERS, "least_ratio": 1.5, "least_z": 3.0},
        {**_PEER_RANGE, "least_ratio": (1.05, 10), "least_z": (1, 20)},
        "高于病例组合预期",
        "above what like cases cost",
        f"按病种、年龄、性别、级别、险种的预期为 1,{_ZH_PEERS}",
        f"1 is expected of like diseases, ages, sexes and levels; {_EN_PEERS}",
        above,
        "(1 - try_divide(1, value)) * money",
    ),
    # a change that the peers do not share: a season or a policy moves all of them
    "grown": AnalysisShape(
        frozenset({GROWTH}),
        "high",
        _COMPARED,
        "value >= :least_growth AND place >= :least_place",
        {**_PEERS, "least_growth": 0.67, "least_place": 0.95},
        {**_PEER_RANGE, "least_growth": (0.05, 100), "least_place": (0.5, 0.99)},
        "突增",
        "grown beyond the peers'",
        _ZH_FIRST,
        _EN_FIRST,
        above,
        "try_divide(value, 1 + value) * money",
    ),
    # against its own past, whatever the peers do, and grown by much as well
    "off_own_past": AnalysisShape(
        frozenset({PAST}),
        "high",
        "value IS NOT NULL AND growth IS NOT NULL",
        "value >= :least_z AND growth >= :least_growth",
        {"least_z": 3.5, "least_growth": 0.67},
        {"least_z": (2, 50), "least_growth": (0.05, 100)},
        "",
        "far off",
        "为与自身此前各期相比的稳健偏离;较上一期增长 {growth_said}%",
        "robust deviations from its own earlier windows; {growth_said}% more than in the window before",
        beside_growth,
        "try_divide(growth, 1 + growth) * money",
        beside=("growth",),
    ),
    # against its own past, of what has no growth: a share, a level
    "jumped": AnalysisShape(
        frozenset({PAST}),
        "high",
        "value IS NOT NULL",
        "value >= :least_z",
        {"least_z": 5.0},
        {"least_z": (2, 50)},
        "",
        "far off",
        "为与自身此前各期相比的稳健偏离,限为 {limit_said}",
        "robust deviations from its own earlier windows; the limit is {limit_said}",
        alone,
    ),
}
