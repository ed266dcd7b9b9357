"""Benefit policy as dated data, and settlements made again by it: what was due, and what other methods would pay."""
