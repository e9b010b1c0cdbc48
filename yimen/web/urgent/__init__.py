"""Urgent aid on the spot (急难快救), the township's reserve, and registering who is in no roster: pages of the window."""
