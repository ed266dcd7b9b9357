"""The words by which a file is asked for."""

from __future__ import annotations

PHARMACY = "pharmacy"  # an institution by its register, a word of its own to those who ask
PROFILE_KINDS = ("patient", "doctor", "institution", PHARMACY)
