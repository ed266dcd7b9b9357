"""What authors write: rules as data, read and refused with all their faults at once, with their examples."""
