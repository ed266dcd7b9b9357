"""The scan: one pass per frame, what could not run, and the money of a hit."""
