"""
Evidence (证据): what is known about people, by whom, since when and until when.

One statement is one source's facts about one person or household at one date. Statements are never changed;
newer or better ones stand above them. What follows from the facts is `screening`, not here.
"""
