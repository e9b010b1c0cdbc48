"""Policies (政策): what help exists and which conditions it has. Pure: no framework, no database."""
