"""How rules are said to people: their parameters by words, values and units."""
