"""
Benefits (待遇): what people are given. Grants with amount, begin, end, next review and the rule version behind them.

It does not decide who should receive, and pays nothing by itself.
"""
