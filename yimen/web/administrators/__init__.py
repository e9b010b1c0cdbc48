"""The administrators' desks (安全管理员、审计管理员): staff and posts, and who looked at what. They see no person."""
