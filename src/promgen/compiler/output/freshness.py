"""Whether the last build still stands, so that one with nothing to do ends before anything heavy is imported.

The answer rests on the content of every input and every output, never on times: a wrong "yes" would ship old
rules. What is remembered is local, in `.promgen/state.json`; losing it costs one build.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from promgen.base.errors import OutsideError
from promgen.base.paths import LOCAL_FOLDER, LOCK_FILE
from promgen.compiler.output.disk import File, look
from promgen.compiler.output.local import make_local_folder
from promgen.compiler.output.lock import Lock, digest_of, format_lock, parse_lock

_STATE_FILE = "state.json"


def is_current(root: Path, inputs: Iterable[Path], key: str) -> bool:
    """True only if every input is what the last build read and every output is what it wrote.

    `key` stands for everything else that decides the output: the version of promgen and its options.
    """
    try:
        state = json.loads((root / LOCAL_FOLDER / _STATE_FILE).read_bytes())
        lock = (root / LOCK_FILE).read_bytes()
        if state != _state({path: path.read_bytes() for path in inputs}, key, lock):
            return False
        return all(look(root, path) == File(digest) for path, digest in parse_lock(lock).files.items())
    except (OSError, ValueError, OutsideError):
        return False


def remember(root: Path, inputs: Mapping[Path, bytes], key: str, lock: Lock) -> None:
    """Note a successful build: the inputs as it read them, not as they are by now, and the lock it wrote."""
    content = json.dumps(_state(inputs, key, format_lock(lock))).encode()
    with suppress(OSError):
        state = make_local_folder(root) / _STATE_FILE
        unfinished = state.with_suffix(".tmp")
        unfinished.write_bytes(content)
        unfinished.replace(state)


def _state(inputs: Mapping[Path, bytes], key: str, lock: bytes) -> dict[str, str]:
    digests = sorted((os.path.abspath(path), digest_of(content)) for path, content in inputs.items())
    return {"inputs": digest_of(json.dumps([key, digests]).encode()), "lock": digest_of(lock)}
