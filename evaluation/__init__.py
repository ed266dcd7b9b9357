"""How well a night found what is known: staged schemes set against hits, scores and leads."""
