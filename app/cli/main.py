"""Which command was asked for, with which options; each command's work is in a file of its own."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from app.cli.output import Output, OutputFailedError, make_output
from app.cli.status import KNOWN_ERROR
from app.core.errors import KnownError


def main(words: Sequence[str]) -> int:
    """Run one command, or show the window where none is named.

    The exit status is 0 done, 1 a known error, 2 usage, 3 waiting for a yes.
    """
    parser = _parser()
    if not words or (words[0].startswith("-") and words[0] not in ("-h", "--help")):
        return _window(_window_parser().parse_args(words))
    options = parser.parse_args(words)
    if options.command == "tool" and not options.schemas and options.name is None:
        parser.error("tool: name a tool, or ask for --schemas")
    output = make_output(json_lines=options.json)
    try:
        try:
            return _run(options, output)
        except KnownError as error:
            output.error(error)
        except KeyboardInterrupt:
            output.error(KnownError("stopped", "Stopped."))
    except OutputFailedError as failed:
        # Whoever read our output has left (quiet), or its disk is full (said).
        sys.stdout = None
        if failed.reason:
            print(f"The output could not be written: {failed.reason}.", file=sys.stderr)
    return KNOWN_ERROR


def _run(options: argparse.Namespace, output: Output) -> int:
    # Imported by command: `doctor` must run where a part is missing, `--schemas` needs no profile.
    if options.command == "ask":
        from app.cli.asking import ask

        return ask(options, output)
    if options.command == "tool":
        from app.cli.asking import schemas, tool

        return schemas(output) if options.schemas else tool(options, output)
    if options.command == "demo":
        from app.cli.demo import demo

        return demo(options, output)
    if options.command == "import":
        from app.cli.importing import import_command

        return import_command(options, output)
    from app.cli.doctor import doctor

    return doctor(options, output)


def _window(options: argparse.Namespace) -> int:
    """Show the window until it is closed."""
    try:
        from app.compose.windowed import Choices, window

        return window(Choices(options.profile, options.now, options.model))
    except KnownError as error:
        print(error.sentence(), file=sys.stderr)
        return KNOWN_ERROR


def _window_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="phial", description="Open the window. For the commands: phial --help."
    )
    for add in (_add_profile, _add_now, _add_model):
        add(parser)
    return parser


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="phial",
        usage="%(prog)s [--profile DIR] [--now ISO] [--model FILE]\n       %(prog)s COMMAND ...",
        description="An assistant for your calendar that runs on this machine. Without a command "
        "its window opens.",
    )
    commands = parser.add_subparsers(dest="command", required=True, prog="phial")
    shared = argparse.ArgumentParser(add_help=False)
    _add_profile(shared)
    shared.add_argument("--json", action="store_true", help="one JSON object a line on stdout")
    changing = argparse.ArgumentParser(add_help=False)
    _add_now(changing)
    changing.add_argument("--yes", action="store_true", help="make the changes proposed")
    model = argparse.ArgumentParser(add_help=False)
    _add_model(model)

    ask = commands.add_parser(
        "ask", parents=[shared, changing, model], help="one request in your own words"
    )
    ask.add_argument("text", metavar="TEXT")
    ask.add_argument("--timings", action="store_true", help="say on stderr where the time went")
    tool = commands.add_parser("tool", parents=[shared, changing], help="one tool, without a model")
    tool.add_argument("name", nargs="?", metavar="NAME")
    tool.add_argument("arguments", nargs="?", default="{}", metavar="JSON")
    tool.add_argument("--schemas", action="store_true", help="print the tools' JSON Schemas")
    demo = commands.add_parser(
        "demo",
        help="what Phial does, on a sample profile, with a picture of the window",
    )
    _add_now(demo)
    demo.add_argument("--json", action="store_true", help="one JSON object a line on stdout")
    demo.add_argument(
        "--picture",
        type=_path,
        metavar="FILE",
        default=Path("phial-demo.png"),
        help="where the picture goes, as .png; else phial-demo.png in this folder",
    )
    importing = commands.add_parser(
        "import", parents=[shared], help="mail, calendars and contacts from files and folders"
    )
    _add_now(importing)
    importing.add_argument(
        "paths",
        nargs="+",
        type=_path,
        metavar="PATH",
        help=".eml, mbox, Maildir, .ics, .vcf, or a folder of them",
    )
    commands.add_parser(
        "doctor", parents=[shared, model], help="what this machine can do and what is missing"
    )
    return parser


def _add_profile(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--profile", type=_path, metavar="DIR", help="the profile's folder")


def _add_now(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--now", default="", metavar="ISO", help="fix the clock and zone")


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=_path, metavar="FILE", help="a GGUF model file")


def _path(text: str) -> Path:
    """A file or folder named on the command line."""
    if not text:
        raise argparse.ArgumentTypeError("the name is empty")
    return Path(text)
