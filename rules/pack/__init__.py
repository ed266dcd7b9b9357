"""Rules as one file for use before and in settlement, and the reference evaluator of it: one visit in, verdicts out."""
