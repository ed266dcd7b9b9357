"""For who operates: deliveries, quarantine, the lake's accounts, models, settings."""
