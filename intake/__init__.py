"""Landing to clean: read a delivery, map it, check it, count it, pseudonymise it, net its reversals."""
