"""Expressions and queries that people declare: parsed, checked against what may stand in them, rewritten as SQL."""
