"""
Frequent words (常说的话): which phrases several people used, counted once a person. Pure, and without a dictionary.

What fewer than `LEAST` people said is not shown: it might tell who said it.
"""

import re
from collections import Counter
from collections.abc import Iterable

LEAST = 3
SHORTEST, LONGEST = 2, 8
_RUNS = re.compile(r"[\u4e00-\u9fff]+")
# A phrase does not begin or end with what only joins words.
_JOINS = frozenset("的了是在和就都也还很太不我你他她们这那有要会能给把被让去来到说吗呢吧啊个")


def frequent(texts: Iterable[str], *, least: int = LEAST, most: int = 20) -> list[tuple[str, int]]:
    """Return the phrases at least so many texts have, the most frequent first; without parts of one that is as frequent."""
    counted: Counter[str] = Counter()
    for text in texts:
        counted.update(_phrases(text))
    kept = {phrase: n for phrase, n in counted.items() if n >= least}
    whole = [
        (phrase, n)
        for phrase, n in kept.items()
        if not any(phrase != other and phrase in other and n == m for other, m in kept.items())
    ]
    return sorted(whole, key=lambda one: (-one[1], -len(one[0]), one[0]))[:most]


def _phrases(text: str) -> set[str]:
    found = set()
    for run in _RUNS.findall(text):
        for start in range(len(run)):
            for end in range(start + SHORTEST, min(start + LONGEST, len(run)) + 1):
                if run[start] not in _JOINS and run[end - 1] not in _JOINS:
                    found.add(run[start:end])
    return found
