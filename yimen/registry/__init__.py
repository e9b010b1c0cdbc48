"""
Registry (名册): who they are. People, households, who lived together when, standings (对象类别) and legal obligors.

It identifies and finds people; what is known about their lives is `evidence`, what they are given is `benefits`.
"""
