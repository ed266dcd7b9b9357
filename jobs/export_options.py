"""The options of `fundwatch export` and `fundwatch privacy`."""

from __future__ import annotations

import argparse

from fundwatch.places import local_path


def export_options(parser: argparse.ArgumentParser) -> None:
    """`fundwatch export NAME --out DIR`."""
    parser.add_argument("name", help="an export of conf/exports")
    parser.add_argument(
        "--out", type=local_path, required=True, metavar="DIR", help="where the export's folder is made"
    )


def privacy_options(parser: argparse.ArgumentParser) -> None:
    """`fundwatch privacy [--scrubber]`."""
    parser.add_argument(
        "--scrubber", action="store_true", help="measure the free-text scrubber on its labelled texts instead"
    )
