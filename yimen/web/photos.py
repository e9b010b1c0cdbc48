"""How a stored photo is shown (看照片): opening it is written down, and no cache keeps it."""

import uuid

from django.http import FileResponse

from yimen.office import files


def photo_answer(key: uuid.UUID, *, purpose: str) -> FileResponse:
    """Give a stored photo to the browser. Raises NoSuchFile outside the open scope."""
    name, content = files.open_file(key, purpose=purpose)
    kind = "image/png" if name.endswith("png") else "image/jpeg"
    return FileResponse(content, filename=name, content_type=kind, headers={"Cache-Control": "no-store, private"})
