"""For who reviews leads: the list, one lead, its evidence; what rules, indicators and knowledge say."""
