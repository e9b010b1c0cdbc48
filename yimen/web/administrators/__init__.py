"""The administrators' desks (系统、安全、审计管理员): days off, staff and posts, and who looked at what. They see no person."""
