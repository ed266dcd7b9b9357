"""The city: persons, households, institutions, staff, items and their prices."""
