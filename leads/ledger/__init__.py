"""What came of the leads: their value by rule and month, what follows for whom, and what the next list learns."""
