"""A folder of rules (规则目录): reads facts, parameters, policies and forms, and refuses the whole with every fault named."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

from yimen.policies.catalogue import Derivation, derive, read_catalogue, switches_in, unused_indicators
from yimen.policies.compiled import CompiledPolicy, compile_policy
from yimen.policies.documents import read_policy
from yimen.policies.model import Catalogue, Policy
from yimen.policies.parameters import Parameters, is_area_code, read_parameters, short_code
from yimen.policies.source import Problem, Reader, RuleError, nearest, read_mappings
from yimen.policies.typed import BOOL, Type, type_of_parameter


@dataclass(frozen=True)
class Place:
    """A place with rules of its own (地区): area code, name, and a word if all of it is invented (虚构)."""

    area: str
    name: str
    note: str = ""


@dataclass(frozen=True)
class Form:
    """A verification form (核查表): its name and the facts it asks."""

    name: str
    facts: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True)
class Rules:
    """All rules of a folder, checked. `hash` changes when any file does."""

    folder: Path
    hash: str
    catalogue: Catalogue
    compiled: tuple[CompiledPolicy, ...]
    parameters: Parameters
    types: Mapping[str, Type]
    parameter_types: Mapping[str, Type]
    derivations: tuple[Derivation, ...]
    forms: tuple[Form, ...] = ()
    places: tuple[Place, ...] = ()
    files: int = 0
    cache: dict[object, object] = field(default_factory=dict, compare=False, repr=False)

    @property
    def policies(self) -> tuple[Policy, ...]:
        """Return every version of every place."""
        return tuple(compiled.policy for compiled in self.compiled)

    def in_force(self, on: date, areas: Sequence[str] = ()) -> list[Policy]:
        """Return the policies valid on a day for a place; `areas` are the codes above it, the nearest last."""
        return [compiled.policy for compiled in self.compiled_in_force(on, areas)]

    def compiled_in_force(self, on: date, areas: Sequence[str] = ()) -> list[CompiledPolicy]:
        """Return the same, ready to reckon with; a place's policy goes before the national one of the same 编号."""
        order = {"": -1} | {area: depth for depth, area in enumerate(areas)}
        chosen: dict[str, CompiledPolicy] = {}
        for one in self.compiled:
            policy = one.policy
            if policy.place not in order or on < policy.starts_on or (policy.ends_on and on > policy.ends_on):
                continue
            held = chosen.get(policy.id)
            rank = order[policy.place], policy.starts_on
            if held is None or rank > (order[held.policy.place], held.policy.starts_on):
                chosen[policy.id] = one
        return list(chosen.values())

    def policy(self, policy_id: str) -> Policy | None:
        """Return the newest national version of a policy, or the newest of any place."""
        held = sorted((p for p in self.policies if p.id == policy_id), key=lambda p: (p.place == "", p.starts_on))
        return held[-1] if held else None

    def policy_at(self, policy_id: str, *, on: date, areas: Sequence[str]) -> Policy | None:
        """Return the version of a policy in force at a place on a day, or else as `policy` does."""
        return next((one for one in self.in_force(on, areas) if one.id == policy_id), None) or self.policy(policy_id)

    @cached_property
    def deepest(self) -> int:
        """Return the length of the longest area code that has parameters or policies of its own."""
        own = [row.area for rows in self.parameters.rows.values() for row in rows]
        return max((len(area) for area in (*own, *(place.area for place in self.places))), default=2)

    @cached_property
    def strangers(self) -> list[Problem]:
        """Return the relations (互斥, 补差 …) that name no policy of this folder: they would never take effect."""
        known = {policy.id for policy in self.policies}
        return [
            Problem(policy.file, policy.line, f"“{kind}”里的“{other}”不是这个目录里的政策编号。{nearest(other, known)}")
            for policy in self.policies
            for kind, others in policy.relations.items()
            for other in others
            if other not in known
        ]

    @cached_property
    def unused(self) -> list[str]:
        """Return the indicators that no rule, derived fact or form uses."""
        used = {name for compiled in self.compiled for name in compiled.names}
        used |= {name for derivation in self.derivations for name in derivation.typed.names}
        used |= {name for form in self.forms for name in form.facts}
        return unused_indicators(self.catalogue, used)


def load_rules(folder: Path) -> Rules:
    """Read a folder of rules. Raises RuleError with every problem: file, line, what is wrong and what is allowed."""
    folder = Path(folder)
    problems: list[Problem] = []
    catalogue = read_catalogue(folder / "facts.yaml", problems)
    tables = sorted(folder.rglob("parameters/*.csv"))
    parameters = read_parameters(tables, folder, problems)
    places = _places(folder, problems)
    paths = _policy_files(folder)
    policies = [policy for path in paths for policy in _policies(path, folder, places, problems)]
    _refuse_twins(policies, problems)
    entered = _parameter_types(policies, parameters, catalogue, problems)
    switches = switches_in(catalogue)
    known = dict.fromkeys(switches, BOOL) | entered
    held = {name: known[name] for name in (*parameters.units, *switches)}
    derivations, types = derive(catalogue, held, problems)
    compiled = [_compile(policy, types, known, parameters, catalogue, problems) for policy in policies]
    forms = _forms(folder, catalogue, problems)
    if problems:
        raise RuleError(problems)
    files = [folder / "facts.yaml", *tables, *paths, *sorted(folder.glob("forms/*.yaml")), *sorted(folder.rglob("place.yaml"))]
    return Rules(
        folder=folder,
        hash=folder_hash(files, folder),
        catalogue=catalogue,
        compiled=tuple(one for one in compiled if one),
        parameters=parameters,
        types=types,
        parameter_types=known,
        derivations=tuple(derivations),
        forms=tuple(forms),
        places=tuple(places.values()),
        files=len(files),
    )


