"""The scan: measures that rules share, a pass for each shuffle they need, what could not run, the money of a hit."""
