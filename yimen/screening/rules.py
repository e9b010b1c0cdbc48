"""The rules in use (现行规则): read once, and again when a file of the folder changes."""

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from yimen.policies.queries import Rules, load_rules


def current_rules() -> Rules:
    """Return the rules of YIMEN_RULES. Raises RuleError if they cannot be used."""
    folder = Path(settings.YIMEN_RULES)
    return _rules(folder, _state(folder))


def _state(folder: Path) -> tuple[tuple[str, int, int], ...]:
    held = [(path, path.stat()) for path in sorted(folder.rglob("*")) if path.suffix in (".yaml", ".yml", ".csv")]
    return tuple((str(path), stat.st_mtime_ns, stat.st_size) for path, stat in held)


@lru_cache(maxsize=4)
def _rules(folder: Path, state: tuple[tuple[str, int, int], ...]) -> Rules:
    return load_rules(folder)
