"""
The demonstration county (演示县): people who do not exist, their departments' files with the dirt real files have, and a
truth table made by plain Python that knows nothing of the rules' engine. Pure: it writes files and nothing else.
"""
