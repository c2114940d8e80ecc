"""The source tree keeps its own rules: docstrings, the locks, the import contracts."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
LOCKS = ["requirements.lock", "requirements-boot.lock"]
LONG = "tests/unit/test_constraint.py"


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_versions_and_hashes_and_no_addresses(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert not re.search(r"\w+://|--(extra-)?index|--find-links|@ ", text)
    entries = re.findall(r"^[a-z].*(?:\n    --hash.*)*", text, re.MULTILINE)
    assert entries
    for entry in entries:
        assert re.match(r"[\w.-]+==[\w.]+ ", entry), entry
        assert "--hash=sha256:" in entry, entry


def test_the_lock_holds_every_dependency_the_project_names() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"]
    for lock, named in {
        "requirements.lock": project["project"]["dependencies"] + groups["dev"],
        "requirements-boot.lock": groups["boot"],
    }.items():
        locked = set(re.findall(r"^([\w.-]+)==", (ROOT / lock).read_text(), re.MULTILINE))
        names = {re.split(r"[=<>\[; ]", need)[0].lower() for need in named}
        assert names <= locked, names - locked


def test_every_file_of_the_program_says_first_why_it_exists() -> None:
    for path in sorted((ROOT / "app").rglob("*.py")):
        assert ast.get_docstring(ast.parse(path.read_text())), path.relative_to(ROOT)


@pytest.mark.parametrize(
    ("contract", "room", "line"),
    [
        ("layers", "core", "import app.store"),
        ("layers", "calendars", "import app.engine"),
        ("layers", "store", "import app.workers"),
        ("window", "tools", "import PySide6.QtCore"),
        ("native", "engine", "import llama_cpp"),
        ("native", "engine", "from llama_cpp import llama_cpp as native"),
        ("network", "store", "import socket"),
        ("network", "calendars", "from urllib.request import urlopen"),
        ("network", "agent", "import requests"),
    ],
)
def test_an_import_contract_fails_on_the_import_it_forbids(
    contract: str, room: str, line: str, tmp_path: Path
) -> None:
    report = broken(contract, f"{room}/offender.py", line, tmp_path)
    assert f"app.{room}.offender ->" in report or f"app.{room} is not allowed" in report


def test_a_room_that_no_layer_names_breaks_the_contract(tmp_path: Path) -> None:
    assert "app.helpers" in broken("layers", "helpers.py", "", tmp_path)


def test_long_counts_run_only_when_soak_is_asked_for() -> None:
    """They are not selected in the daily run; nothing is skipped."""
    listed = {
        words: subprocess.run(
            [sys.executable, "-m", "tests.run_checks", *words, "--collect-only", "-q", LONG],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for words in ((), ("--soak",))
    }
    assert "[100]" in listed[()] and "[5000]" not in listed[()]
    assert "[100]" in listed["--soak",] and "[5000]" in listed["--soak",]


def broken(contract: str, name: str, line: str, tmp_path: Path) -> str:
    """What import-linter says of the contract once a file with this line is added to app/."""
    shutil.copytree(ROOT / "app", tmp_path / "app", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "app" / name).write_text(line + "\n")
    code = "from importlinter.cli import lint_imports_command as main; main()"
    result = subprocess.run(
        [sys.executable, "-c", code, "--no-logo", "--no-cache", "--contract", contract],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1, result.stdout
    assert "1 broken" in result.stdout
    return result.stdout
