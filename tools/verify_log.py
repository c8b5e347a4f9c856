#!/usr/bin/env python3
"""Check a chainbreak audit log without trusting, or having, the program that wrote it.

    verify_log.py EXPORT_DIR    [--key VKEY] [--earlier NOTE]... [--witness VKEY]...
    verify_log.py PUBLISHED_DIR [--key VKEY] [--earlier NOTE]... [--witness VKEY]...
    verify_log.py RECEIPT.json  [--key VKEY] [--witness VKEY]...

An export holds every entry; a published folder holds checkpoints and proofs only; a receipt shows one entry. VKEY is a
public key (`name+hash+base64`) or a file holding one: take it from where the log could not have changed it. --earlier
is a checkpoint you kept; --witness is somebody whose cosignature you believe. Needs Python 3.11 and `cryptography`.
Exit: 0 all good, 1 something is wrong, 2 wrong call. Formats: RFC 6962, RFC 8785, C2SP signed-note and tlog-checkpoint.
"""

import argparse
import base64
import functools
import hashlib
import json
import sys
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

WITNESS = 4  # the type of a key that cosigns; a log's own is 1


class Wrong(Exception):
    """Something does not check; the text says what."""


def sha(*parts):
    """SHA-256 of all parts in a row."""
    return hashlib.sha256(b"".join(parts)).digest()


def pair(left, right):
    """RFC 6962: hash of an inner node."""
    return sha(b"\x01", left, right)


def half(n):
    """Largest power of two smaller than n."""
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def climb(leaf, i, n, path):
    """Root of an n-leaf tree by RFC 6962's own recursion: path's last hash is the other half of the whole."""
    if not 0 <= i < n:
        raise Wrong("inclusion proof: no such place in the tree")
    if n == 1 and not path:
        return leaf
    if n == 1 or not path:
        raise Wrong("inclusion proof: wrong length")
    k = half(n)
    if i < k:
        return pair(climb(leaf, i, k, path[:-1]), path[-1])
    return pair(path[-1], climb(leaf, i - k, n - k, path[:-1]))


def grown(m, n, path, old_root):
    """(root of the first m, root of all n) as the proof implies them; old_root is None once a part is split off."""
    if m == n and len(path) == (old_root is None):
        return (path[0], path[0]) if path else (old_root, old_root)
    if not 0 < m < n or not path:
        raise Wrong("consistency proof: sizes or length do not fit")
    k, last = half(n), path[-1]
    if m <= k:
        was, now = grown(m, k, path[:-1], old_root)
        return was, pair(now, last)
    was, now = grown(m - k, n - k, path[:-1], None)
    return pair(last, was), pair(last, now)


def check_growth(m, old_root, n, new_root, path):
    """Raise unless the proof shows that the first tree begins the second."""
    if m == 0 and path:
        raise Wrong("consistency proof: too long")
    if m and grown(m, n, path, old_root) != (old_root, new_root):
        raise Wrong(f"the log of {n} entries does not begin with the {m} entries under the earlier checkpoint")


class Key:
    """A public key `name+hash+base64(type, 32 bytes)`."""

    def __init__(self, text):
        try:
            self.name, digest, body = text.strip().split("+", 2)
            raw = base64.b64decode(body, validate=True)
            self.kind, self.raw, self.id = raw[0], raw[1:], sha(self.name.encode(), b"\n", raw)[:4]
        except (ValueError, IndexError):
            raise Wrong(f"not a public key: {text.strip()[:80]}") from None
        if self.id.hex() != digest or len(self.raw) != 32:
            raise Wrong(f"a public key does not match its own hash: {self.name}")

    def signed(self, note):
        """Whether one of the note's signature lines is this key's over its text."""
        text, lines = note
        for line in lines:
            name, _, body = line.removeprefix("\u2014 ").partition(" ")
            raw = base64.b64decode(body)
            if (name, raw[:4]) != (self.name, self.id):
                continue
            at = f"cosignature/v1\ntime {int.from_bytes(raw[4:12], 'big')}\n" if self.kind == WITNESS else ""
            try:
                signature = raw[12:] if at else raw[4:]
                Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, (at + text).encode())
                return True
            except InvalidSignature:
                continue
        return False


