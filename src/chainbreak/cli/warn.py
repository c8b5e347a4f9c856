"""`chainbreak warn`: from observed contacts to warnings, calls and visits; each part in a file of its own."""

from __future__ import annotations

import typer

from chainbreak.cli import warn_contacts, warn_hotline, warn_list, warn_measure, warn_plan, warn_send, warn_visit

app = typer.Typer(
    no_args_is_help=True, pretty_exceptions_enable=False, help="Warnings: contacts, plan, calls, visits, outcomes"
)
app.add_typer(warn_plan.app)
app.add_typer(warn_measure.app)
app.add_typer(warn_visit.app)
app.add_typer(warn_hotline.app)
app.add_typer(warn_contacts.app)
app.add_typer(warn_list.app)
app.add_typer(warn_send.app)
