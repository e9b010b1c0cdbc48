"""The village assistant's view (村级社会救助协理员): one village at a glance."""
