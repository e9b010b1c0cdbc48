"""A room is entered only by its doors."""

import ast
import re
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

# What passes by the scope. Whoever needs one more of these says here why it shows nobody to anybody.
PAST_THE_SCOPE = re.compile(r"_base_manager|_default_manager|_raw_delete|RawSQL|\.raw\(|\.extra\(|\.cursor\(")
REVIEWED = {
    "office/access.py": "it is the scope",
    "office/guards.py": "makes the triggers of the audit",
    "office/rotation.py": "seals what lies there again, without opening it to anybody",
    "registry/load.py": "adds search keys of people just loaded",
    "screening/copying.py": "copies facts under random keys into the snapshot",
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


def test_what_passes_by_the_scope_is_on_the_reviewed_list():
    files = [path for path in PACKAGE.rglob("*.py") if PAST_THE_SCOPE.search(path.read_text(encoding="utf-8"))]

    assert {str(path.relative_to(PACKAGE)) for path in files} - set(REVIEWED) == set()
