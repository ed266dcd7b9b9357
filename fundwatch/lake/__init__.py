"""The lake's storage: Delta tables, the run ledger, journals, the lock, and whether the files hold."""
