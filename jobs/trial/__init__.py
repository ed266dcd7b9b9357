"""For who asks why a rule hit, or what another would have hit, on the lake's past: explained, tried, compared."""
