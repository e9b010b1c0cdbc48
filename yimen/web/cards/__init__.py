"""Cards of priority service: found by their owner, issued, printed, replaced, made void."""
