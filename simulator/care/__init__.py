"""Care as it happens: illnesses, visits, stays, prescriptions, settlements and their corrections."""
