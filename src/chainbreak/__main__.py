"""`python -m chainbreak` is the `chainbreak` command."""

from chainbreak.cli import main

main()
