"""The terminal face. Each noun is a file in this folder with a Typer `app`; only the one that is called is imported."""


def main() -> None:
    """Entry point of the `chainbreak` command."""
    from chainbreak.cli.root import run

    run()
