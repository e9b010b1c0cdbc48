"""Cases (办件): the list of a desk, and the page of one case with what everybody did in it."""
