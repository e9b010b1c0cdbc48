"""Opinions in the hall (现场一次一评): the window asks, the leader sees them by service point."""
