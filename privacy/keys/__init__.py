"""The pseudonymisation keys, secrets in two shares, and signatures by keys derived from them."""
