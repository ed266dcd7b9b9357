"""What authors write: rules as data, read and refused with all their problems at once, with their examples."""
