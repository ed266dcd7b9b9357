"""What policy staff ask of knowledge: sheets imported as editions, approved, compared; what a night rests on."""
