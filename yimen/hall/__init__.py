"""
The hall (大厅): who came, who is recognised, who is called next, and who stays at one's side until the end.

It answers whom to serve first and shows afterwards that this was fair. It never decides about anybody's aid, and it never tells
the hall who is poor: the priority series is shared with the old, the disabled, the pregnant and veterans.
"""
