"""A room is entered only by its doors."""

import ast
import re
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "yimen"
ROOMS = ("office", "registry", "policies", "evidence", "benefits", "screening", "cases", "hall")
DOORS = {
    "office": {
        "actions",
        "queries",
        "models",
        "access",
        "audit",
        "vault",
        "calendar",
        "once",
        "deliveries",
        "rotation",
        "files",
        "guards",
        "pictures",
        "prepared",
        "real_name",
        "tables",
        "trouble",
        "work",
    },
    "policies": {"queries", "model"},
    "cases": {"actions", "queries", "models", "words"},
    "hall": {"actions", "queries", "models", "words"},
}

# What passes by the scope. Whoever needs one more of these says here why it shows nobody to anybody.
PAST_THE_SCOPE = re.compile(r"_base_manager|_default_manager|_raw_delete|RawSQL|\.raw\(|\.extra\(|\.cursor\(")
REVIEWED = {
    "office/access.py": "it is the scope",
    "office/condition.py": "asks how large the database is, reads no row",
    "office/guards.py": "makes the triggers of the audit, the trail and the accounts",
    "office/prepared.py": "runs what a scoped query set was written as, kept for that scope alone",
    "office/rotation.py": "seals what lies there again, without opening it to anybody",
    "registry/load.py": "adds search keys of people just loaded",
    "hall/telling.py": "makes the triggers by which a hall that runs by itself writes down its own changes",
    "jobs/loading.py": "sets the size of a cache",
    "registry/inserting.py": "writes people just read from a file, of areas the load may write",
    "screening/turn.py": "takes the lock of a run, reads no row",
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
                    if isinstance(node, ast.ImportFrom | ast.Import) and _is_ours(node):
                        hidden.append(f"{path.relative_to(PACKAGE)}:{node.lineno}")

    assert hidden == []


def test_what_passes_by_the_scope_is_on_the_reviewed_list():
    files = [path for path in PACKAGE.rglob("*.py") if PAST_THE_SCOPE.search(path.read_text(encoding="utf-8"))]

    assert {str(path.relative_to(PACKAGE)) for path in files} - set(REVIEWED) == set()


def test_every_door_says_what_it_does():
    """Whatever a room offers by its doors is a sentence a colleague can read."""
    silent = []
    for path in (path for room in ROOMS for path in (PACKAGE / room).glob("*.py")):
        if path.stem not in ("actions", "queries"):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        offered = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name[0] != "_"]
        silent += [f"{path.relative_to(PACKAGE)}:{node.lineno} {node.name}" for node in offered if not ast.get_docstring(node)]

    assert silent == []


def test_every_room_says_what_it_answers():
    silent = [room for room in (*ROOMS, "web", "api", "jobs") if not _docstring(PACKAGE / room / "__init__.py")]

    assert silent == []


def test_no_file_is_called_after_nothing():
    vague = {"utils", "common", "core", "helpers"}
    found = [str(path.relative_to(PACKAGE)) for path in PACKAGE.rglob("*") if path.stem in vague]

    assert found == []


def _docstring(path: Path) -> str | None:
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def _is_ours(node: ast.ImportFrom | ast.Import) -> bool:
    if isinstance(node, ast.ImportFrom):
        return node.level > 0 or (node.module or "").split(".")[0] == "yimen"
    return any(alias.name.split(".")[0] == "yimen" for alias in node.names)
