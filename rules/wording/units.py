"""Units of figures, in both languages, as they stand behind a figure."""

from __future__ import annotations

from collections.abc import Mapping

SHARE = "share"
UNITS: Mapping[str, tuple[str, str]] = {
    SHARE: ("%", "%"), "yuan": (" 元", " yuan"), "day": (" 天", " days"), "second": (" 秒", " seconds"),
    "minute": (" 分钟", " minutes"), "hour": (" 小时", " hours"), "month": (" 个月", " months"),
    "age": (" 岁", " years"), "bit": (" 比特", " bits"),
    # of limits alone
    "fold": (" 倍", "×"), "cm": (" 厘米", " cm"), "point": (" 分", " points"), "digit": (" 位", ""),
    "time": (" 次", ""), "visit": (" 人次", ""), "person": (" 人", ""), "place": (" 家", ""), "piece": (" 个", ""),
    "item": (" 项", ""), "kind": (" 种", ""), "line": (" 条", ""), "list": (" 份", ""), "sale": (" 笔", ""),
    "pack": (" 盒", ""), "rank": (" 级", ""),
}  # fmt: skip
