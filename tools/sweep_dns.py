#!/usr/bin/env python3
"""Let go of DNS blocks that have ended, without the program that made them.

    sweep_dns.py PRIMARY[:PORT] --key-name NAME --key-file FILE [--every SECONDS] [--grace SECONDS] [--dry-run]
                 [--hot ZONE] [--cold ZONE] [--marks ZONE]

Run it beside the primary: an order's end then acts even while the centre's sender is down or cut off. Each name has a
text record in the zone of marks: order, end in UTC microseconds, where it leads. A name whose end has passed (by
--grace, 60 s unless told) leaves the hot zone and the marks; one in the cold zone is let pass by a record in the hot
one, which the centre's next move takes away: resolvers are late to follow a large zone. Nothing else is touched.
FILE holds the TSIG secret in base64 (hmac-sha256). Needs Python 3.11 and dnspython 2.8.
Prints one JSON object a round: at_us, marked, ended, swept. Exit: 0 done, 1 the primary refused or was not reached.
"""

import argparse
import json
import sys
import time
from ipaddress import ip_address
from pathlib import Path

import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.tsig
import dns.update

AT_ONCE = 100  # names in one message
TTL_S = 5
PASSTHRU = "rpz-passthru."


class Refused(Exception):
    """The primary answered something else than yes."""


class Primary:
    """The server and the key."""

    def __init__(self, where, key_name, secret):
        host, _, port = where.rpartition(":") if where.count(":") == 1 or where.startswith("[") else (where, "", "53")
        self.host, self.port = str(ip_address(host.strip("[]"))), int(port)
        self.key = dns.tsig.Key(key_name, secret, "hmac-sha256")

    def say(self, message):
        """One signed exchange."""
        message.use_tsig(self.key)
        answer = dns.query.tcp(message, self.host, port=self.port, timeout=30)
        if answer.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
            raise Refused(dns.rcode.to_text(answer.rcode()))
        return answer

    def serial(self, zone):
        """The zone's serial; it grows with every change."""
        return self.say(dns.message.make_query(zone, "SOA")).answer[0][0].serial

    def texts(self, zone):
        """(name, text record) of every name in a zone."""
        messages = dns.query.xfr(
            self.host, zone, port=self.port, timeout=30, keyring={self.key.name: self.key}, keyname=self.key.name,
            keyalgorithm=self.key.algorithm,
        )  # fmt: skip
        for message in messages:
            for rrset in message.answer:
                if rrset.rdtype == dns.rdatatype.TXT:
                    for text in rrset:
                        yield rrset.name, text

    def record(self, name, zone, kind):
        """The record of one name as it is now, or None."""
        answer = self.say(dns.message.make_query(name.derelativize(zone), kind))
        return answer.answer[0][0] if answer.answer else None


def end_of(text):
    """When a mark ends, in UTC microseconds; None for a record that bars nothing, or is no mark of ours."""
    strings = [part.decode("ascii", "replace") for part in text.strings]
    is_mark = len(strings) == 3 and strings[1].isascii() and strings[1].isdigit() and strings[2] != PASSTHRU
    return int(strings[1]) if is_mark else None


def below(name):
    """The wildcard below a name."""
    return dns.name.Name(("*", *name.labels))


class Sweeper:
    """Rounds over the marks; a round costs nothing while no mark changes and the next end is still ahead."""

    def __init__(self, primary, zones, grace_us, dry_run):
        self.primary, self.grace_us, self.dry_run = primary, grace_us, dry_run
        self.hot, self.cold, self.marks = (dns.name.from_text(zone) for zone in zones)
        self.seen, self.next_us, self.marked = None, 0, 0

    def round(self, now_us):
        """One round; what it found and did."""
        before_us = now_us - self.grace_us
        serial = self.primary.serial(self.marks)
        ended, swept = [], 0
        if serial != self.seen or self.next_us <= before_us:
            ended = self._ended(before_us)
            if not self.dry_run:
                for start in range(0, len(ended), AT_ONCE):
                    swept += self._sweep(ended[start : start + AT_ONCE], before_us)
            self.seen = serial if not ended else None
        return {"at_us": now_us, "marked": self.marked, "ended": len(ended), "swept": swept}

    def _ended(self, before_us):
        ended, ahead, self.marked = [], [], 0
        for name, text in self.primary.texts(self.marks):
            end_us = end_of(text)
            if end_us is not None:
                self.marked += 1
                (ended if end_us <= before_us else ahead).append(name if end_us <= before_us else end_us)
        self.next_us = min(ahead, default=sys.maxsize)
        return ended

    def _sweep(self, names, before_us):
        # A mark may have been renewed since it was read.
        now = {name: self.primary.record(name, self.marks, "TXT") for name in names}
        over = {name: text for name, text in now.items() if text and (end_of(text) or sys.maxsize) <= before_us}
        hot, cold, marks = changes = [dns.update.UpdateMessage(zone) for zone in (self.hot, self.cold, self.marks)]
        for name, text in over.items():
            is_far = self.primary.record(name, self.cold, "CNAME")
            if is_far and not self._is_below_barred(name):
                for owner in (name, below(name)):
                    hot.replace(owner, TTL_S, "CNAME", PASSTHRU)
                order, end, _ = (part.decode("ascii") for part in text.strings)
                marks.replace(name, TTL_S, "TXT", f'"{order}" "{end}" "{PASSTHRU}"')
            else:
                for owner in (name, below(name)):
                    hot.delete(owner, "CNAME")
                    if is_far:
                        cold.delete(owner, "CNAME")
                marks.delete(name, "TXT")
        for change in changes:
            if change.update:
                self.primary.say(change)
        return len(over)

    def _is_below_barred(self, name):
        # A record that lets pass would free more than this name's own order barred.
        above = (dns.name.Name(name.labels[i:]) for i in range(1, len(name.labels) - 1))
        return any((text := self.primary.record(one, self.marks, "TXT")) and end_of(text) for one in above)


def main():
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("primary")
    parser.add_argument("--key-name", required=True)
    parser.add_argument("--key-file", required=True, type=Path)
    parser.add_argument("--every", type=float, default=0, help="seconds between rounds; 0: one round")
    parser.add_argument("--grace", type=float, default=60, help="seconds past its end that a name is left alone")
    parser.add_argument("--dry-run", action="store_true")
    for zone in ("hot", "cold", "marks"):
        parser.add_argument(f"--{zone}", default=f"{zone}.rpz")
    given = parser.parse_args()
    primary = Primary(given.primary, given.key_name, given.key_file.read_text().strip())
    sweeper = Sweeper(primary, (given.hot, given.cold, given.marks), int(given.grace * 1_000_000), given.dry_run)
    while True:
        failed = False
        try:
            print(json.dumps(sweeper.round(time.time_ns() // 1_000)), flush=True)
        except (OSError, EOFError, Refused, dns.exception.DNSException) as error:
            failed = True
            print(f"the primary refused or was not reached: {type(error).__name__} {error}", file=sys.stderr)
        if not given.every:
            return int(failed)
        time.sleep(given.every)


if __name__ == "__main__":
    sys.exit(main())
