"""The rules in use (现行规则): read once, and again when a file of the folder changes."""

from functools import lru_cache
from pathlib import Path
from time import monotonic

from django.conf import settings

from yimen.policies.queries import Rules, load_rules

State = tuple[tuple[str, int, int], ...]
# A page asks for the rules many times; nobody edits a policy and looks at a page within this time.
LOOK_AGAIN_SECONDS = 0.2
_seen: dict[Path, tuple[float, State]] = {}


def current_rules() -> Rules:
    """Return the rules of YIMEN_RULES. Raises RuleError if they cannot be used."""
    folder = Path(settings.YIMEN_RULES)
    looked_at, state = _seen.get(folder, (-LOOK_AGAIN_SECONDS, ()))
    if monotonic() - looked_at >= LOOK_AGAIN_SECONDS:
        state = _state(folder)
        _seen[folder] = monotonic(), state
    return _rules(folder, state)


def _state(folder: Path) -> State:
    held = [(path, path.stat()) for path in sorted(folder.rglob("*")) if path.suffix in (".yaml", ".yml", ".csv")]
    return tuple((str(path), stat.st_mtime_ns, stat.st_size) for path, stat in held)


@lru_cache(maxsize=4)
def _rules(folder: Path, state: State) -> Rules:
    return load_rules(folder)
