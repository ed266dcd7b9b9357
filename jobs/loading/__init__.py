"""The steps of the job intake."""
