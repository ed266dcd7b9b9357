"""For who reviews leads: the list, one lead, its evidence."""
