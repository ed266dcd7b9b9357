"""Who may ask for identities and who approves; re-identification of one lead on request."""