def split_note(document):
    """(signed text, signature lines)."""
    text, gap, below = document.rpartition("\n\n")
    if not gap:
        raise Wrong("not a signed note")
    return text + "\n", [line for line in below.split("\n") if line]


def key_chain(trusted, rotations):
    """[(key, from size, to size)]: each new key is signed by the one before."""
    chain, since = [], 0
    for document in rotations:
        note = split_note(document)
        head, name, size, key = note[0].rstrip("\n").split("\n")
        fits = (head, name) == ("chainbreak/key-rotation/v1", trusted.name) and int(size) >= since
        if not (fits and trusted.signed(note)):
            raise Wrong("a new key of the log is not signed by its old one")
        chain.append((trusted, since, int(size)))
        trusted, since = Key(key), int(size)
    return [*chain, (trusted, since, float("inf"))]


def open_checkpoint(document, chain):
    """(size, root, note) of a checkpoint with a good signature of the log."""
    note = split_note(document)
    lines = note[0].split("\n")
    size, root = int(lines[1]), base64.b64decode(lines[2], validate=True)
    if not any(lines[0] == key.name and low <= size <= high and key.signed(note) for key, low, high in chain):
        raise Wrong(f"the checkpoint of {size} entries is not signed by the log's key")
    return size, root, note


def read(path):
    """A file's text, with nothing translated."""
    return path.read_bytes().decode("utf-8")


def fold(peaks):
    """Root over complete subtrees (height, hash), widest first."""
    whole = b""
    for _, peak in reversed(peaks):
        whole = pair(peak, whole) if whole else peak
    return whole or sha(b"")


def roots_by_entries(folder, sizes, said):
    """{size: root} at each of `sizes`, computed from every entry of an export."""
    peaks, known, count, last_us = [], {0: sha(b"")}, 0, None
    with (folder / "entries.jsonl").open("rb") as lines:
        for raw in lines:
            entry = raw.rstrip(b"\n")
            body = json.loads(entry)
            if body["sequence"] != str(count):
                raise Wrong(f"line {count + 1}: sequence is {body['sequence']}, not {count}")
            if last_us is not None and int(body["at_us"]) < last_us:
                raise Wrong(f"line {count + 1}: time goes backwards")
            last_us, height, carry = int(body["at_us"]), 0, sha(b"\x00", entry)
            while peaks and peaks[-1][0] == height:
                carry, height = pair(peaks.pop()[1], carry), height + 1
            peaks.append((height, carry))
            count += 1
            if count in sizes:
                known[count] = fold(peaks)
    said(f"{count} entries hashed; sequence without a gap, time never backwards")
    if max(sizes) < count:
        said(f"the last {count - max(sizes)} entries are under no checkpoint yet")
    return known


def roots_by_proofs(points, said):
    """{size: root} as a published folder's chain of consistency proofs bears them out."""
    size, known = 0, {0: sha(b"")}
    for path, new, root, _ in points:
        _, old, *proof = read(path.with_suffix(".consistency")).split()
        if int(old) != size or new < size or (new == size and root != known[size]):
            raise Wrong(f"{path.name}: does not continue the checkpoint before")
        check_growth(size, known[size], new, root, [base64.b64decode(line) for line in proof])
        size, known[new] = new, root
    said(f"each checkpoint extends the one before, up to {size} entries; the entries themselves are not here")
    return known


