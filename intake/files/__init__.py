"""Files on disk: arrival, manifest, bytes, lines and drift, judged before Spark sees them."""
