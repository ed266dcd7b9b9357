"""For who asks what came of the leads: the outcome ledger, points of persons, credit grades, labels."""
