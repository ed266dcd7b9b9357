"""The texts of a lead, in Chinese and English: what was found, how far from peers, what would clear it.

They are made from two arrays that the lead carries: `rules` (the dearest first) and `indicators` (the strongest
first).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from leads.cards import STATISTICAL, TIPPED, Cards, is_listed, looked_up
from leads.words import in_currency

if TYPE_CHECKING:
    from pyspark.sql import Column

INDICATORS_SHOWN = 3


def lead_texts(cards: Cards, currency: str) -> dict[str, Column]:
    """reason_zh, reason_en, clear_zh, clear_en and law of a lead; money in the currency."""
    is_scored_only = (F.col("hit_count") == 0) & F.col("is_standout")
    is_tip_only = (F.col("hit_count") == 0) & ~F.col("is_standout")
    law = F.array_sort(F.array_distinct(F.flatten(F.transform("rules", lambda rule: _law(cards, rule)))))
    statistical_law = F.array(*(F.lit(article) for article in STATISTICAL.law))
    return {
        "reason_zh": _reason("zh", cards, currency),
        "reason_en": _reason("en", cards, currency),
        "clear_zh": _of_no_rule(is_scored_only, STATISTICAL.clears_zh, is_tip_only, TIPPED.clears_zh).otherwise(
            _clearings("zh", cards)
        ),
        "clear_en": _of_no_rule(is_scored_only, STATISTICAL.clears_en, is_tip_only, TIPPED.clears_en).otherwise(
            _clearings("en", cards)
        ),
        "law": F.when(is_scored_only | is_tip_only, statistical_law).otherwise(law),
    }


def _of_no_rule(is_scored_only: Column, scored: str, is_tip_only: Column, tipped: str) -> Column:
    return F.when(is_scored_only, scored).when(is_tip_only, tipped)


def _law(cards: Cards, rule: Column) -> Column:
    """The articles of the rule. The branches lie side by side: one within another they would be as deep as there are
    rules, and overflow the stack of who plans them."""
    of_law: dict[tuple[str, ...], list[str]] = {}
    for rule_id, card in sorted(cards.rules.items()):
        of_law.setdefault(tuple(card.law), []).append(rule_id)
    nothing = F.array().cast("array<string>")
    articles = F.when(F.lit(False), nothing)
    for law, rules in of_law.items():
        reported = F.array(*(F.lit(article) for article in law)).cast("array<string>")
        articles = articles.when(is_listed(rules, rule["rule_id"]), reported)
    return articles.otherwise(nothing)


def _reason(language: str, cards: Cards, currency: str) -> Column:
    total = F.format_number("amount_at_risk", 2)
    if language == "zh":
        once = F.concat(F.lit("合计涉及基金 "), total, F.lit(in_currency(" 元(每条明细只计一次)。", currency)))
        alone = _of_no_rule(
            F.col("is_standout"),
            "未命中规则,仅为统计线索,不得据此认定违规。",
            ~F.col("is_standout"),
            "未命中规则,评分亦不突出,仅有举报,须核实。",
        )
        tips = F.concat(F.lit("举报 "), _count("tip_count"), F.lit(" 件,最近 "), _day("tip_newest"), F.lit("。"))
        marks = ("指标:", ";", "。")
    else:
        once = F.concat(
            F.lit(in_currency("In all CNY ", currency)), total, F.lit(" of the fund at risk (each line counted once).")
        )
        alone = _of_no_rule(
            F.col("is_standout"),
            "No rule hit: a statistical clue only, which proves nothing by itself.",
            ~F.col("is_standout"),
            "No rule hit and no score stands out: somebody reported it, which is to be verified.",
        )
        tips = F.concat(
            F.lit("Reports: "), _count("tip_count"), F.lit(", the last on "), _day("tip_newest"), F.lit(".")
        )
        marks = ("Indicators: ", "; ", ".")
    rules = F.array_join(F.transform("rules", lambda rule: _rule_sentence(language, cards, rule, currency)), "\n")
    strongest = F.slice("indicators", 1, INDICATORS_SHOWN)
    indicators = F.array_join(F.transform(strongest, lambda reported: _position(language, cards, reported)), marks[1])
    counts = F.when(F.col("hit_count") == 0, alone).otherwise(once)
    reported = F.when(F.col("tip_count") > 0, tips).otherwise("")
    parts = (rules, counts, reported, _framed(marks[0], indicators, marks[2]))
    return F.concat_ws("\n", *(F.when(part != "", part) for part in parts))


def _count(name: str) -> Column:
    return F.coalesce(F.col(name), F.lit(0)).cast("string")


def _day(name: str) -> Column:
    return F.coalesce(F.date_format(name, "yyyy-MM-dd"), F.lit("?"))


def _framed(before: str, text: Column, after: str) -> Column:
    """The text between its frame, or nothing when there is no text."""
    reported = F.coalesce(F.trim(text), F.lit(""))
    return F.when(reported == "", "").otherwise(F.concat(F.lit(before), reported, F.lit(after)))


def _rule_sentence(language: str, cards: Cards, rule: Column, currency: str) -> Column:
    """`DC-03 完全重复明细:3 次,涉及基金 1,234.50 元。例:…`; the example is the rule's dearest hit.

    What the rule's hits come to and what of it counts are both reported where they differ: hits and rules may share
    lines.
    """
    money, hits = F.format_number(rule["money"], 2), rule["hits"].cast("string")
    counted, counts_whole = F.format_number(rule["counted"], 2), rule["counted"] == rule["money"]
    is_unpriced = rule["is_estimate"] & (rule["money"] == 0)
    if language == "zh":
        name = looked_up({rule_id: card.name_zh for rule_id, card in cards.rules.items()}, rule["rule_id"])
        kind = F.when(rule["is_estimate"], "估算").otherwise("涉及基金")
        whole, of_it, counts = (in_currency(text, currency) for text in (" 元。", " 元,其中 ", " 元计入合计。"))
        part = F.when(counts_whole, whole).otherwise(F.concat(F.lit(of_it), counted, F.lit(counts)))
        said = F.when(is_unpriced, F.lit("不计金额。")).otherwise(F.concat(kind, F.lit(" "), money, part))
        shown = (F.lit(":"), hits, F.lit(" 次,"), said)
        example = _framed("例:", rule["example_zh"], "")
    else:
        name = looked_up({rule_id: card.name_en for rule_id, card in cards.rules.items()}, rule["rule_id"])
        kind = F.when(rule["is_estimate"], "estimated").otherwise("fund at risk")
        times = F.when(rule["hits"] == 1, " hit, ").otherwise(" hits, ")
        part = F.when(counts_whole, ".").otherwise(
            F.concat(F.lit(f", of which {currency} "), counted, F.lit(" counts."))
        )
        money_text = F.concat(kind, F.lit(f" {currency} "), money, part)
        shown = (F.lit(": "), hits, times, F.when(is_unpriced, F.lit("no money.")).otherwise(money_text))
        example = _framed(" Example: ", rule["example_en"], "")
    return F.concat(rule["rule_id"], F.lit(" "), name, *shown, example)


def _clearings(language: str, cards: Cards) -> Column:
    """What would clear each rule, one line a rule; a rule without a card says nothing."""
    if language == "zh":
        texts = {rule_id: f"{rule_id}:{card.clears_zh}" for rule_id, card in cards.rules.items() if card.clears_zh}
    else:
        texts = {rule_id: f"{rule_id}: {card.clears_en}" for rule_id, card in cards.rules.items() if card.clears_en}
    has_card = F.filter("rules", lambda rule: is_listed(texts, rule["rule_id"]))
    return F.array_join(F.transform(has_card, lambda rule: looked_up(texts, rule["rule_id"])), "\n")


def _position(language: str, cards: Cards, reported: Column) -> Column:
    """`药占比 98.0%,同组中位数 40.0%,高于同组 98.2% 的同行(n=57)`; the percentile is one as it is said."""
    value, median = reported["value"], reported["peer_median"]
    is_high = value >= F.coalesce(median, value)
    share = F.when(is_high, reported["percentile"]).otherwise(1 - reported["percentile"])
    beyond = F.format_number(share * 100, 1)
    count, shares = reported["peer_count"].cast("string"), [i for i, c in cards.indicators.items() if c.unit == "share"]
    is_share = is_listed(shares, reported["indicator"])
    numbers = [_number(number, is_share) for number in (value, median)]
    if language == "zh":
        name = looked_up({i: card.name_zh for i, card in cards.indicators.items()}, reported["indicator"])
        side = F.when(is_high, "高于").otherwise("低于")
        middle = [F.lit(",同组中位数 "), numbers[1], F.lit(","), side, F.lit("同组 "), beyond]
        parts = [name, F.lit(" "), numbers[0], *middle, F.lit("% 的同行(n="), count, F.lit(")")]
    else:
        name = looked_up({i: card.name_en for i, card in cards.indicators.items()}, reported["indicator"])
        side = F.when(is_high, "above ").otherwise("below ")
        middle = [F.lit(", peer median "), numbers[1], F.lit(", "), side, beyond]
        parts = [name, F.lit(" "), numbers[0], *middle, F.lit("% of its peers (n="), count, F.lit(")")]
    return F.concat(*(F.coalesce(part, F.lit("?")) for part in parts))


def _number(value: Column, is_share: Column) -> Column:
    """A share in percent, anything else with two decimals."""
    percent = F.concat(F.format_number(value * 100, 1), F.lit("%"))
    return F.when(is_share, percent).otherwise(F.format_number(value, 2))
