"""
Run as a process of its own by `snapshot`: copies the answers of queries from a database to Parquet files, through ADBC.

A process of its own because the ADBC driver carries its own SQLite: two of them in one process break each other's file
locks, and the second would take away the write-ahead log of the first. It imports nothing of Yimen.
Standard input: {"uri", "vendor", "numbers", "tables": [[path, query] …]}; standard output: a line [path, rows] as it goes on.
"""

import importlib
import json
import sys
from typing import Any

import pyarrow
from pyarrow import parquet


def main() -> None:
    """Copy every table within one transaction, so that all of them show the same moment."""
    asked = json.load(sys.stdin)
    driver: Any = importlib.import_module(f"adbc_driver_{asked['vendor']}.dbapi")
    with driver.connect(asked["uri"]) as opened, opened.cursor() as cursor:
        if asked["vendor"] == "postgresql":
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        for path, query in asked["tables"]:
            cursor.execute(query)
            copy(cursor.fetch_record_batch(), path, set(asked["numbers"]))


def copy(batches: Any, path: str, numbers: set[str]) -> None:
    """Write batches to one file. The driver guesses types, and of an empty table it guesses numbers; ours are fixed."""
    names = batches.schema.names
    schema = pyarrow.schema([(name, pyarrow.int64() if name in numbers else pyarrow.string()) for name in names])
    rows = 0
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch.cast(schema))
            rows += batch.num_rows
            tell(path, rows)
    tell(path, rows)


def tell(path: str, rows: int) -> None:
    """Say how far it is."""
    sys.stdout.write(json.dumps([path, rows]) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
