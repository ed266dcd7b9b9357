"""A source: the mapping of its files to canonical tables, and the checks every row must pass."""
