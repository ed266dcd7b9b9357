"""What becomes of a lead: its steps, its outcome, rules that are quiet for a subject. Journals that only grow."""
