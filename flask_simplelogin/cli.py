"""The commands ``flask simplelogin …``: printing, and nothing else."""

from __future__ import annotations

import json
from dataclasses import asdict

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from . import user_commands
from .audit import Finding, posture
from .errors import UsageError
from .guessing import name_key
from .routes import Route, routes
from .startup import has_generated_key
from .state import current_state
from .terminal import table

_COLOURS = {"ok": "green", "warning": "yellow", "error": "red"}

group = AppGroup("simplelogin", help="See to the login of this app.")
group.add_command(user_commands.group)
group.add_command(user_commands.hash_)


@group.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def check(*, as_json: bool) -> None:
    """Tell how safe this app's login is; exit with 1 if there is an error."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    findings = posture(app)
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            click.echo(_line(finding))
    raise SystemExit(any(finding.level == "error" for finding in findings))


@group.command("routes")
@click.option("--open", "only_open", is_flag=True, help="Only those that nobody is kept from.")
@click.option("--json", "as_json", is_flag=True, help="Print the routes as JSON.")
def list_routes(*, only_open: bool, as_json: bool) -> None:
    """Tell of every route who may enter, and what in the app decided it."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    found = [route for route in routes(app) if route.verdict.is_open or not only_open]
    if as_json:
        click.echo(json.dumps([route.as_dict() for route in found], indent=2))
        return
    rows = [("Path", "Methods", "Who may enter", "Why"), *map(_row, found)]
    for line in table(rows):
        click.echo(line)


def _row(route: Route) -> tuple[str, str, str, str]:
    """Return a route as the cells of a table."""
    verdict = route.verdict
    return route.path, ", ".join(route.methods), ", ".join(verdict.who), "; ".join(verdict.why)


@group.command()
@click.argument("name")
def unlock(name: str) -> None:
    """Let NAME log in again after too many wrong guesses, where the counts are shared."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    throttle = current_state().throttle
    if throttle is None:
        raise UsageError("Guesses are not limited: SIMPLELOGIN_THROTTLE is off.")
    if has_generated_key(app):
        raise UsageError("Set the SECRET_KEY of the app that counts: names are counted under it.")
    if not throttle.unlock(name_key(name)):
        click.echo(f"No guesses at {name!r} are counted.")
        return
    click.echo(f"The guesses at {name!r} are forgotten; those of a network are not.")


def _line(finding: Finding) -> str:
    """Return a finding as one line, and its remedy as another."""
    level = click.style(f"{finding.level:9}", fg=_COLOURS[finding.level])
    remedy = f"\n{'':9}→ {finding.remedy}" if finding.remedy else ""
    return f"{level}{finding.sentence}{remedy}"
