"""The vault: what re-identification needs, sealed under its own key, and how it follows a rotation."""
