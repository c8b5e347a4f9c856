"""Reading and writing the tables of people, sessions and links; rules about who may do so are in `app`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from chainbreak.records.actor import Actor, Role
from chainbreak.store.desk.tables_people import person, session, sign_in_failure, sign_in_link


@dataclass(frozen=True)
class Person:
    """One person who works here, without the password's hash. `language` and `theme` None: the default."""

    name: str
    display_name: str
    roles: frozenset[Role]
    active: bool
    has_password: bool
    language: str | None
    theme: str | None
    keys_on: bool
    created_at_us: int

    def actor(self, via: str) -> Actor:
        """This person as the one who acts through the face `via`."""
        return Actor(self.name, self.roles, via)


@dataclass(frozen=True)
class Session:
    """One signed-in browser or API token with its person; times in UTC µs."""

    digest: str
    person: Person
    via: str
    csrf: str
    seen_at_us: int
    expires_at_us: int


def _person(row: Row[Any]) -> Person:
    return Person(
        row.name, row.display_name, frozenset(Role(r) for r in row.roles.split()), row.active,
        row.password_hash is not None, row.language, row.theme, row.keys_on, row.created_at_us,
    )  # fmt: skip


def read_person(conn: Connection, name: str) -> Person | None:
    """The person called `name`, active or not."""
    row = conn.execute(select(person).where(person.c.name == name)).first()
    return _person(row) if row else None


def read_people(conn: Connection) -> list[Person]:
    """Everybody, by name."""
    return [_person(row) for row in conn.execute(select(person).order_by(person.c.name))]


def read_password_hash(conn: Connection, name: str) -> str | None:
    """The argon2 hash of an active person's password, if there is one."""
    known = select(person.c.password_hash).where(person.c.name == name, person.c.active)
    return conn.execute(known).scalar_one_or_none()


def write_person(conn: Connection, name: str, display_name: str, roles: frozenset[Role], at_us: int) -> None:
    """Add a person; the caller has checked that the name is free."""
    conn.execute(
        insert(person).values(
            name=name,
            display_name=display_name,
            roles=" ".join(sorted(roles)),
            active=True,
            keys_on=True,
            created_at_us=at_us,
            updated_at_us=at_us,
        )
    )


def change_columns(conn: Connection, name: str, at_us: int, **columns: object) -> None:
    """Overwrite columns of one person."""
    conn.execute(update(person).where(person.c.name == name).values(updated_at_us=at_us, **columns))


def write_session(conn: Connection, found: Session, at_us: int) -> None:
    """Keep a new session."""
    conn.execute(
        insert(session).values(
            digest=found.digest,
            person=found.person.name,
            via=found.via,
            csrf=found.csrf,
            created_at_us=at_us,
            seen_at_us=found.seen_at_us,
            expires_at_us=found.expires_at_us,
        )
    )


def read_session(conn: Connection, digest: str) -> Session | None:
    """The session of `digest` with its person, whatever its age; one query, because every request asks it."""
    joined = select(person, session).join(session, session.c.person == person.c.name)
    row = conn.execute(joined.where(session.c.digest == digest)).first()
    if row is None:
        return None
    return Session(row.digest, _person(row), row.via, row.csrf, row.seen_at_us, row.expires_at_us)


def touch_session(conn: Connection, digest: str, at_us: int) -> None:
    """Note that the session was used at `at_us`."""
    conn.execute(update(session).where(session.c.digest == digest).values(seen_at_us=at_us))


def drop_session(conn: Connection, digest: str) -> None:
    """End one session."""
    conn.execute(delete(session).where(session.c.digest == digest))


def drop_sessions_of(conn: Connection, name: str) -> None:
    """End every session of a person and void unused links: rights or secrets have changed."""
    conn.execute(delete(session).where(session.c.person == name))
    conn.execute(delete(sign_in_link).where(sign_in_link.c.person == name, sign_in_link.c.used_at_us.is_(None)))


def write_link(conn: Connection, digest: str, name: str, at_us: int, expires_at_us: int) -> None:
    """Keep a new one-time link."""
    conn.execute(
        insert(sign_in_link).values(digest=digest, person=name, created_at_us=at_us, expires_at_us=expires_at_us)
    )


def read_link(conn: Connection, digest: str, at_us: int) -> str | None:
    """Whom an unused link that has not run out at `at_us` is for."""
    link = sign_in_link.c
    usable = select(link.person).where(link.digest == digest, link.used_at_us.is_(None), link.expires_at_us > at_us)
    return conn.execute(usable).scalar_one_or_none()


def use_link(conn: Connection, digest: str, at_us: int) -> str | None:
    """Use up a link: whom it was for, or None when it is unknown, used or has run out. Two users: one wins."""
    link = sign_in_link.c
    usable = (link.digest == digest) & link.used_at_us.is_(None) & (link.expires_at_us > at_us)
    used = update(sign_in_link).where(usable).values(used_at_us=at_us).returning(link.person)
    return conn.execute(used).scalar_one_or_none()


def count_failures(conn: Connection, subjects: list[str], since_us: int) -> int:
    """The most failures of any one of `subjects` since `since_us`."""
    failed = sign_in_failure.c
    counts = select(func.count().label("n")).where(failed.subject.in_(subjects), failed.at_us > since_us)
    per_subject = counts.group_by(failed.subject).subquery()
    return int(conn.execute(select(func.coalesce(func.max(per_subject.c.n), 0))).scalar_one())


def note_failure(conn: Connection, subjects: list[str], at_us: int) -> None:
    """Count one failed attempt against each of `subjects`."""
    conn.execute(insert(sign_in_failure), [{"subject": subject, "at_us": at_us} for subject in subjects])


def forget_before(conn: Connection, at_us: int) -> None:
    """Delete sessions, links and failures that ended before `at_us`."""
    conn.execute(delete(session).where(session.c.expires_at_us < at_us))
    conn.execute(delete(sign_in_link).where(sign_in_link.c.expires_at_us < at_us))
    conn.execute(delete(sign_in_failure).where(sign_in_failure.c.at_us < at_us))
