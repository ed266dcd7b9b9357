"""Identifiers become keyed tokens, once for each distinct value of an Arrow batch."""
