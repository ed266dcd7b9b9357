"""Analysis rules: an indicator judged by one of a few shapes. A shape is code, a rule is a row."""
