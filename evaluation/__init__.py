"""How well a night found what is known: labels set against hits, scores and leads, beside what chance finds."""
