"""Frames whose rows are of persons: their visits, purchases, years and registrations, with no fee line each."""
