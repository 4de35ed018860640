"""Where a project is, and which files its build reads: all that is needed to see whether anything changed."""

from __future__ import annotations

from pathlib import Path

from promgen.base.conventions import PROJECT_FILE
from promgen.base.diagnostics import Diagnostics
from promgen.base.errors import UsageError
from promgen.compiler.source.files import SourceFile, decode, read_source, read_sources
from promgen.compiler.source.nodes import Mapping, Sequence, plain
from promgen.compiler.source.yamltext import Document, parse_documents

DEFAULT_INPUTS = ("slo-specs",)


def find_root(start: Path) -> Path:
    """The nearest folder upwards that holds promgen.yaml; raise UsageError when there is none."""
    for folder in (start, *start.parents):
        if (folder / PROJECT_FILE).is_file():
            return folder
    raise UsageError(f"there is no {PROJECT_FILE} in {start} or above it; `promgen init` writes one")


def read_project_file(root: Path, diagnostics: Diagnostics) -> tuple[SourceFile, Document | None] | None:
    """promgen.yaml and its document; None when the file was refused, which is reported."""
    file = read_source(root, PROJECT_FILE, diagnostics)
    text = decode(file, diagnostics) if file is not None else None
    if file is None or text is None:
        return None
    documents = parse_documents(text, PROJECT_FILE, diagnostics)
    return file, documents[0] if documents else None


def input_folders(document: Document | None) -> tuple[str, ...]:
    """The folders of specifications, as written and not yet validated."""
    root = document.root if document is not None else None
    folders = root.get("inputs") if isinstance(root, Mapping) else None
    if not isinstance(folders, Sequence):
        return DEFAULT_INPUTS
    return tuple(folder for folder in plain(folders) if isinstance(folder, str))


def inventory_file(document: Document | None) -> str | None:
    """The recorded inventory that promgen.yaml names, as written and not yet validated."""
    root = document.root if document is not None else None
    return root.text("inventory") if isinstance(root, Mapping) else None


def find_runbooks(root: Path) -> frozenset[str]:
    """The names of the project's runbooks: files in `runbooks/`, without `.md`."""
    folder = root / "runbooks"
    return frozenset(path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.md"))


def read_inputs(root: Path, diagnostics: Diagnostics) -> tuple[Document | None, tuple[SourceFile, ...]]:
    """promgen.yaml's document, and every file of the project, promgen.yaml first."""
    project = read_project_file(root, diagnostics)
    if project is None:
        return None, ()
    file, document = project
    return document, (file, *read_sources(root, input_folders(document), diagnostics))
