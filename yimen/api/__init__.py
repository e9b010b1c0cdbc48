"""
Interfaces for other machines (接口): typed JSON over HTTP, for the provincial portal and for a person's own programs.

It parses, calls one door and tells its answer. It knows no shorter way than the pages: the same actions, permissions, scope,
trail and audit, each under an idempotency key of the caller's.
"""
