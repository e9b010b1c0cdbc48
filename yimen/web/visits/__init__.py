"""Desks of those who verify: a visitor's phone, and the back office where sources stand side by side."""
