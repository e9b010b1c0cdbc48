"""The leader's and the clerks' desk (工作台): today's three things, the figures, and the findings one by one."""
