"""Detectors: positions among peers, training, registry, scores and their reasons."""
