"""From hits and scores to a ranked list: fused, explained, continued over nights."""
