"""Which code a number depends on: the definitions that a function uses, and those that they use.

A key holds the *closure* of a function: the text of its definition, of every function, class and
constant of the library that it names, of those that these name, and so on. Nobody lists what a
table depends on, so nobody can forget it. A class counts with its fields and with what others call
(``__init__`` and the like, validators); another method counts if its name is used anywhere in the
closure. A class that stands on one from elsewhere counts whole, since that one may call any method.

What cannot change a number is left out: layout, comments, docstrings, the words of errors, the
``description`` of a parameter, and what :data:`NOT_FOLLOWED` names. Type hints are left out too,
but the classes of a function's arguments are part of its closure. The text names no file and no
module of the library, so a definition may move without changing a key. It is the same under Python
3.11, 3.12 and 3.13.

Names that are made up while the program runs are not seen (``getattr(module, name)``). A variable
that has the name of a definition counts as that definition. This module needs the standard library
alone.
"""

import ast
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

__all__ = ["NOT_FOLLOWED", "code_of", "definitions"]

#: Where a closure ends: the places of files, what keeps results, and the parameters of simulations.
#: Of these a table uses the melt alone, which stands in its key by value. What is simulated again
#: is compared with the files.
NOT_FOLLOWED = (
    "parameters.PROTOCOLS", "paths", "files", "campaign.replay", "results.cache", "results.closure",
)

#: A definition: its module and its name there. A module itself has the name ``""``, and what comes
#: from elsewhere has the module ``""``.
Place = tuple[str, str]

_TOP = Path(__file__).resolve().parents[1]
#: Fields of the syntax tree that change no number.
_NO_CODE = {"annotation", "ctx", "kind", "msg", "returns", "type_comment", "type_params"}
#: Decorators of methods that run only where their name is used.
_ON_DEMAND = {"cached_property", "classmethod", "property", "staticmethod"}

_Import = ast.Import | ast.ImportFrom
_Function = ast.FunctionDef | ast.AsyncFunctionDef


# ------------------------------------------------------------------------------------- modules
@dataclass(frozen=True)
class _Module:
    """Definitions by name, with what runs at import under ``""``; and what each import brings."""

    definitions: dict[str, list[ast.stmt]]
    imports: dict[str, str]
    stars: list[str]


def _file(module: str) -> Path | None:
    """File of a module of this library; None for anything else."""
    top, *parts = module.split(".")
    place = _TOP.joinpath(*parts)
    files = (place.with_suffix(".py"), place / "__init__.py") if top == _TOP.name else ()
    return next((file for file in files if file.is_file()), None)


def _imports(nodes: Iterable[ast.AST]) -> list[tuple[str, str]]:
    """Each imported name with the whole name of what it stands for."""
    found = []
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            if node.level:
                raise LookupError("a relative import is not followed; write out the module")
            found += [(a.asname or a.name, f"{node.module}.{a.name}") for a in node.names]
        elif isinstance(node, ast.Import):
            for a in node.names:
                whole = a.name if a.asname else a.name.split(".")[0]
                found.append((a.asname or whole, whole))
    return found


@cache
def _module(name: str) -> _Module:
    definitions: dict[str, list[ast.stmt]] = {"": []}
    imports: list[ast.AST] = []
    for node in ast.parse(_file(name).read_text(encoding="utf-8")).body:
        names = []
        if isinstance(node, _Function | ast.ClassDef):
            names = [node.name]
        else:
            imports += [n for n in ast.walk(node) if isinstance(n, _Import)]
        if isinstance(node, ast.Assign | ast.AnnAssign):
            names = [n.id for n in ast.walk(node) if isinstance(getattr(n, "ctx", 0), ast.Store)
                     and isinstance(n, ast.Name)]
        for one in names or [""]:
            definitions.setdefault(one, []).append(node)
    known = _imports(imports)
    stars = [whole.removesuffix(".*") for one, whole in known if one == "*"]
    if not all(map(_file, stars)):
        raise LookupError(f"{name} imports everything from elsewhere, which is not followed")
    return _Module(definitions, dict(known), stars)


