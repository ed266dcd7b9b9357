"""Places that people name: folders and files of this machine. Only the standard library: help must be instant."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from pathlib import Path

# two letters or more, for a drive has one; after a path has been read, `//` is `/`
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")


def address_fault(text: str) -> str:
    """Why the text names no folder or file of this machine; empty when it may."""
    if _ADDRESS.match(text) is None:
        return ""
    return f"'{text}' is an address; fundwatch works on folders that every driver sees under one path, like /data/lake"


def local_path(text: str) -> Path:
    """The path that an option of the command line names. Raises ArgumentTypeError for an address."""
    if fault := address_fault(text):
        raise ArgumentTypeError(fault)
    return Path(text)
