"""Forms of files that are no delimited text, each turned into lines of it."""
