"""Dated knowledge of items and diagnoses, by region."""
