"""Commands for the terminal and the night, and the worker (后台任务)."""
