"""
`make bench` (基准): runs the parts, prints the table and writes bench/results.md and bench/results.json.

    python -m bench.run [PART …]      parts: screening growth explaining whole_run loading casework (none: all)
"""

import sys
from importlib import import_module

from bench.processes import ROOT, YIMEN_PYTHON, prepare_environment, say
from bench.report import commit, machine, write

PARTS = ("screening", "growth", "explaining", "whole_run", "loading", "casework")


def main() -> int:
    """Run the parts asked for; exit 2 for a part there is not, 1 if a target is not met."""
    wanted = [name for argument in sys.argv[1:] for name in argument.split(",") if name] or list(PARTS)
    unknown = [name for name in wanted if name not in PARTS]
    if unknown:
        say(f"没有“{unknown[0]}”这一部分，可以是：{' '.join(PARTS)}。")
        return 2
    if not YIMEN_PYTHON.exists():
        say("先运行 make bench：它会先装好程序本身。")
        return 2
    measured = commit()
    say(f"量的是 {measured}。")
    if measured.endswith("-dirty"):
        say("有改动还没有提交：结果会标上 -dirty，不能算作哪一次提交的成绩。要算数，先提交再量。")
    prepare_environment()
    missed = 0
    for name in wanted:
        # Measured before the part, so that a busy machine is seen beside the figures it made.
        about = machine()
        part = import_module(f"bench.{name}").run()
        write({part.name: part}, about, ROOT / "bench")
        for row in part.rows:
            say(f"  {row.what}: {row.measured:,.3f} {row.unit} {row.verdict}")
        missed += sum(row.verdict == "not met" for row in part.rows)
    say(f"写好了 bench/results.md 和 bench/results.json；{missed} 项没有达到目标。")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
