"""Pages (页面), grouped by the person at the desk. A view parses, calls one door and chooses a page."""
