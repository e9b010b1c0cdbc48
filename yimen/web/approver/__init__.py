"""The desk that decides (审核确认): the approver of civil affairs, and each department for its own decisions."""
