"""Is the simulated world like the published figures? Measured, and compared without labels."""
