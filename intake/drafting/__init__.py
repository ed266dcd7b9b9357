"""A mapping proposed from the headers and a sample of unknown files."""
