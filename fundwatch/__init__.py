"""The ground floor of fundwatch: settings, errors, session, table contracts and store, run ledger, keys, names."""

__version__ = "0.1.0"