@cache
def _find(whole: str) -> Place:
    """Where something is defined, through however many packages hand it on."""
    if _file(whole):
        return whole, ""
    module, _, name = whole.rpartition(".")
    if not _file(module):
        if whole.split(".")[0] == _TOP.name:
            raise LookupError(f"{whole} is not defined")
        return "", whole
    here = _module(module)
    if name in here.definitions:
        return module, name
    if name in here.imports:
        return _find(here.imports[name])
    for star in here.stars:
        if name in _module(star).definitions:
            return star, name
    raise LookupError(f"{whole} is not defined")


# ----------------------------------------------------------------------------------- one text
@dataclass
class _Definition:
    """One definition as text, read once: what it says, what it uses, and what it holds.

    Parameters
    ----------
    module : str
    bound : set of str
        Names that are variables somewhere inside, and may hide an import from elsewhere.
    imports : dict
        What is imported inside.
    used : set of (str, str)
        Definitions of this library.
    named : set of str
        Every attribute and every text, which may be the name of a method.
    methods : set of str
        Methods that count if their name is used.
    """

    module: str
    bound: set[str]
    imports: dict[str, str]
    used: set[Place] = field(default_factory=set)
    named: set[str] = field(default_factory=set)
    methods: set[str] = field(default_factory=set)
    text: str = ""

    def place(self, node: ast.AST) -> Place | None:
        """Where a name, or an attribute of a module, is defined; None for a variable."""
        if isinstance(node, ast.Name):
            here = _module(self.module)
            there = [here.definitions, here.imports, *(_module(s).definitions for s in here.stars)]
            if node.id in self.imports:
                place = _find(self.imports[node.id])
            elif any(node.id in names for names in there):
                place = _find(f"{self.module}.{node.id}")
            else:
                return None
            return None if node.id in self.bound and not place[0] else place
        if isinstance(node, ast.Attribute):
            module, name = self.place(node.value) or ("", "")
            if module and not name:
                return _find(f"{module}.{node.attr}")
            if name and not module:
                return "", f"{name}.{node.attr}"
        return None

    def is_ours(self, node: ast.ClassDef) -> bool:
        """Tell whether a class stands on classes of this library alone."""
        for base in node.bases:
            module, name = self.place(base) or ("", "")
            if not module:
                return False
            (other, *_) = _module(module).definitions[name]
            if not _Definition(module, set(), {}).is_ours(other):
                return False
        return not node.keywords

    def write(self, node) -> str:
        """Return a part of the syntax tree as text, and note what it uses."""
        if isinstance(node, list):
            return f"[{','.join(filter(None, map(self.write, node)))}]"
        if not isinstance(node, ast.AST):
            return ascii(node)
        if isinstance(node, _Import) or _is_words(node):
            return ""
        if isinstance(node, ast.Raise):
            return f"Raise({self.write(getattr(node.exc, 'func', node.exc))})"
        if place := self.place(node):
            if place[0] and not place[1]:
                raise LookupError(
                    f"{self.module} hands on a whole module, {place[0]}, or has a variable of its"
                    " name; name what is used of it, or the variable otherwise"
                )
            if place[0]:
                self.used.add(place)
            return f"@{place[1]}"
        if isinstance(node, ast.Attribute):
            self.named.add(node.attr)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            self.named.add(node.value)
        if isinstance(node, ast.arg):  # an object that is handed in may be of a class of ours
            self.write(node.annotation)
        parts = {name: getattr(node, name, None) for name in sorted({*node._fields} - _NO_CODE)}
        if isinstance(node, ast.JoinedStr):  # Python 3.12 ends a nested format with an empty text
            parts["values"] = [n for n in node.values if getattr(n, "value", None) != ""]
        if isinstance(node, ast.Call) and self.place(node.func) == ("", "pydantic.Field"):
            parts["keywords"] = [k for k in node.keywords if k.arg != "description"]
        if isinstance(node, ast.ClassDef):
            apart = [n for n in node.body if _on_demand(n)] if self.is_ours(node) else []
            parts["body"] = [n for n in node.body if n not in apart]
            self.methods.update(n.name for n in apart)
            # The type of a field may be what checks and converts it.
            parts["types"] = [n.annotation for n in node.body if isinstance(n, ast.AnnAssign)]
        texts = {name: self.write(part) for name, part in parts.items() if part is not None}
        inside = ",".join(f"{name}={text}" for name, text in texts.items() if text != "[]")
        return f"{type(node).__name__}({inside})"


