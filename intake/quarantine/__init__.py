"""Rejected rows: what their codes mean, who may vouch for which, and how they come back."""
