"""Behaviour indicators: declared as data, planned into few scans, compared with peers."""
