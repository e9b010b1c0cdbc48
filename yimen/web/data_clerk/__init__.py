"""The data clerk's desk (数据经办): files that come in, loading them, and screening everybody."""
