"""The command line: reading its words and answering with text or JSON lines."""

from app.cli.main import main

__all__ = ["main"]
