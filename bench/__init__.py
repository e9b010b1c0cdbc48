"""
The benchmark (基准): what Yimen needs in time and memory at the size of a city, measured anew by every run.

`python -m bench.run` writes results.md and results.json. The programs of one part run in processes of their own, so that
times do not disturb each other and the peak of memory is the peak of that program.
"""
