"""What a world is made of, as a person declares it."""
