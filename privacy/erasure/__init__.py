"""Erasing persons and old years for good, and the record of it."""
