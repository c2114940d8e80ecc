"""The program's door: child processes are sent to their rooms before anything heavy is imported."""

from __future__ import annotations

import sys


def main() -> int:
    """Run what the words on the command line ask for; returns the exit status."""
    words = sys.argv[1:]
    if words[:1] == ["--engine-host"]:
        from app.engine.host import main as engine_host

        engine_host(words[1:])
    try:
        from app.cli import main as command_line

        return command_line(words)
    except KeyboardInterrupt:  # pressed before the command line could take care of it
        print("Stopped.", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
