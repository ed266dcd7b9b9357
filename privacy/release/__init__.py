"""What may leave: generalisation, anonymity, re-linking attacks, declared exports."""
