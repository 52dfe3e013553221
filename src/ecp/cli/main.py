"""The door of `ecp`: dispatches, and turns every failure into one clear line and an exit code.

`ecp validate` in its plain forms is answered without the library that reads command lines: it is
called once a file, in hooks and pipelines, and that library costs more than the verdict.
"""

import io
import os
import sys

from ecp.cli.output import Failure, typed
from ecp.texts import language_of_environment, text


def main() -> None:
    """Run the command line; every failure is one clear line on stderr and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # What a terminal's encoding lacks, or a name that is not text, is written as \\u….
            stream.reconfigure(errors="backslashreplace")
    code = 1
    try:
        code = _called(sys.argv[1:])
        if sys.stdout:
            # None where a caller has closed it.
            sys.stdout.flush()
    except Failure as error:
        code = _complain(error.spoken(language_of_environment()), error.exit_code)
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        # The reader has gone, as with `ecp … | head`: nothing is left to say.
        code = 0
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    except Exception as error:
        told = _usage(error)
        if told is not None:
            print(told, file=sys.stderr)
            code = 2
        elif os.environ.get("ECP_DEBUG"):
            raise
        else:
            # A mistake of ours: say which, in one line; the traceback is for those who ask.
            said = f"{type(error).__name__}: {error}"
            code = _complain(text("cli.unexpected", language_of_environment(), error=said), 1)
    sys.exit(code)


def _called(arguments: list[str]) -> int:
    if arguments[:1] == ["validate"] and "_ECP_COMPLETE" not in os.environ:
        from ecp.cli.validation import run, understood

        asked = understood(arguments[1:])
        if asked is not None:
            return run(asked)
    from ecp.cli.commands import called

    return called()


def _usage(error: Exception) -> str | None:
    """Return what is wrong with a call or a setting; None for any other error.

    Who has not loaded the module of an error has not met it.
    """
    if "ecp.cli.usage" in sys.modules:
        from ecp.cli.usage import complaint

        told = complaint(error)
        if told is not None:
            return told
    if "ecp.edge.services" in sys.modules:
        from ecp.edge.services import BadSetting

        if isinstance(error, BadSetting):
            return f"ecp: {typed(text(error.key, language_of_environment(), **error.values))}"
    return None


def _complain(message: str, code: int) -> int:
    print(f"ecp: {typed(message)}", file=sys.stderr)
    return code


if __name__ == "__main__":
    main()
