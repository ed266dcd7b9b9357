"""The lake: Delta tables at an address, the run ledger, journals, the lock, and all that touches the lake's files."""
