"""Rows on their way to the clean tables: read, mapped, made safe, judged, netted, counted."""
