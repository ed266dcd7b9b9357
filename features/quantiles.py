"""Quantiles of sorted arrays, exact and interpolated, so the same in every run."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

# Makes the median absolute deviation estimate the standard deviation of normal values: 1 / Φ⁻¹(3/4).
MAD_SCALE = 1.4826
PERCENTS = 100


def quantile_of(values: Column, percent: Column) -> Column:
    """The percent's quantile of a sorted array, between neighbours in proportion; null of an empty array."""
    place = (F.size(values) - 1) * percent / F.lit(float(PERCENTS))
    below = F.floor(place).cast("int")
    low, high = F.get(values, below), F.get(values, F.ceil(place).cast("int"))
    return low + (high - low) * (place - below)


def median_of(values: Column) -> Column:
    """The median of a sorted array."""
    return quantile_of(values, F.lit(50))
