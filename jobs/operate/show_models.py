"""Which models speak on a night, and whether they hold; a person's word that another one shall. Without Spark."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import date
from typing import Any

from fundwatch.errors import FundwatchError
from fundwatch.lake.lock import held, refuse_no_lake
from jobs.command_line import night_of, settings_of
from jobs.copying import say
from jobs.model_shelf import promotions_in, shelf_of
from models.registry.champions import Champion, Shelf, kinds
from models.registry.promotion import Standing
from models.registry.records import ModelRecord, Promotion, is_model

_HEADINGS = ("模型\nModel", "上岗\nSpeaks", "学习自,指纹\nLearned on, print", "说明\nNote")


class PromotionError(FundwatchError):
    """A model cannot be promoted."""


def serve(options: argparse.Namespace) -> Any:
    """`fundwatch models [list|promote] --date D`."""
    return _promote(options) if options.action == "promote" else _list(options)


def _list(options: argparse.Namespace) -> dict[str, Any]:
    settings, night = settings_of(options).settings, night_of(options)
    refuse_no_lake(settings.lake_dir)
    found = list(_told(shelf_of(settings), night))
    if not options.json:
        _print(found, night)
    return {"date": night, "models": found}


def _told(shelf: Shelf, night: date) -> Iterator[dict[str, Any]]:
    """Per kind who speaks or why nobody does, and every challenger up to the night."""
    for kind in kinds():
        stands = shelf.champion(*kind, night)
        name = "/".join(kind)
        if isinstance(stands, Champion):
            yield {"model": name, "speaks": True, "learned_on": stands.learned_on, "print": stands.print, "note": ""}
        else:
            yield {"model": name, "speaks": False, "learned_on": None, "print": None, "note": stands.why_not}
        for record in _of_kind(shelf, kind, night):
            if record.state == Standing.CHALLENGER.value and record.model_print != getattr(stands, "print", None):
                note = f"待定 challenger: {record.why_not}"
                told = {"learned_on": record.business_date, "print": record.model_print, "note": note}
                yield {"model": name, "speaks": False, **told}


def _of_kind(shelf: Shelf, kind: tuple[str, str], night: date) -> list[ModelRecord]:
    return [one for one in shelf.records if one.kind == kind and is_model(one) and one.business_date <= night]


def _promote(options: argparse.Namespace) -> dict[str, Any]:
    """From the night on, the model with the print speaks; recorded in the lake, signed, with who and why."""
    settings, night = settings_of(options).settings, night_of(options)
    missing = [
        name for name, value in (("--model", options.model), ("--as", options.by), ("--why", options.why)) if not value
    ]
    if missing:
        raise PromotionError(f"{', '.join(missing)} must be given", do="say which model, who decides, and why")
    with held(settings.lake_dir):
        shelf = shelf_of(settings)
        record = _meant(shelf, options.model, options.print, night)
        loaded = shelf.loaded(record)
        if not isinstance(loaded, Champion):
            raise PromotionError(loaded.why_not, where=loaded.detail, do="a model that does not hold cannot speak")
        told = Promotion(night, *record.kind, loaded.print, options.by, options.why).signed(shelf.signer)
        promotions_in(settings.lake_dir).append([told.row()])
    if not options.json:
        print(f"from {night} on, {options.model} {loaded.print} (learned on {record.business_date}) speaks")
        say(options, f"lists follow when their nights run again: `fundwatch nightly --date {night}`")
    return {"model": options.model, "print": loaded.print, "from": night, "by": options.by}


def _meant(shelf: Shelf, name: str, content_print: str, night: date) -> ModelRecord:
    """The one model of the kind up to the night whose print begins so; without a print, the newest."""
    if name not in ["/".join(kind) for kind in kinds()]:
        known = ", ".join("/".join(kind) for kind in kinds())
        raise PromotionError(f"no model is named '{name}'", where="--model", do=f"give one of {known}")
    entity, _, model = name.partition("/")
    found = [one for one in _of_kind(shelf, (entity, model), night) if str(one.model_print).startswith(content_print)]
    if not found or (content_print and len(found) > 1):
        raise PromotionError(
            f"{len(found)} models of {name} up to {night} have a print that begins with '{content_print}'",
            do=f"see them with `fundwatch models --date {night}`",
        )
    return max(found, key=lambda one: one.business_date)


def _print(found: list[dict[str, Any]], night: date) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"模型 {night} Models", header_style="bold")
    for heading in _HEADINGS:
        table.add_column(heading, overflow="fold")
    for row in found:
        learned = f"{row['learned_on']}\n{row['print']}" if row["print"] else ""
        speaks = "是 yes" if row["speaks"] else "否 no"
        table.add_row(row["model"].replace("/", "/\n"), speaks, learned, row["note"])
    Console().print(table)
