"""Evidence files: what is read for them, whether a file is what was published, all lines, self-check packs."""
