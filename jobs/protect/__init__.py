"""For who protects persons: keys, audit, re-identification, erasure, exports, reports."""
