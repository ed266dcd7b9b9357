"""Leads: the hits and scores of one subject, fused into what an inspector can act on; ranked, published."""