def check_folder(folder, trusted, earlier, witnesses, said):
    """An export (with entries.jsonl) or a published folder (without)."""
    chain = key_chain(trusted, [read(p) for p in sorted((folder / "keys").glob("*.note"))])
    points = [(p, *open_checkpoint(read(p), chain)) for p in sorted((folder / "checkpoints").glob("*.note"))]
    cosigned = [(p, *open_checkpoint(read(p), chain)) for p in sorted((folder / "cosigned").glob("*.note"))]
    kept = [(p, *open_checkpoint(read(p), chain)) for p in earlier]
    if not points:
        raise Wrong("there is no checkpoint: nothing fixes what the log said")
    said(f"{len(points)} checkpoints carry a good signature; {len(chain)} key(s), each signed by the one before")
    if (folder / "entries.jsonl").exists():
        known = roots_by_entries(folder, {size for _, size, *_ in points + cosigned + kept}, said)
    else:
        known = roots_by_proofs(points, said)
    for what, group in (("checkpoint", points), ("cosigned checkpoint", cosigned), ("earlier checkpoint", kept)):
        for path, size, root, _ in group:
            if size not in known:
                raise Wrong(f"{what} {path.name} covers {size} entries, the log shows fewer or has no root for it")
            if known[size] != root:
                raise Wrong(f"{what} {path.name}: the first {size} entries have another root")
    if kept:
        said(f"the log begins with what {len(kept)} earlier checkpoint(s) said")
    for key in witnesses:
        covered = [size for _, size, _, note in cosigned if key.signed(note)]
        if not covered:
            raise Wrong(f"no cosignature of witness {key.name}")
        said(f"witness {key.name} vouches for the first {max(covered)} entries")
    if not kept and not witnesses:
        said("NOT checked: whether the whole log was written anew. Give --earlier or --witness")


def check_receipt(path, trusted, witnesses, said):
    """One entry with its proof, checkpoint and perhaps payload."""
    receipt = json.loads(read(path))
    chain = key_chain(trusted, receipt["rotations"])
    size, root, note = open_checkpoint(receipt["checkpoint"], chain)
    entry = receipt["entry"].encode()
    body = json.loads(entry)
    proof = [base64.b64decode(line) for line in receipt["proof"]]
    if climb(sha(b"\x00", entry), int(body["sequence"]), size, proof) != root:
        raise Wrong("the entry is not in the tree under the checkpoint")
    said(f"entry {body['sequence']} ({body['action']} on {body['object']}) is among the first {size} entries")
    if "opening" in receipt:
        opening = receipt["opening"]
        if sha(bytes.fromhex(opening["salt"]), opening["payload"].encode()).hex() != body["payload"]:
            raise Wrong("the payload shown is not the one the entry was written with")
        said("the payload shown is the one the entry was written with")
    for key in witnesses:
        if not key.signed(note):
            raise Wrong(f"no cosignature of witness {key.name} on the receipt's checkpoint")
        said(f"witness {key.name} vouches for the checkpoint")


def as_key(text):
    """A key, or the key in a file."""
    return Key(read(Path(text)) if Path(text).is_file() else text)


def main(argv=None):
    """Check what was named; print each check made; 0 good, 1 wrong."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("what", type=Path)
    options.add_argument("--key")
    options.add_argument("--earlier", type=Path, action="append", default=[])
    options.add_argument("--witness", action="append", default=[])
    given = options.parse_args(argv)
    said = functools.partial(print, "-")
    try:
        if given.key:
            key = as_key(given.key)
        else:
            key = Key(read(given.what / "vkey") if given.what.is_dir() else json.loads(read(given.what))["vkey"])
            said(f"the log's key was taken from the log itself, compare it with yours: {key.name}+{key.id.hex()}")
        witnesses = [as_key(text) for text in given.witness]
        if given.what.is_dir():
            check_folder(given.what, key, given.earlier, witnesses, said)
        else:
            check_receipt(given.what, key, witnesses, said)
    except Wrong as e:
        print(f"WRONG: {e}")
        return 1
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as e:
        print(f"WRONG: cannot be read: {type(e).__name__}: {e}")
        return 1
    print("GOOD: all of the above checks out")
    return 0


if __name__ == "__main__":
    sys.exit(main())
