"""`./run`: what it starts, from where, and what it says when something is missing."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="run.cmd serves Windows")

# What a minimal system has beside sh.
TOOLS = ["cat", "cksum", "date", "env", "mkdir", "readlink", "rm", "tail", "tr"]

APP = """
import json, os, sys
print(json.dumps({"words": sys.argv[1:], "folder": os.getcwd(), "path": sys.path[:2]}))
sys.exit(3)
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A set-up source tree whose program reports how it was started and ends with status 3."""
    tree = tmp_path / "a tree"
    (tree / "app").mkdir(parents=True)
    (tree / "app" / "__init__.py").touch()
    (tree / "app" / "__main__.py").write_text(APP)
    for name in ("run", "requirements.lock", "requirements-boot.lock", "requirements-build.txt"):
        shutil.copy(ROOT / name, tree)
    python = tree / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    stamp(tree)
    return tree


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder of commands like that of a minimal system, for PATH: no Python, no compiler."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    command(folder, "id", "echo 1000")
    return folder


def stamp(tree: Path) -> None:
    """Mark the environment as made from the lock."""
    (tree / ".venv" / ".made-from").write_bytes(checksum(tree / "requirements.lock"))


def checksum(lock: Path) -> bytes:
    """What the mark of a folder made from this lock holds."""
    text = lock.read_bytes()
    return subprocess.run(["cksum"], input=text, capture_output=True, check=True).stdout


def command(folder: Path, name: str, script: str) -> None:
    """Put a command into the folder."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def run(
    path: Path, *words: str, cwd: Path, bin: Path | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run ./run by this path; with `bin`, only that folder's commands and these variables exist."""
    return subprocess.run(
        [path, *words],
        cwd=cwd,
        env={"PATH": str(bin), **variables} if bin else None,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_words_working_folder_and_exit_status_pass_through(tree: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    (elsewhere / "json.py").write_text("raise SystemExit('the wrong json')")
    result = run(tree / "run", "ask", "two words", "*", "--json", cwd=elsewhere)
    assert result.returncode == 3, result.stderr
    assert result.stderr == ""
    assert f'"words": ["ask", "two words", "*", "--json"], "folder": "{elsewhere}"' in result.stdout
    assert f'"path": ["{tree}"' in result.stdout


@pytest.mark.parametrize("target", ["absolute", "relative"])
def test_it_finds_its_tree_through_a_symbolic_link(tree: Path, tmp_path: Path, target: str) -> None:
    link = tmp_path / "bin-of-user" / "phial"
    link.parent.mkdir()
    link.symlink_to(tree / "run" if target == "absolute" else "../a tree/run")
    second = tmp_path / "second"
    second.symlink_to(link)
    result = run(second, "ask", cwd=Path("/"))
    assert result.returncode == 3, result.stderr
    assert f'"path": ["{tree}"' in result.stdout


@pytest.mark.parametrize("what", ["another lock", "no mark", "broken interpreter"])
def test_a_stale_or_half_made_environment_is_not_started(tree: Path, bare: Path, what: str) -> None:
    match what:
        case "another lock":
            with (tree / "requirements.lock").open("a") as lock:
                lock.write("# changed\n")
        case "no mark":
            (tree / ".venv" / ".made-from").unlink()
        case _:
            python = tree / ".venv" / "bin" / "python"
            python.unlink()
            python.symlink_to("/no/such/python3.11")
    result = run(tree / "run", "ask", cwd=tree, bin=bare)
    assert result.returncode == 1
    assert result.stdout == ""


def test_without_python_and_apt_one_sentence_says_what_is_missing(tree: Path, bare: Path) -> None:
    (tree / ".venv" / ".made-from").unlink()
    result = run(tree / "run", cwd=tree, bin=bare)
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "python3" in result.stderr


def test_without_root_and_sudo_it_names_the_packages_and_the_command(
    tree: Path, bare: Path
) -> None:
    (tree / ".venv" / ".made-from").unlink()
    command(bare, "python3", f'exec {sys.executable} "$@"')
    command(bare, "apt-get", "exit 99")
    result = run(tree / "run", cwd=tree, bin=bare)
    assert result.returncode == 1
    assert "needs these system packages: g++\n" in result.stderr
    assert "As root, type: apt-get install --no-install-recommends g++\n" in result.stderr


def test_where_sudo_wants_a_password_nobody_can_give_it_says_what_to_type(
    tree: Path, bare: Path
) -> None:
    (tree / ".venv" / ".made-from").unlink()
    command(bare, "python3", f'exec {sys.executable} "$@"')
    command(bare, "apt-get", "exit 99")
    command(bare, "sudo", "exit 1")
    result = run(tree / "run", cwd=tree, bin=bare)
    assert result.returncode == 1
    assert "Type: sudo apt-get install --no-install-recommends g++\n" in result.stderr


def test_a_package_index_out_of_reach_is_said_in_a_sentence_with_the_log(
    tree: Path, bare: Path
) -> None:
    (tree / ".venv" / ".made-from").unlink()
    command(bare, "python3", f'exec {sys.executable} "$@"')
    command(bare, "g++", "exit 1")
    result = run(
        tree / "run",
        cwd=tree,
        bin=bare,
        PIP_CONFIG_FILE="/dev/null",
        PIP_INDEX_URL="http://127.0.0.1:9/",
        PIP_RETRIES="0",
    )
    assert result.returncode == 1
    assert "could not be reached" in result.stderr
    assert str(tree / ".boot" / "log") in result.stderr


def test_the_environment_is_made_from_the_lock_under_the_build_bounds(
    tree: Path, bare: Path
) -> None:
    """uv takes the bounds only from a file that it is given; the lock alone dates the result."""
    (tree / ".venv" / ".made-from").unlink()
    command(bare, "python3", f'exec {sys.executable} "$@"')
    command(bare, "g++", "exit 1")
    uv = tree / ".boot" / "uv"
    (uv / "bin").mkdir(parents=True)
    command(uv / "bin", "python", "exit 99")
    command(uv / "bin", "uv", f"printf '%s\\n' \"$@\" >>'{tree}/said'")
    (uv / ".made-from").write_bytes(checksum(tree / "requirements-boot.lock"))
    result = run(tree / "run", "ask", cwd=tree, bin=bare)
    assert result.returncode == 3, result.stderr
    said = (tree / "said").read_text().splitlines()
    sync = said[said.index("pip") :]
    assert sync[:3] == ["pip", "sync", "--require-hashes"]
    assert sync[sync.index("--build-constraints") + 1] == str(tree / "requirements-build.txt")
    assert sync[-1] == str(tree / "requirements.lock")
    made = (tree / ".venv" / ".made-from").read_bytes()
    assert made == checksum(tree / "requirements.lock")


def test_on_windows_the_build_bounds_are_passed_too() -> None:
    assert " --build-constraints requirements-build.txt " in (ROOT / "run.cmd").read_text()


def test_each_build_bound_is_an_upper_one() -> None:
    lines = (ROOT / "requirements-build.txt").read_text().splitlines()
    bounds = [line for line in lines if not line.startswith("#")]
    assert bounds
    assert all(re.fullmatch(r"[\w-]+<\d+", line) for line in bounds), bounds


LDCONFIG = "echo '	libEGL.so.1 (libc6,x86-64) => /lib/libEGL.so.1'"


def test_the_tests_ask_for_the_libraries_qt_needs_and_a_screen(tree: Path, bare: Path) -> None:
    command(bare, "ldconfig", LDCONFIG)
    command(bare, "apt-get", "exit 99")
    command(bare, "xdotool", "exit 99")
    result = run(tree / "run", "test", cwd=tree, bin=bare)
    assert result.returncode == 1
    assert "system packages: libgl1 libxkbcommon0 " in result.stderr
    assert "libxcb-cursor0 " in result.stderr
    assert "xvfb\n" in result.stderr
    assert "libegl1" not in result.stderr
    assert "xdotool" not in result.stderr


def test_the_window_asks_for_the_libraries_of_the_screen_there_is(tree: Path, bare: Path) -> None:
    command(bare, "ldconfig", LDCONFIG)
    command(bare, "apt-get", "exit 99")
    on_x11 = run(tree / "run", cwd=tree, bin=bare, DISPLAY=":9")
    assert "libxcb-cursor0" in on_x11.stderr and "wayland" not in on_x11.stderr
    on_wayland = run(tree / "run", "--now", "x", cwd=tree, bin=bare, WAYLAND_DISPLAY="wayland-9")
    assert "libwayland-cursor0" in on_wayland.stderr and "xcb" not in on_wayland.stderr
    for words in (["ask", "hello"], ["--help"]):
        plain = run(tree / "run", *words, cwd=tree, bin=bare, DISPLAY=":9")
        assert plain.returncode == 3, plain.stderr
