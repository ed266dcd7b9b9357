"""How schemes are staged: casts, acts, disguises and labels."""
