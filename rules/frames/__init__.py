"""The rows that rules are judged on, grain by grain, with their columns and what each rests on."""
