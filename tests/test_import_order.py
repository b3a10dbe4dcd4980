"""The plan of the house: data flow one way, and who reads from the top meets nothing unknown."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import glasslib

TOP = Path(glasslib.__file__).parent
ORDER = glasslib.READING_ORDER


def module_of(name: str) -> str:
    """What an imported name is, or what it is in."""
    place = TOP.parent.joinpath(*name.split("."))
    return name if place.is_dir() or place.with_suffix(".py").exists() else name.rpartition(".")[0]


def imports() -> list[tuple[str, int, str]]:
    """Module, line and what it imports of the library; within functions and for types too."""
    found = []
    for path in sorted(TOP.rglob("*.py")):
        own = ".".join(path.relative_to(TOP.parent).with_suffix("").parts).removesuffix(".__init__")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                start = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
                for other in {module_of(start + alias.name) for alias in node.names}:
                    if other.startswith("glasslib."):
                        found.append((own, node.lineno, other))
    return found


def test_the_root_holds_sixteen_names():
    there = {path.stem for path in TOP.iterdir() if not path.name.startswith(("_", "."))}
    assert sorted(there) == sorted(ORDER)


def test_a_package_imports_only_from_those_before_it():
    def place(module):
        return ORDER.index(module.split(".")[1])

    wrong = [
        f"{own}:{line} imports {other}" for own, line, other in imports()
        if own not in ("glasslib", "glasslib.__main__") and place(other) > place(own)
    ]
    assert wrong == []


def test_no_circle():
    graph: dict[str, set[str]] = {}
    for own, _, other in imports():
        if not own.startswith(f"{other}."):  # a package hands on what its modules define
            graph.setdefault(own, set()).add(other)
    TopologicalSorter(graph).prepare()  # its error names the circle


def test_the_api_page_follows_the_reading_order():
    from api_pages import module_names

    packages = list(dict.fromkeys(name.split(".")[1] for name in module_names()))
    assert packages == list(ORDER)
