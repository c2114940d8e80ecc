"""The one memory budget: what a child needs is compared with what is free before it takes it.

Only measuring and the comparison belong here; what a child needs is known by its room.
"""

from __future__ import annotations

from pathlib import Path

from app.core.errors import KnownError

_CGROUPS = Path("/sys/fs/cgroup")
_OWN_CGROUP = Path("/proc/self/cgroup")
_MEMINFO = Path("/proc/meminfo")


def free_bytes() -> int:
    """Bytes a new process can use without pushing others out: the system's or the container's."""
    free = _system_free_bytes()
    limited = cgroup_free_bytes(_CGROUPS, _OWN_CGROUP)
    return free if limited is None else min(free, limited)


def check_fits(
    name: str,
    needed_bytes: int,
    free: int | None = None,
    *,
    instead: str = "",
    hint: str = "Close other programs, or choose something smaller, such as a smaller model.",
) -> None:
    """Raise KnownError("not_enough_memory") if `name` needs more than is free.

    `free` is what was measured, in bytes; None measures now. `instead` says what would fit ("a
    2,048 context would fit").
    """
    free = free_bytes() if free is None else free
    if needed_bytes > free:
        would = f"; {instead}" if instead else ""
        raise KnownError(
            "not_enough_memory",
            f"{name} needs {amount(needed_bytes)}, {amount(free)} are free{would}.",
            hint,
        )


def cgroup_free_bytes(cgroups: Path, own: Path) -> int | None:
    """What the control groups of this process leave it, in bytes; None without a limit.

    `cgroups` is where they are mounted, `own` the list of this process's groups. A group's limit
    holds for all groups below it, so the least along the way counts. Inside a container the
    listed path may be the host's; what is not there is passed over.
    """
    try:
        lines = own.read_text().splitlines()
    except OSError:
        return None
    free: list[int] = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            base, names, prefix = cgroups, ("memory.max", "memory.current"), ""
        elif "memory" in controllers.split(","):
            base = cgroups / "memory"
            names, prefix = ("memory.limit_in_bytes", "memory.usage_in_bytes"), "total_"
        else:
            continue
        parts = [part for part in path.split("/") if part not in ("", "..")]
        for depth in range(len(parts) + 1):
            left = _left(base.joinpath(*parts[:depth]), *names, prefix)
            if left is not None:
                free.append(left)
    return min(free, default=None)


def _system_free_bytes() -> int:
    # Every answer on the command line measures once: where one small file tells the same, a
    # library that takes longer to import than the rest of the start is not asked.
    try:
        for line in _MEMINFO.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass  # not Linux
    import psutil

    return int(psutil.virtual_memory().available)


def _left(group: Path, limit_name: str, usage_name: str, prefix: str) -> int | None:
    try:
        limit = (group / limit_name).read_text().strip()
        if limit == "max":
            return None
        usage = int((group / usage_name).read_text())
        stat = (group / "memory.stat").read_text()
        pairs = (entry.split() for entry in stat.splitlines())
        # File pages count as usage, but are given up before anything fails; those of a model that
        # was read twice are called active.
        files = (f"{prefix}inactive_file", f"{prefix}active_file")
        cache = sum(int(pair[1]) for pair in pairs if pair[0] in files)
        return max(0, int(limit) - usage + cache)
    except (OSError, ValueError):
        return None


def amount(count: int) -> str:
    """A number of bytes as a person reads it."""
    if count >= 100_000_000:
        return f"{count / 1e9:.1f} GB"
    return f"{count / 1e6:.0f} MB"
