"""Household files (一户一档): what lies in one, lending and handing over, and which files are out."""