def folder_hash(files: Sequence[Path], folder: Path) -> str:
    """Return one hash of all files and their names."""
    whole = hashlib.sha256()
    for path in files:
        whole.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes() + b"\0")
    return whole.hexdigest()


def _policy_files(folder: Path) -> list[Path]:
    apart = {"facts.yaml", "place.yaml"}
    return [path for path in sorted(folder.rglob("*.y*ml")) if path.name not in apart and path.parent.name != "forms"]


def _policies(path: Path, folder: Path, places: Mapping[Path, Place], problems: list[Problem]) -> list[Policy]:
    name = str(path.relative_to(folder))
    place = next((places[parent].area for parent in path.parents if parent in places), "")
    documents = read_mappings(path, name, "政策文件里每一份应以“编号: …”开头", problems)
    return [read_policy(document, place=place, problems=problems) for document in documents]


def _places(folder: Path, problems: list[Problem]) -> dict[Path, Place]:
    places = {}
    for path in sorted(folder.rglob("place.yaml")):
        for document in read_mappings(path, str(path.relative_to(folder)), "地区文件应写成“地区: 区划代码”", problems):
            reader = Reader(document, problems)
            reader.only(("地区", "名称", "说明"), "地区文件")
            area = reader.text("地区")
            if area and not is_area_code(area):
                reader.note("地区", f"“地区”应是区划代码，如 371721，这里是“{area}”。")
            places[path.parent] = Place(short_code(area), reader.text("名称", ""), reader.text("说明", ""))
    return places


def _forms(folder: Path, catalogue: Catalogue, problems: list[Problem]) -> list[Form]:
    forms = []
    for path in sorted(folder.glob("forms/*.yaml")):
        for document in read_mappings(path, str(path.relative_to(folder)), "核查表应写成“名称: …”和“事实: […]”", problems):
            reader = Reader(document, problems)
            reader.only(("名称", "说明", "事实"), "核查表")
            facts = tuple(str(name) for name in reader.list("事实"))
            for name in facts:
                if name not in catalogue.facts:
                    reader.note("事实", f"事实目录里没有“{name}”。{catalogue.nearest(name)}")
            forms.append(Form(reader.text("名称"), facts, reader.text("说明", "")))
    return forms


def _refuse_twins(policies: Sequence[Policy], problems: list[Problem]) -> None:
    seen: dict[tuple[str, str, date], Policy] = {}
    for policy in policies:
        twin = seen.setdefault((policy.place, policy.id, policy.starts_on), policy)
        if twin is not policy:
            problems.append(
                Problem(
                    policy.file, policy.line, f"“{policy.id}”同一天生效的版本写了两次（另一处：{twin.file} 第 {twin.line} 行）。"
                )
            )


def _parameter_types(
    policies: Sequence[Policy], parameters: Parameters, catalogue: Catalogue, problems: list[Problem]
) -> dict[str, Type]:
    """Type every parameter: by the unit in the tables, else by how the examples write it."""
    known = {name: type_of_parameter(unit, None) for name, unit in parameters.units.items()}
    for name in sorted(known.keys() & catalogue.facts.keys()):
        row = parameters.rows[name][0]
        problems.append(Problem(row.file, row.row, f"“{name}”已经是事实，参数请另起一个名字。"))
    written: dict[str, str] = {}
    for policy in policies:
        for example in policy.examples:
            for name, value in example.given.items():
                if name in known or name in catalogue.facts or value is None:
                    continue
                kind = type_of_parameter(None, str(value)).kind
                if written.setdefault(name, kind) != kind:
                    problems.append(Problem(policy.file, example.line, f"参数“{name}”在例子里有时是数，有时不是，请统一。"))
    return known | {name: _as_written(kind) for name, kind in written.items()}


def _as_written(kind: str) -> Type:
    return type_of_parameter(None, {"number": "1", "bool": "true"}.get(kind, "文字"))


def _compile(
    policy: Policy,
    types: Mapping[str, Type],
    known: Mapping[str, Type],
    parameters: Parameters,
    catalogue: Catalogue,
    problems: list[Problem],
) -> CompiledPolicy | None:
    # A name that is neither a fact nor in the tables is a parameter only if this policy's own examples give it.
    own = {name for example in policy.examples for name in example.given} | set(parameters.units)
    seen = {name: type_ for name, type_ in known.items() if name in own} | dict(types)
    compiled = compile_policy(policy, seen, catalogue, problems)
    if compiled:
        _refuse_strange_names(compiled, {*catalogue.facts, *parameters.units, *compiled.names}, problems)
    return compiled


def _refuse_strange_names(compiled: CompiledPolicy, known: set[str], problems: list[Problem]) -> None:
    """Refuse a name that an example gives and nothing reads: a slip of the pen would pass for an unknown fact."""
    for example in compiled.policy.examples:
        for name in example.given.keys() - known:
            said = f"例“{example.says}”：没有“{name}”这个事实或参数。{nearest(name, known)}"
            problems.append(Problem(compiled.policy.file, example.line, said))
