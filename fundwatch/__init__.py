"""The ground floor, which all stand on: settings, errors, expressions, declared data, pages."""

__version__ = "0.1.0"
