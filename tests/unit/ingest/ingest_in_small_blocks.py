"""A process of its own for the kill test: `python THIS CENTRE FILE…` ingests calls in blocks of a few rows."""

import sys
from dataclasses import replace
from pathlib import Path

from chainbreak.app import ingest_file as verb
from chainbreak.app.bootstrap import open_office
from chainbreak.base.progress import silent
from chainbreak.ingest.limits import Limits
from chainbreak.ingest.pipeline import ingest_file
from chainbreak.records import kind_named
from chainbreak.records.actor import SERVICE

if __name__ == "__main__":
    office = open_office(sys.argv[1])
    parts = replace(verb.open_parts(office), limits=Limits(block=8_192))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for name in sys.argv[2:]:
        run = ingest_file(parts, kind_named("call"), Path(name), None, silent)
        verb.note_run(office, SERVICE, run)
        assert run.error == "", run.error
