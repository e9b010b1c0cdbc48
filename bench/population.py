"""
The people of the benchmark (基准人口): invented households and persons as Parquet, the same for the same seed.

Made chunk by chunk, each from a seed of its own, so that a smaller population is the beginning of a larger one and making
six million people needs no more memory than half a million. Every fact is unknown for 2 to 5 % of those it is about.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from bench.rulebook import SEED, counties

HOUSEHOLDS_PER_CHUNK = 100_000
# Sizes 1 to 7; 2.70 people a household on average, between a city (2.62) and a farming county (2.8) of the 2020 census.
SIZES, SHARES = np.arange(1, 8), np.array([0.20, 0.30, 0.24, 0.15, 0.07, 0.03, 0.01])
LEAST_UNKNOWN, MOST_UNKNOWN = 0.02, 0.05
ON = np.datetime64("2026-12-01")
SHARE_OF_TOWN = 0.35

# Shares and medians are set so that most conditions divide the people; they describe no real place.
OF_PERSON_YES = {"患重病": 0.04, "户籍在本县": 0.95, "有经营实体": 0.05}
OF_HOUSEHOLD_YES = {"住公租房": 0.05, "饮水困难": 0.03}


def write_population(folder: Path, people: int) -> None:
    """Write person.parquet and household.parquet with exactly so many people."""
    folder.mkdir(parents=True, exist_ok=True)
    writers: dict[str, parquet.ParquetWriter] = {}
    for tables in _chunks(people):
        for name, table in tables.items():
            if name not in writers:
                writers[name] = parquet.ParquetWriter(folder / f"{name}.parquet", table.schema, compression="zstd")
            writers[name].write_table(table)
    for writer in writers.values():
        writer.close()


def _chunks(people: int) -> Iterator[dict[str, pa.Table]]:
    made, chunk = 0, 0
    while made < people:
        dice = np.random.default_rng([SEED, chunk])
        sizes = dice.choice(SIZES, size=HOUSEHOLDS_PER_CHUNK, p=SHARES)
        ends = made + np.cumsum(sizes)
        kept = int(np.searchsorted(ends, people)) + 1
        if kept <= len(sizes):
            sizes = sizes[:kept].copy()
            sizes[-1] -= max(0, int(ends[kept - 1]) - people)
        first = chunk * HOUSEHOLDS_PER_CHUNK
        yield {"person": _persons(dice, sizes, first, made), "household": _households(dice, sizes, first)}
        made, chunk = made + int(sizes.sum()), chunk + 1


def _persons(dice: np.random.Generator, sizes: np.ndarray, first: int, before: int) -> pa.Table:
    rows = int(sizes.sum())
    years = np.clip(dice.normal(42, 23, rows), 0, 104)
    works = (years >= 18) & (years < 62) & (dice.random(rows) < 0.72)
    studies = (years >= 4) & (years < 22) & (dice.random(rows) < 0.9)
    impaired = dice.random(rows)
    grade = np.where(impaired < 0.06, dice.integers(1, 5, rows), 0)
    columns: dict[str, np.ndarray] = {
        "出生日期": ON - (years * 365.2425).astype("timedelta64[D]"),
        "性别": np.where(dice.random(rows) < 0.51, "男", "女"),
        "月收入": np.where(works, _fen(dice, rows, 2600, 0.8), np.where(years >= 60, _fen(dice, rows, 260, 0.9), 0)),
        "存款": _fen(dice, rows, 5000, 1.6),
        "医疗支出": np.where(dice.random(rows) < 0.4, _fen(dice, rows, 150, 1.2), 0),
        "教育支出": np.where(studies, _fen(dice, rows, 300, 0.8), 0),
        "残疾等级": grade,
        "机动车数": (dice.random(rows) < 0.12).astype(np.int64),
        "就业": works,
        "在校就读": studies,
        "丧失劳动能力": (grade > 0) & (grade < 3) | (years > 75),
        **{name: dice.random(rows) < share for name, share in OF_PERSON_YES.items()},
    }
    keys = {
        "subject": pa.array(np.repeat(np.arange(first, first + len(sizes)), sizes)),
        "member": pa.array(np.arange(before, before + rows)),
    }
    return pa.table(keys | _with_unknown(dice, columns))


def _households(dice: np.random.Generator, sizes: np.ndarray, first: int) -> pa.Table:
    rows = len(sizes)
    owned = dice.choice(np.arange(4), size=rows, p=[0.06, 0.78, 0.13, 0.03])
    columns: dict[str, np.ndarray] = {
        "房屋套数": owned,
        "住房面积": dice.integers(20, 220, rows),
        "危房等级": dice.choice(np.array(["A", "B", "C", "D"]), size=rows, p=[0.7, 0.2, 0.06, 0.04]),
        "灾害损失": np.where(dice.random(rows) < 0.05, _fen(dice, rows, 3000, 1.0), 0),
        **{name: dice.random(rows) < share for name, share in OF_HOUSEHOLD_YES.items()},
    }
    # Households of one county stand together, as they do in a real snapshot.
    codes = np.array([f"99.{code[:4]}.{code}" for code in counties()])
    places = codes[(np.arange(first, first + rows) // 1000) % len(codes)]
    keys = {
        "subject": pa.array(np.arange(first, first + rows)),
        "place": pa.array(places),
        "category": pa.array(np.where(dice.random(rows) < SHARE_OF_TOWN, "城", "农")),
        "家庭人口": pa.array(sizes),
    }
    return pa.table(keys | _with_unknown(dice, columns))


def _fen(dice: np.random.Generator, rows: int, median_yuan: int, spread: float) -> np.ndarray:
    """Amounts in fen, log-normal and in half of the cases whole yuan, so that some stand exactly on a border."""
    yuan = np.minimum(dice.lognormal(np.log(median_yuan), spread, rows), 900_000)
    return np.where(dice.random(rows) < 0.5, np.round(yuan) * 100, np.round(yuan * 100)).astype(np.int64)


def _with_unknown(dice: np.random.Generator, columns: dict[str, np.ndarray]) -> dict[str, pa.Array]:
    shares = dice.uniform(LEAST_UNKNOWN, MOST_UNKNOWN, len(columns))
    return {
        name: pa.array(values, mask=dice.random(len(values)) < share)
        for (name, values), share in zip(columns.items(), shares, strict=True)
    }


if __name__ == "__main__":
    write_population(Path(sys.argv[1]), int(sys.argv[2]))
    print("true")
