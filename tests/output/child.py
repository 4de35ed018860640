"""A build in a process of its own, which is killed or runs into a limit: arguments MODE NUMBER FILES.

Works in the current folder. Ends with 0 when the build succeeded, and prints the message when it did not.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

from promgen.base.errors import OutsideError
from tests.output.project import Project, at_call


def kill_itself() -> None:
    """End without any chance to clean up."""
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


def limit_file_size(size: int) -> None:
    """Let the system refuse files beyond a size, as a full disk does."""
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def become_nobody(uid: int) -> None:
    """Root may write anywhere; give it the project and continue as somebody who may not."""
    if os.geteuid() == 0:
        for path in (Path("."), *Path(".").rglob("*")):
            os.chown(path, uid, uid)
        os.setgid(uid)
        os.setuid(uid)


def main(mode: str, number: str, files: str) -> int:
    """Build in the given mode."""
    if mode == "limit":
        limit_file_size(int(number))
    if mode == "nobody":
        become_nobody(int(number))
    try:
        with at_call(int(number) if mode == "kill" else 0, kill_itself):
            Project(Path(".")).build(json.loads(files))
    except OutsideError as error:
        print(error)
        return 4
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
