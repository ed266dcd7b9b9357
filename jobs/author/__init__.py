"""For who writes rules and answers for them: examples played, classes covered, shared scans, the life of a rule."""
