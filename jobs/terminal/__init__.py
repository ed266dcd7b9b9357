"""The command line: every command with its options, who serves it, and what is printed of the answer."""
