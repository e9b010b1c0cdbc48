"""
OpenFisca's side (对方): the same rules, translated, over the same Parquet files; in one process, as OpenFisca runs.

Run as `python -m bench.openfisca_side FOLDER PEOPLE [ANSWERS]`; prints one line of JSON. The clock starts when the rules
are translated and OpenFisca's system is built; it stops when every verdict and amount stands in arrays.
"""

import json
import resource
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from openfisca_core.simulations import Simulation, SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from pyarrow import parquet

from bench.translate import Translation, translate
from bench.yimen_side import ON
from yimen.policies.queries import Program, Rules, load_rules

PERIOD = f"{ON.year}-{ON.month:02d}"
UNKNOWN, FALSE, TRUE = -1, 0, 1


def main() -> None:
    """Screen a population with OpenFisca; print seconds of loading and reckoning and the peak of memory."""
    folder, people = Path(sys.argv[1]), int(sys.argv[2])
    before = time.perf_counter()
    rules = load_rules(folder / "rules")
    program = Program(rules, ON, rules.compiled_in_force(ON))
    translation = translate(program)
    system, module = build_system(translation, folder / "openfisca_rules.py")
    started, cpu = time.perf_counter(), time.process_time()
    simulation = load(system, module, translation, folder, people, rules)
    loaded = time.perf_counter()
    answers = reckon(simulation, program)
    done, cpu_done = time.perf_counter(), time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    report: dict[str, Any] = {
        "rules_s": started - before,
        "seconds": done - started,
        "loading_s": loaded - started,
        "cpu_s": cpu_done - cpu,
        "peak_mb": peak,
    }
    if len(sys.argv) > 3:
        write(answers, program, Path(sys.argv[3]))
    print(json.dumps(report))


def build_system(translation: Translation, path: Path) -> tuple[TaxBenefitSystem, ModuleType]:
    """Write the generated module, load it and register its variables."""
    path.write_text(translation.text, encoding="utf-8")
    module = ModuleType("openfisca_rules")
    exec(compile(translation.text, str(path), "exec"), module.__dict__)
    system = TaxBenefitSystem([module.Person, module.Household])
    system.add_variables(*(v for v in vars(module).values() if isinstance(v, type) and v.__module__ == "openfisca_rules"))
    return system, module


def load(
    system: TaxBenefitSystem, module: ModuleType, translation: Translation, folder: Path, people: int, rules: Rules
) -> Simulation:
    """Read the Parquet files and build the simulation with its inputs."""
    persons = parquet.read_table(folder / "person.parquet", filters=[("member", "<", people)])
    last = pc.max(persons["subject"]).as_py()
    households = parquet.read_table(folder / "household.parquet", filters=[("subject", "<=", last)])
    builder = SimulationBuilder()
    builder.create_entities(system)
    builder.declare_person_entity("person", _array(persons["member"]))
    home = builder.declare_entity("household", _array(households["subject"]))
    builder.join_with_persons(home, _array(persons["subject"]), np.full(len(persons), "member"))
    simulation = builder.build(system)
    for entity, table in (("person", persons), ("household", households)):
        for name, kind in translation.inputs[entity].items():
            _set(simulation, name, kind, table[name], translation)
    groups, codes = _groups(households)
    simulation.set_input("地类", PERIOD, codes)
    module.LOCAL_VALUES.update({name: _local_values(rules, name, groups) for name in translation.parameters})
    return simulation


def _set(simulation: Simulation, name: str, kind: str, column: pa.ChunkedArray, translation: Translation) -> None:
    """Hand one fact over as value and known, or as the masks of true and false."""
    known = _array(column.is_valid())
    if kind == "是否":
        value = _array(column.fill_null(False))
        simulation.set_input(f"{name}_true", PERIOD, value)
        simulation.set_input(f"{name}_false", PERIOD, known & ~value)
        return
    if kind == "选项":
        simulation.set_input(name, PERIOD, _codes(column, translation.codes[name]))
    elif kind == "日期":
        simulation.set_input(name, PERIOD, _array(column.cast(pa.int32()).fill_null(0)).astype("datetime64[D]"))
    elif kind == "金额":
        simulation.set_input(name, PERIOD, _array(column.fill_null(0)) / 100)
    else:
        simulation.set_input(name, PERIOD, _array(column.fill_null(0)))
    simulation.set_input(f"{name}_known", PERIOD, known)


def _codes(column: pa.ChunkedArray, codes: dict[str, int]) -> np.ndarray:
    return _array(pc.index_in(column, value_set=pa.array(list(codes))).fill_null(0))


def _groups(households: pa.Table) -> tuple[list[tuple[str, str]], np.ndarray]:
    """Return the distinct (place, category) and, for each household, which of them it belongs to."""
    places, categories = (households[name].combine_chunks().dictionary_encode() for name in ("place", "category"))
    codes = _array(places.indices) * len(categories.dictionary) + _array(categories.indices)
    return [(p, c) for p in places.dictionary.to_pylist() for c in categories.dictionary.to_pylist()], codes


def _local_values(rules: Rules, name: str, groups: list[tuple[str, str]]) -> tuple[np.ndarray, np.ndarray]:
    """Return a parameter's value (in yuan, square metres …) and whether it is known, for each group."""
    scale = 10 ** rules.parameter_types[name].scale
    found = [rules.parameters.find(name, areas=place.split("."), category=category, on=ON) for place, category in groups]
    return np.array([one.value / scale if one else 0 for one in found]), np.array([one is not None for one in found])


def _array(column: pa.Array | pa.ChunkedArray) -> np.ndarray:
    return column.to_numpy(zero_copy_only=False) if isinstance(column, pa.Array) else column.to_numpy()


def reckon(simulation: Simulation, program: Program) -> dict[str, np.ndarray]:
    """Ask for every verdict and amount."""
    answers = {}
    for one in program.compiled:
        name = one.policy.id
        for part in ("true", "false", *(["amount"] if one.tiers else [])):
            answers[f"{name}_{part}"] = simulation.calculate(f"{name}_{part}", PERIOD)
    return answers


def write(answers: dict[str, np.ndarray], program: Program, out: Path) -> None:
    """Write the answers as Yimen writes its own: v_ true, false or null, a_ in fen or null."""
    out.mkdir(parents=True, exist_ok=True)
    tables: dict[str, dict[str, pa.Array]] = {"household": {}, "person": {}}
    for one in program.compiled:
        name, table = one.policy.id, tables["household" if one.policy.subject == "户" else "person"]
        true, false = answers[f"{name}_true"], answers[f"{name}_false"]
        table[f"v_{name}"] = pa.array(true, mask=~(true | false))
        if one.tiers:
            fen = np.rint(answers[f"{name}_amount"].astype(np.float64) * 100)
            table[f"a_{name}"] = pa.array(np.nan_to_num(fen).astype(np.int64), mask=np.isnan(fen))
    for name, columns in tables.items():
        parquet.write_table(pa.table(columns), out / f"{name}.parquet")


if __name__ == "__main__":
    main()
