"""Tables of warnings: contact events, warnings, messages, calls, visits, tiers and draws."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    _core()
    _visits()
    _hotline()
    _measure()
    _contacts()


def _core() -> None:
    """Events, warnings, what was sent and said about them, tiers, draws."""
    op.create_table(
        "warning",
        sa.Column("warning_id", sa.String(16), nullable=False),
        sa.Column("recipient", sa.String(40), nullable=False),
        sa.Column("campaign", sa.String(64), nullable=False),
        sa.Column("policy", sa.String(32), nullable=False),
        sa.Column("tier", sa.String(16), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("queue", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("fraud", sa.String(32), nullable=False),
        sa.Column("district", sa.String(64), nullable=False),
        sa.Column("place", sa.String(64), nullable=False),
        sa.Column("lang", sa.String(2), nullable=False),
        sa.Column("clause", sa.Integer(), nullable=False),
        sa.Column("stake_fen", sa.BigInteger()),
        sa.Column("contacts", sa.Integer(), nullable=False),
        sa.Column("last_us", sa.BigInteger(), nullable=False),
        sa.Column("opened_at_us", sa.BigInteger(), nullable=False),
        sa.Column("tier_at_us", sa.BigInteger(), nullable=False),
        sa.Column("due_at_us", sa.BigInteger(), nullable=False),
        sa.Column("escalate_at_us", sa.BigInteger()),
        sa.Column("visit_due_at_us", sa.BigInteger()),
        sa.Column("expires_at_us", sa.BigInteger(), nullable=False),
        sa.Column("calls", sa.Boolean(), nullable=False),
        sa.Column("escalated", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("call_at_us", sa.BigInteger()),
        sa.Column("call_order", sa.BigInteger(), nullable=False),
        sa.Column("draw_id", sa.String(16)),
        sa.Column("holder", sa.String(64)),
        sa.Column("held_until_us", sa.BigInteger()),
        sa.Column("told_at_us", sa.BigInteger()),
        sa.Column("reached_at_us", sa.BigInteger()),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("outcome_at_us", sa.BigInteger()),
        sa.Column("updated_at_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("warning_id", name=op.f("pk_warning")),
    )
    op.create_index(op.f("ix_warning_campaign"), "warning", ["state", "campaign"])
    op.create_index(op.f("ix_warning_district"), "warning", ["state", "district"])
    op.create_index(op.f("ix_warning_escalate"), "warning", ["state", "escalate_at_us"])
    op.create_index(op.f("ix_warning_expiry"), "warning", ["state", "expires_at_us"])
    op.create_index(op.f("ix_warning_opened_at_us"), "warning", ["opened_at_us"])
    op.create_index(op.f("ix_warning_recipient_campaign_state"), "warning", ["recipient", "campaign", "state"])
    op.create_index(op.f("ix_warning_to_call"), "warning", ["state", "calls", "queue", "call_order"])
    asked = sa.text("visit_due_at_us IS NOT NULL")
    op.create_index("ix_warning_visit", "warning", ["visit_due_at_us"], sqlite_where=asked, postgresql_where=asked)
    op.create_table(
        "contact_event",
        sa.Column("event_id", sa.String(32), nullable=False),
        sa.Column("warning_id", sa.String(16)),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("recipient", sa.String(40), nullable=False),
        sa.Column("campaign", sa.String(64), nullable=False),
        sa.Column("indicator", sa.String(255), nullable=False),
        sa.Column("ground", sa.String(80), nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("ref", sa.String(120), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("ended_at_us", sa.BigInteger()),
        sa.Column("received_at_us", sa.BigInteger(), nullable=False),
        sa.Column("expires_at_us", sa.BigInteger(), nullable=False),
        sa.Column("stake_fen", sa.BigInteger()),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("retracted_at_us", sa.BigInteger()),
        sa.ForeignKeyConstraint(
            ["warning_id"], ["warning.warning_id"], name=op.f("fk_contact_event_warning_id_warning")
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_contact_event")),
    )
    op.create_index(op.f("ix_contact_event_ground"), "contact_event", ["ground"])
    op.create_index(op.f("ix_contact_event_indicator"), "contact_event", ["indicator"])
    op.create_index(op.f("ix_contact_event_recipient_at_us"), "contact_event", ["recipient", "at_us"])
    op.create_index(op.f("ix_contact_event_warning_id"), "contact_event", ["warning_id"])
    op.create_table(
        "warning_send",
        sa.Column("send_id", sa.String(32), nullable=False),
        sa.Column("warning_id", sa.String(16), nullable=False),
        sa.Column("recipient", sa.String(40), nullable=False),
        sa.Column("campaign", sa.String(64), nullable=False),
        sa.Column("channel", sa.String(8), nullable=False),
        sa.Column("purpose", sa.String(12), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("reason", sa.String(24), nullable=False),
        sa.Column("planned_at_us", sa.BigInteger(), nullable=False),
        sa.Column("due_at_us", sa.BigInteger(), nullable=False),
        sa.Column("expires_at_us", sa.BigInteger(), nullable=False),
        sa.Column("handed_at_us", sa.BigInteger()),
        sa.Column("settled_at_us", sa.BigInteger()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("receipt", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["warning_id"], ["warning.warning_id"], name=op.f("fk_warning_send_warning_id_warning")
        ),
        sa.PrimaryKeyConstraint("send_id", name=op.f("pk_warning_send")),
        sa.UniqueConstraint(
            "warning_id", "channel", "purpose", name=op.f("uq_warning_send_warning_id_channel_purpose")
        ),
    )
    op.create_index(op.f("ix_warning_send_channel_state_due_at_us"), "warning_send", ["channel", "state", "due_at_us"])
    op.create_index(
        op.f("ix_warning_send_recipient_channel_planned_at_us"),
        "warning_send",
        ["recipient", "channel", "planned_at_us"],
    )
    op.create_index(op.f("ix_warning_send_state_due_at_us"), "warning_send", ["state", "due_at_us"])
    op.create_index(op.f("ix_warning_send_to_claim"), "warning_send", ["channel", "state", "rank", "due_at_us"])
    op.create_table(
        "warning_call",
        sa.Column("warning_id", sa.String(16), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("operator", sa.String(64), nullable=False),
        sa.Column("began_at_us", sa.BigInteger(), nullable=False),
        sa.Column("ended_at_us", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("stake_fen", sa.BigInteger()),
        sa.Column("script", sa.String(40), nullable=False),
        sa.Column("verified", sa.String(12), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["warning_id"], ["warning.warning_id"], name=op.f("fk_warning_call_warning_id_warning")
        ),
        sa.PrimaryKeyConstraint("warning_id", "attempt", name=op.f("pk_warning_call")),
    )
    op.create_index(op.f("ix_warning_call_operator_began_at_us"), "warning_call", ["operator", "began_at_us"])
    op.create_table(
        "warning_move",
        sa.Column("move_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, autoincrement=True),
        sa.Column("warning_id", sa.String(16), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("move", sa.String(16), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["warning_id"], ["warning.warning_id"], name=op.f("fk_warning_move_warning_id_warning")
        ),
        sa.PrimaryKeyConstraint("move_id", name=op.f("pk_warning_move")),
    )
    op.create_index(op.f("ix_warning_move_warning_id"), "warning_move", ["warning_id"])
    op.create_table(
        "warning_mute",
        sa.Column("recipient", sa.String(40), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("recipient", name=op.f("pk_warning_mute")),
    )
    op.create_table(
        "statement",
        sa.Column("statement_id", sa.String(16), nullable=False),
        sa.Column("recipient", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("told_by", sa.String(16), nullable=False),
        sa.Column("taken_by", sa.String(64), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("note_ref", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("statement_id", name=op.f("pk_statement")),
    )
    op.create_table(
        "warning_policy",
        sa.Column("version", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("back_test", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.String(64), nullable=False),
        sa.Column("proposed_at_us", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.String(64), nullable=False),
        sa.Column("decided_at_us", sa.BigInteger()),
        sa.Column("decided_why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_warning_policy")),
    )
    op.create_index(op.f("ix_warning_policy_state_version"), "warning_policy", ["state", "version"])
    op.create_table(
        "warning_draw",
        sa.Column("draw_id", sa.String(16), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("tier", sa.String(16), nullable=False),
        sa.Column("seed", sa.String(32), nullable=False),
        sa.Column("began_at_us", sa.BigInteger(), nullable=False),
        sa.Column("ended_at_us", sa.BigInteger()),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("draw_id", name=op.f("pk_warning_draw")),
    )
    op.create_index(op.f("ix_warning_draw_rank_began_at_us"), "warning_draw", ["rank", "began_at_us"])
    op.create_table(
        "warning_drawn",
        sa.Column("draw_id", sa.String(16), nullable=False),
        sa.Column("warning_id", sa.String(16), nullable=False),
        sa.ForeignKeyConstraint(
            ["draw_id"], ["warning_draw.draw_id"], name=op.f("fk_warning_drawn_draw_id_warning_draw")
        ),
        sa.ForeignKeyConstraint(
            ["warning_id"], ["warning.warning_id"], name=op.f("fk_warning_drawn_warning_id_warning")
        ),
        sa.PrimaryKeyConstraint("draw_id", "warning_id", name=op.f("pk_warning_drawn")),
    )
    op.create_index(op.f("ix_warning_drawn_warning_id"), "warning_drawn", ["warning_id"])


def _visits() -> None:
    """Visits, their results, codes and proofs, and who makes them."""
    op.create_table(
        "visit",
        sa.Column("visit_id", sa.String(16), nullable=False),
        sa.Column("warning_id", sa.String(16), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("recipient", sa.String(40), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("reason", sa.String(24), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("due_at_us", sa.BigInteger(), nullable=False),
        sa.Column("stake_fen", sa.BigInteger()),
        sa.Column("fraud", sa.String(32), nullable=False),
        sa.Column("lang", sa.String(2), nullable=False),
        sa.Column("district", sa.String(64), nullable=False),
        sa.Column("place", sa.String(64), nullable=False),
        sa.Column("lat", sa.Float()),
        sa.Column("lon", sa.Float()),
        sa.Column("facts_us", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.String(64), nullable=False),
        sa.Column("opened_at_us", sa.BigInteger(), nullable=False),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("officer", sa.String(64), nullable=False),
        sa.Column("second", sa.String(64), nullable=False),
        sa.Column("turn", sa.Integer()),
        sa.Column("eta_us", sa.BigInteger()),
        sa.Column("address_n", sa.Integer(), nullable=False),
        sa.Column("address_until_us", sa.BigInteger()),
        sa.Column("accepted_at_us", sa.BigInteger()),
        sa.Column("left_at_us", sa.BigInteger()),
        sa.Column("arrived_at_us", sa.BigInteger()),
        sa.Column("ended_at_us", sa.BigInteger()),
        sa.Column("entry", sa.String(12), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("card_left", sa.Boolean(), nullable=False),
        sa.Column("checklist", sa.Text(), nullable=False),
        sa.Column("updated_at_us", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["warning_id"], ["warning.warning_id"], name=op.f("fk_visit_warning_id_warning")),
        sa.PrimaryKeyConstraint("visit_id", name=op.f("pk_visit")),
        sa.UniqueConstraint("warning_id", "n", name=op.f("uq_visit_warning_id_n")),
    )
    op.create_index(op.f("ix_visit_officer_state"), "visit", ["officer", "state"])
    op.create_index(op.f("ix_visit_recipient_opened_at_us"), "visit", ["recipient", "opened_at_us"])
    op.create_index(op.f("ix_visit_updated_at_us"), "visit", ["updated_at_us"])
    sealed = sa.text("address_n > 0")
    op.create_index("ix_visit_address", "visit", ["updated_at_us"], sqlite_where=sealed, postgresql_where=sealed)
    op.create_index(op.f("ix_visit_state_unit_due_at_us"), "visit", ["state", "unit", "due_at_us"])
    op.create_table(
        "visit_move",
        sa.Column("move_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, autoincrement=True),
        sa.Column("visit_id", sa.String(16), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("move", sa.String(16), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.visit_id"], name=op.f("fk_visit_move_visit_id_visit")),
        sa.PrimaryKeyConstraint("move_id", name=op.f("pk_visit_move")),
    )
    op.create_index(op.f("ix_visit_move_visit_id"), "visit_move", ["visit_id"])
    op.create_table(
        "visit_result",
        sa.Column("visit_id", sa.String(16), nullable=False),
        sa.Column("client_key", sa.String(64), nullable=False),
        sa.Column("officer", sa.String(64), nullable=False),
        sa.Column("received_at_us", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("standing", sa.String(12), nullable=False),
        sa.Column("reason", sa.String(24), nullable=False),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.visit_id"], name=op.f("fk_visit_result_visit_id_visit")),
        sa.PrimaryKeyConstraint("visit_id", "client_key", name=op.f("pk_visit_result")),
    )
    op.create_index(op.f("ix_visit_result_standing"), "visit_result", ["standing"])
    op.create_table(
        "visit_code",
        sa.Column("visit_id", sa.String(16), nullable=False),
        sa.Column("way", sa.String(8), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("made_by", sa.String(64), nullable=False),
        sa.Column("made_at_us", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("used_at_us", sa.BigInteger()),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.visit_id"], name=op.f("fk_visit_code_visit_id_visit")),
        sa.PrimaryKeyConstraint("visit_id", "way", name=op.f("pk_visit_code")),
    )
    op.create_table(
        "visit_proof",
        sa.Column("visit_id", sa.String(16), nullable=False),
        sa.Column("way", sa.String(8), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("given_by", sa.String(64), nullable=False),
        sa.Column("metres", sa.Integer()),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.visit_id"], name=op.f("fk_visit_proof_visit_id_visit")),
        sa.PrimaryKeyConstraint("visit_id", "way", name=op.f("pk_visit_proof")),
    )
    op.create_table(
        "visit_staff",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("place", sa.String(64), nullable=False),
        sa.Column("lat", sa.Float()),
        sa.Column("lon", sa.Float()),
        sa.Column("since_us", sa.BigInteger(), nullable=False),
        sa.Column("set_by", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["name"], ["person.name"], name=op.f("fk_visit_staff_name_person")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_visit_staff")),
    )
    op.create_index(op.f("ix_visit_staff_unit"), "visit_staff", ["unit"])


def _hotline() -> None:
    """How citizens check who calls, what operators say, whom the fund desk hears of."""
    op.create_table(
        "warning_phrase",
        sa.Column("phrase_id", sa.String(32), nullable=False),
        sa.Column("warning_id", sa.String(16), nullable=False),
        sa.Column("recipient", sa.String(40), nullable=False),
        sa.Column("code", sa.String(4), nullable=False),
        sa.Column("made_by", sa.String(64), nullable=False),
        sa.Column("made_at_us", sa.BigInteger(), nullable=False),
        sa.Column("expires_at_us", sa.BigInteger(), nullable=False),
        sa.Column("code_until_us", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("way", sa.String(8), nullable=False),
        sa.Column("settled_at_us", sa.BigInteger()),
        sa.Column("called_back_at_us", sa.BigInteger()),
        sa.ForeignKeyConstraint(
            ["warning_id"], ["warning.warning_id"], name=op.f("fk_warning_phrase_warning_id_warning")
        ),
        sa.PrimaryKeyConstraint("phrase_id", name=op.f("pk_warning_phrase")),
    )
    op.create_index(op.f("ix_warning_phrase_code_until_us_code"), "warning_phrase", ["code_until_us", "code"])
    op.create_index(op.f("ix_warning_phrase_recipient_state"), "warning_phrase", ["recipient", "state"])
    op.create_index(op.f("ix_warning_phrase_warning_id"), "warning_phrase", ["warning_id"])
    op.create_table(
        "warning_script",
        sa.Column("fraud", sa.String(32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.String(64), nullable=False),
        sa.Column("proposed_at_us", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.String(64), nullable=False),
        sa.Column("decided_at_us", sa.BigInteger()),
        sa.PrimaryKeyConstraint("fraud", "version", name=op.f("pk_warning_script")),
    )
    op.create_table(
        "warning_alert",
        sa.Column("warning_id", sa.String(16), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("raised_by", sa.String(64), nullable=False),
        sa.Column("stake_fen", sa.BigInteger()),
        sa.Column("report_id", sa.String(64), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("taken_by", sa.String(64), nullable=False),
        sa.Column("taken_at_us", sa.BigInteger()),
        sa.ForeignKeyConstraint(
            ["warning_id"], ["warning.warning_id"], name=op.f("fk_warning_alert_warning_id_warning")
        ),
        sa.PrimaryKeyConstraint("warning_id", name=op.f("pk_warning_alert")),
    )
    op.create_index(op.f("ix_warning_alert_state_at_us"), "warning_alert", ["state", "at_us"])
    held, called = sa.text("holder IS NOT NULL"), sa.text("attempts > 0")
    op.create_index("ix_warning_held", "warning", ["holder"], sqlite_where=held, postgresql_where=held)
    op.create_index("ix_warning_again", "warning", ["call_at_us"], sqlite_where=called, postgresql_where=called)
    op.create_index("ix_warning_call_ended_at_us", "warning_call", ["ended_at_us"])


def _measure() -> None:
    """Tasks to look at a trigger again."""
    op.create_table(
        "trigger_review",
        sa.Column(
            "review_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, autoincrement=True
        ),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("tier", sa.String(16), nullable=False),
        sa.Column("fraud", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("low", sa.Float(), nullable=False),
        sa.Column("high", sa.Float(), nullable=False),
        sa.Column("floor", sa.Float(), nullable=False),
        sa.Column("opened_at_us", sa.BigInteger(), nullable=False),
        sa.Column("closed_at_us", sa.BigInteger()),
        sa.Column("closed_by", sa.String(64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("review_id", name=op.f("pk_trigger_review")),
    )
    op.create_index(op.f("ix_trigger_review_closed_at_us"), "trigger_review", ["closed_at_us"])


def _contacts() -> None:
    """Contacts set aside, what was taken back, and whom to call about it."""
    op.create_table(
        "contact_aside",
        sa.Column("aside_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("about", sa.String(40), nullable=False),
        sa.Column("indicator", sa.String(255), nullable=False),
        sa.Column("ground", sa.String(80), nullable=False),
        sa.Column("reason", sa.String(24), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("stake_fen", sa.BigInteger()),
        sa.Column("noted_at_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("aside_id", name=op.f("pk_contact_aside")),
    )
    op.create_index(op.f("ix_contact_aside_at_us"), "contact_aside", ["at_us"])
    op.create_table(
        "retraction",
        sa.Column(
            "retraction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, autoincrement=True
        ),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("object", sa.String(255), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("warnings", sa.Integer(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("retraction_id", name=op.f("pk_retraction")),
    )
    op.create_index(op.f("ix_retraction_at_us"), "retraction", ["at_us"])
    op.create_table(
        "correction_call",
        sa.Column("warning_id", sa.String(16), nullable=False),
        sa.Column("recipient", sa.String(40), nullable=False),
        sa.Column("opened_at_us", sa.BigInteger(), nullable=False),
        sa.Column("done_at_us", sa.BigInteger()),
        sa.Column("done_by", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["warning_id"], ["warning.warning_id"], name=op.f("fk_correction_call_warning_id_warning")
        ),
        sa.PrimaryKeyConstraint("warning_id", name=op.f("pk_correction_call")),
    )
    op.create_index(
        op.f("ix_correction_call_done_at_us_opened_at_us"), "correction_call", ["done_at_us", "opened_at_us"]
    )
    op.create_table(
        "contact_look",
        sa.Column("only", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("version", sa.String(16), nullable=False),
        sa.Column("consumed", sa.Text(), nullable=False),
        sa.Column("marks", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("only", name=op.f("pk_contact_look")),
    )
