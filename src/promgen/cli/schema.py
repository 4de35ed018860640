"""`promgen schema`: the JSON Schema that editors complete and check specifications with."""

from __future__ import annotations

import json
from pathlib import Path

import click

from promgen.base.errors import OutsideError
from promgen.compiler.spec.jsonschema import DOCUMENTS, schema_of


@click.command("schema", short_help="Print the JSON Schema of specifications.")
@click.argument("kind", required=False, metavar="[KIND]", type=click.Choice(list(DOCUMENTS)))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write to this file instead."
)
@click.pass_context
def command(context: click.Context, kind: str | None, output: Path | None) -> None:
    """Print the JSON Schema of one KIND of document, or of all kinds together.

    An editor with the YAML language server completes keys, says what they mean and marks mistakes where a file
    begins with the line

    \b
    # yaml-language-server: $schema=../promgen.schema.json

    \b
    promgen schema
    promgen schema Service
    promgen schema --output slo-specs/promgen.schema.json
    """
    text = schema_text(kind)
    if output is None:
        click.echo(text, nl=False)
        return
    path = Path(context.obj["directory"]) / output
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise OutsideError(f"cannot write {output}: {error.strerror}") from error


def schema_text(kind: str | None = None) -> str:
    """A schema as the text of its file."""
    return json.dumps(schema_of(kind), indent=2, ensure_ascii=False) + "\n"
