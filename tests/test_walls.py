"""A room is entered only by its doors."""

import ast
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "yimen"
ROOMS = ("office", "registry", "policies", "evidence", "benefits", "screening")
DOORS = {
    "office": {
        "actions",
        "queries",
        "models",
        "access",
        "audit",
        "vault",
        "calendar",
        "deliveries",
        "rotation",
        "files",
        "tables",
        "work",
    },
    "policies": {"queries", "model"},
}


def imports_of(path: Path) -> list[str]:
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
    return [name for name in names if name.startswith("yimen.")]


def test_a_room_is_entered_only_by_its_doors():
    trespasses = []
    for path in PACKAGE.rglob("*.py"):
        home = path.relative_to(PACKAGE).parts[0]
        for name in imports_of(path):
            parts = name.split(".")
            room = parts[1]
            if (
                room in ROOMS
                and room != home
                and (len(parts) < 3 or parts[2] not in DOORS.get(room, {"actions", "queries", "models"}))
            ):
                trespasses.append(f"{path.relative_to(PACKAGE)} imports {name}")

    assert trespasses == []


def test_nothing_of_ours_is_imported_inside_a_function():
    hidden = []
    for path in PACKAGE.rglob("*.py"):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                for node in ast.walk(function):
                    if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("yimen"):
                        hidden.append(f"{path.relative_to(PACKAGE)}:{node.lineno}")

    assert hidden == []