def _is_words(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(getattr(node.value, "value", None), str)


def _on_demand(node: ast.stmt) -> bool:
    """Whether something in a class is a method that runs only where its name is used."""
    return (
        isinstance(node, _Function)
        and not (node.name.startswith("__") and node.name.endswith("__"))
        and all(ast.unparse(one).split(".")[-1] in _ON_DEMAND for one in node.decorator_list)
    )


@cache
def _read(module: str, name: str) -> _Definition:
    """Read a definition, a method (``Ensemble.mean``), or under ``""`` what runs at import."""
    owner, _, method = name.partition(".")
    nodes = _module(module).definitions[owner]
    if method:
        nodes = [n for one in nodes for n in one.body if getattr(n, "name", None) == method]
    elif not name:
        nodes = [n for n in nodes if "TYPE_CHECKING" not in ast.unparse(n).split("\n")[0]]
    inside = [n for node in nodes for n in ast.walk(node)]
    bound = {n.id for n in inside if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    bound |= {n.arg for n in inside if isinstance(n, ast.arg)}
    definition = _Definition(module, bound, dict(_imports(inside)))
    definition.text = f"{owner if method else ''}{definition.write(nodes)}"
    definition.used |= {(module, "")} | ({(module, owner)} if method else set())
    return definition


# ------------------------------------------------------------------------------------ closures
def definitions(*places: Place) -> dict[Place, str]:
    """Return every definition that some definitions use, themselves included, with its text.

    Parameters
    ----------
    *places : (str, str)
        Module and name of each. A method is ``("glasslib.store.ensemble", "Ensemble.mean")``.

    Returns
    -------
    dict of (str, str) to str
        The text by module and name. What runs when a module is imported has the name ``""``.

    Raises
    ------
    LookupError
        Something is not defined, or is used in a way that cannot be followed.

    Examples
    --------
    >>> found = definitions(("glasslib.learning.dataset", "run_folds"))
    >>> sorted(name for module, name in found if name and module != "glasslib.errors")
    ['Model', 'NetworkSettings', 'Split', '_number', 'run_folds']
    """
    found: dict[Place, str] = {}
    todo, named, waiting = list(places), set(), set()
    while todo:
        module, name = todo.pop()
        own = f"{module}.{name}".removeprefix(f"{_TOP.name}.")
        if (module, name) in found or any(f"{own}.".startswith(f"{n}.") for n in NOT_FOLLOWED):
            continue
        one = _read(module, name)
        found[module, name] = one.text
        named |= one.named
        waiting |= {(module, f"{name}.{method}") for method in one.methods}
        ready = {place for place in waiting if place[1].split(".")[1] in named}
        waiting -= ready
        todo += [*one.used, *ready]
    return found


@cache
def code_of(*functions: Callable) -> str:
    """Hash the code that functions use, wherever in the library it stands.

    Parameters
    ----------
    *functions : callable
        Functions or classes of the library.

    Examples
    --------
    >>> from glasslib.learning.dataset import run_folds, split
    >>> code_of(split) == code_of(split) != code_of(run_folds)
    True
    """
    found = definitions(*((one.__module__, one.__qualname__) for one in functions))
    return hashlib.sha256("\n".join(sorted(set(found.values()))).encode()).hexdigest()
