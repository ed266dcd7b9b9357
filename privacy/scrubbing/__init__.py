"""Identifiers in free text and in codes: found by form and by words, replaced by a mark."""
