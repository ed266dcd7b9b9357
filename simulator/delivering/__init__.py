"""The world's records as the files of nightly deliveries, with their truth."""
