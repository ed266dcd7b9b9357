"""Privacy, a floor under every domain: keys, tokens, vault, audit, access, erasure, scrubbing, release."""
