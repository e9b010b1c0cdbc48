"""The citizen (群众): pages without log-in, for a telephone, that name nobody."""
