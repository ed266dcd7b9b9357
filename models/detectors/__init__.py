"""Detectors: from z-scores among peers to one number per entity."""
