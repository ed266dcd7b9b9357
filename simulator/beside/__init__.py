"""Tables beside the claims: stock, trace codes, filings, presence, payment groups."""
