"""What people do with leads: assigned, checked, closed, taken back; sheets read back; what is late or has changed."""
