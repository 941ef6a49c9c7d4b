"""The house: who imports whom, what is heavy, how long a file may be."""

import ast
import subprocess
import sys
from pathlib import Path
from types import FunctionType

import pytest

ROOT = Path(__file__).resolve().parents[1]

PACKAGES = ("layers", "losses", "optim", "threestep", "benchmarks", "examples")
ASSIGNMENTS = ROOT / "threestep" / "coursework" / "assignments"  # what students hand in, and no package
FILES = sorted(
    path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if ASSIGNMENTS not in path.parents
)
OWN = {"layers", "losses", "optim", "threestep", "benchmarks", "examples", "train"}
MAY_IMPORT = {  # a package: what of the house it may import, besides itself
    "layers": set(),
    "losses": set(),
    "optim": set(),
    "threestep.data": set(),
    "threestep.checks": {"layers", "losses", "optim"},
    "threestep.training": {"layers", "losses", "optim", "threestep.data", "threestep.checks"},
    "threestep.see": {"layers", "losses", "optim", "threestep.data", "threestep.checks", "threestep.training"},
    "threestep.coursework": {
        "layers",
        "losses",
        "optim",
        "threestep.data",
        "threestep.checks",
        "threestep.training",
        "threestep.see",
    },
}
OUTSIDE = {  # third-party modules that may be imported, beside the standard library
    "layers": {"numpy"},
    "losses": {"numpy"},
    "optim": {"numpy"},
    "threestep.data": {"numpy"},
    "threestep.checks": {"numpy"},
    "threestep.training": {"numpy", "yaml", "tqdm"},
    "threestep.see": {"numpy", "matplotlib"},
    "threestep.coursework": {"numpy", "tomli"},
}


def package_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:2]) if parts[0] == "threestep" and len(parts) > 2 else parts[0]


def imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module


def test_rooms_import_in_one_direction():
    wrong = []
    for path in FILES:
        package = package_of(path)
        for name in imports(ast.parse(path.read_text())):
            top = name.split(".")[0]
            room = ".".join(name.split(".")[:2]) if top == "threestep" else top
            if package not in MAY_IMPORT:
                continue
            if top in OWN and room != package and room not in MAY_IMPORT[package]:
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
            if top not in OWN and top not in sys.stdlib_module_names and top not in OUTSIDE[package]:
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert not wrong


def test_every_room_is_listed():
    rooms = {package_of(path) for path in FILES} - {"threestep", "benchmarks", "examples"}
    assert rooms == set(MAY_IMPORT)


def test_the_command_line_imports_each_verb_inside_its_function():
    tree = ast.parse((ROOT / "threestep" / "cli.py").read_text())
    at_the_top = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    assert not {name.split(".")[0] for node in at_the_top for name in imports(node)} & OWN


def test_nobody_imports_the_programs():
    for path in FILES:
        if package_of(path) not in ("benchmarks", "examples"):
            names = {name.split(".")[0] for name in imports(ast.parse(path.read_text()))}
            assert not names & {"train", "benchmarks", "examples", "tests"}, path


def test_every_package_is_listed_for_installation():
    text = (ROOT / "pyproject.toml").read_text()
    for folder in {path.parent for path in FILES if package_of(path) not in ("benchmarks", "examples")}:
        assert f'"{".".join(folder.relative_to(ROOT).parts)}"' in text


def test_no_file_is_above_400_lines():
    files = [*FILES, *(ROOT / "tests").rglob("*.py")]
    assert not [str(path) for path in files if len(path.read_text().splitlines()) > 400]


def test_every_layer_file_has_its_test():
    files = {path.stem for path in (ROOT / "layers").glob("*.py")} - {"__init__"}
    tests = {path.stem.removeprefix("test_") for path in (ROOT / "tests" / "layers").glob("test_*.py")}
    assert files <= tests


@pytest.mark.parametrize("package", ["layers", "losses", "optim"])
def test_all_lists_every_public_class_and_function(package):
    module = __import__(package)
    public = {name: value for name, value in vars(module).items() if isinstance(value, (type, FunctionType))}
    own = [name for name, value in public.items() if value.__name__ == name]  # layers.Linear is Dense
    assert sorted(module.__all__, key=str.lower) == sorted(own, key=str.lower)


def test_a_foreign_package_named_layers_is_told(tmp_path):
    (tmp_path / "layers.py").write_text("")
    program = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT)!r}]; import threestep"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    assert "threestep needs its own package 'layers'" in done.stderr
    assert str(Path(tmp_path / "layers.py")) in done.stderr
