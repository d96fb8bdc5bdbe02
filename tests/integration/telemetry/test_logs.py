"""Logs of terminals: pieces in any order, card numbers, packed ones, what is found, and what people say of it."""

import gzip
import random
import zlib
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from tests.factories import NOON, TerminalFactory, TerminalModelFactory, VendorFactory
from tests.integration.telemetry.asked import HOUR, ordered, speaking

from tillkeeper.formats.voice.messages import LogPiece
from tillkeeper.kernel.errors import NotAllowed, NotFound
from tillkeeper.kernel.files import is_held, kept_file
from tillkeeper.parties.roles import Role
from tillkeeper.telemetry.errors import (
    FaultUnknown,
    LogNotKept,
    LogTooLong,
    PieceContradicts,
    PieceTooLong,
    TooManyLogs,
)
from tillkeeper.telemetry.lifecycle import ActionKind, PatternState, UploadState
from tillkeeper.telemetry.models import Action, LogPattern, LogUpload, PatternMemory
from tillkeeper.telemetry.queries.logs import (
    PatternFilters,
    excerpts,
    families,
    file_of,
    findings,
    log,
    logs_of,
    logs_with,
    pattern,
    patterns,
)
from tillkeeper.telemetry.services.logs import (
    judge_pattern,
    pieces,
    plain,
    read_again,
    read_log,
    take_piece,
    tidy_logs,
)

pytestmark = pytest.mark.django_db
PAN = "4111111111111111"


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.TILLKEEPER_VAR = tmp_path


@pytest.fixture
def terminal(branch):
    """One of a maker whose codes are known."""
    maker = VendorFactory(code="PAX", name="PAX")
    return TerminalFactory(home=branch, model=TerminalModelFactory(vendor=maker))


@pytest.fixture
def agent(hire, branch):
    return hire(Role.SUPPORT_AGENT, branch, username="kim")


def send(terminal, body, *, key="upload-1", size=1000, order=None, at=NOON, **head):
    """Send a log in pieces, in the order given."""
    cut = [body[begin : begin + size] for begin in range(0, len(body), size)] or [b""]
    places = list(range(len(cut)))
    if order is not None:
        order.shuffle(places)
    for index in places:
        told = LogPiece(upload=key, index=index, pieces=len(cut), **head)
        taken = take_piece(terminal=terminal.pk, head=told, body=cut[index], at=at)
    return taken


def arrived(terminal, body, **more):
    """Send a log and have the worker read it."""
    assert send(terminal, body, **more).complete
    upload = LogUpload.objects.get(terminal=terminal, key=more.get("key", "upload-1"))
    read_log(upload=upload.pk, at=NOON)
    upload.refresh_from_db()
    return upload


def text_of(upload):
    return kept_file(upload.sha256).path.read_text(encoding="utf-8")


@pytest.mark.parametrize("seed", range(3))
def test_pieces_come_in_any_order_and_twice(terminal, seed):
    chance = random.Random(seed)  # noqa: S311  an order of pieces
    body = "".join(
        f"line {chance.randrange(10**6)} {'x' * chance.randrange(90)}\n" for _ in range(200)
    )
    send(terminal, body.encode()[:2000], size=1000)  # another of the same name would contradict
    LogUpload.objects.all().delete()
    cut = [body.encode()[begin : begin + 700] for begin in range(0, len(body), 700)]
    places = [*range(len(cut)), *chance.choices(range(len(cut)), k=5)]
    chance.shuffle(places)
    for index in places:
        told = LogPiece(upload="upload-2", index=index, pieces=len(cut))
        taken = take_piece(terminal=terminal.pk, head=told, body=cut[index], at=NOON)
    assert taken.complete
    upload = LogUpload.objects.get()
    assert read_log(upload=upload.pk, at=NOON) == UploadState.READ
    upload.refresh_from_db()
    assert text_of(upload) == body
    assert (upload.lines, upload.size) == (200, len(body))
    assert take_piece(terminal=terminal.pk, head=told, body=cut[places[-1]], at=NOON).complete


def test_two_terminals_may_name_their_logs_alike(terminal, branch):
    other = TerminalFactory(home=branch)
    assert text_of(arrived(terminal, b"mine\n")) == "mine\n"
    assert text_of(arrived(other, b"yours\n")) == "yours\n"


def test_a_piece_that_contradicts_is_refused(terminal):
    head = LogPiece(upload="upload-1", index=0, pieces=2)
    take_piece(terminal=terminal.pk, head=head, body=b"one", at=NOON)
    for wrong, body in (
        (head, b"two"),
        (LogPiece(upload="upload-1", index=1, pieces=3), b"x"),
        (LogPiece(upload="upload-1", index=2, pieces=2), b"x"),
    ):
        with pytest.raises(PieceContradicts):
            take_piece(terminal=terminal.pk, head=wrong, body=body, at=NOON)


def test_a_log_has_its_limits(terminal, monkeypatch):
    head = LogPiece(upload="upload-1", index=0, pieces=3)
    with pytest.raises(PieceTooLong):
        take_piece(terminal=terminal.pk, head=head, body=b"x" * (pieces.PIECE_MAX + 1), at=NOON)
    monkeypatch.setattr(pieces, "LOG_MAX", 10)
    take_piece(terminal=terminal.pk, head=head, body=b"x" * 6, at=NOON)
    with pytest.raises(LogTooLong):
        more = LogPiece(upload="upload-1", index=1, pieces=3)
        take_piece(terminal=terminal.pk, head=more, body=b"x" * 6, at=NOON)
    for number in range(2, 5):
        begun = LogPiece(upload=f"upload-{number}", index=0, pieces=3)
        take_piece(terminal=terminal.pk, head=begun, body=b"x", at=NOON)
    with pytest.raises(TooManyLogs):
        begun = LogPiece(upload="upload-5", index=0, pieces=3)
        take_piece(terminal=terminal.pk, head=begun, body=b"x", at=NOON)


def test_a_card_number_is_cut_and_nowhere_on_the_disk(terminal):
    body = f"a card {PAN} here\ntrack ;{PAN}=29121010000000012300?\ngroups 4111 1111 1111 1111 end\n".encode()
    # The cut between the pieces goes through the middle of the number.
    place = body.index(PAN.encode()) + 8
    for index, part in enumerate((body[:place], body[place:])):
        told = LogPiece(upload="upload-1", index=index, pieces=2, name=f"{PAN}.log")
        take_piece(terminal=terminal.pk, head=told, body=part, at=NOON)
        if index == 0:
            written = [path.read_bytes() for path in _pieces_on_disk()]
            assert written
            assert not any(b"41111111" in some for some in written)
    upload = LogUpload.objects.get()
    read_log(upload=upload.pk, at=NOON)
    upload.refresh_from_db()
    kept = text_of(upload)
    assert "411111******1111" in kept
    assert "29121010" not in kept
    assert "1111 1111" not in kept
    assert PAN not in kept + upload.name
    assert upload.cards == 3
    assert not _pieces_on_disk()
    examples = LogPattern.objects.values_list("template", "example")
    assert not any(PAN in value for row in examples for value in row)


def _pieces_on_disk():
    folder = Path(settings.TILLKEEPER_VAR) / "pieces"
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_packed_log_is_unpacked(terminal):
    body = b"".join(b"line %d\n" % number for number in range(5000))
    packed = gzip.compress(body[:9000]) + gzip.compress(body[9000:])
    upload = arrived(terminal, packed, order=random.Random(1))  # noqa: S311  an order of pieces
    assert text_of(upload).encode() == body
    assert upload.state == UploadState.READ


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (gzip.compress(b"\n" * 3_000_000), "too_much_inside"),
        (gzip.compress(b"a log\n" * 1000)[:-20], "broken_inside"),
        (gzip.compress(b"a log\n") + b"junk after it", "broken_inside"),
        (b"\x1f\x8bno gzip at all", "broken_inside"),
        (b"\x1f\x8b", "broken_inside"),
    ],
    ids=["a bomb", "cut off", "junk after it", "no gzip", "a head alone"],  # gzip writes the time
)
def test_a_packed_log_that_cannot_be_is_told_and_harms_nobody(terminal, monkeypatch, body, problem):
    monkeypatch.setattr(plain, "LOG_MAX", 1_000_000)
    upload = arrived(terminal, body)
    assert (upload.state, upload.problem, upload.sha256) == (UploadState.UNREADABLE, problem, "")
    assert not _pieces_on_disk()


def test_output_that_waits_inside_the_inflater_is_not_lost():
    body = bytes(3 * plain.BLOCK)
    deflater = zlib.compressobj(wbits=plain.WITH_HEAD)
    packed = deflater.compress(body) + deflater.flush()
    assert b"".join(plain.unpacked([packed])) == body
    assert b"".join(plain.unpacked(packed[i : i + 1] for i in range(len(packed)))) == body


@pytest.mark.parametrize(
    "body", [b"", b"\n\n", b"\x00\xff\xfe\x00", "打印机缺纸\n".encode("gb18030"), b"x" * 100_000]
)
def test_whatever_stands_in_a_log_is_kept_as_text(terminal, body):
    upload = arrived(terminal, body, size=50_000)
    assert upload.state == UploadState.READ
    assert all(len(line) <= plain.LINE_MAX for line in text_of(upload).splitlines())
    if body.startswith("打".encode("gb18030")):
        assert [row.fault for row in findings(upload)] == ["H-PRT-PAPER"]


def test_a_log_tells_what_matters_with_its_neighbours(terminal, agent):
    text = [f"I/App: step {number} done" for number in range(40)]
    text[20], text[30] = "W/Printer: getStatus ret=8", "E/App: something odd with 17"
    upload = arrived(terminal, "\n".join(text).encode(), at=NOON - HOUR)
    told = [
        (row.fault, row.new, row.first_line, row.times, row.pattern.template)
        for row in findings(upload)
    ]
    assert told[0] == ("H-PRT-HEAT", True, 21, 1, "printer_code 8: overheat")
    assert ("", True, 31, 1, "E/App: something odd with <NUM>") in told
    shown = excerpts(log(agent, upload.pk))[0]
    assert [line.number for line in shown.lines] == list(range(16, 27))
    assert [line.text for line in shown.lines if line.matters] == ["W/Printer: getStatus ret=8"]
    assert [row.pk for row in logs_of(agent, terminal.serial)] == [upload.pk]


def test_only_the_first_log_shows_a_kind_of_line_as_new(terminal):
    arrived(terminal, b"I/App: step 1\nE/App: strange 1\n")
    second = arrived(terminal, b"I/App: step 2\nE/App: strange 2\n", key="upload-2")
    assert [(row.pattern.template, row.new) for row in findings(second)] == [
        ("E/App: strange <NUM>", False)
    ]
    row = LogPattern.objects.get(template="I/App: step <NUM>")
    assert (row.times, row.logs, row.state, row.family) == (2, 2, PatternState.NEW, "PAX")


def test_a_template_that_became_wider_is_the_same_kind(terminal):
    arrived(terminal, b"connect to host alpha in 3 ms\n")
    arrived(terminal, b"connect to host beta in 4 ms\n", key="upload-2")
    row = LogPattern.objects.get(key="kind:1")
    assert (row.template, row.times) == ("connect to host <*> in <NUM> ms", 2)


def test_what_people_say_counts_for_later_logs_and_on_request_for_earlier_ones(
    terminal, agent, django_capture_on_commit_callbacks
):
    body = b"E/App: strange 1\nout of paper\n"
    upload = arrived(terminal, body)
    odd = LogPattern.objects.get(template="E/App: strange <NUM>")
    paper = LogPattern.objects.get(key="phrase:paper out")
    judge_pattern(pattern=odd.pk, state=PatternState.KNOWN, fault="S-APP", by=agent, at=NOON)
    judge_pattern(pattern=paper.pk, state=PatternState.HARMLESS, by=agent, at=NOON)
    later = arrived(terminal, body, key="upload-2")
    assert [row.fault for row in findings(later)] == ["S-APP"]
    assert {row.fault for row in findings(upload)} == {"", "H-PRT-PAPER"}
    before = pattern(odd.pk).times
    with django_capture_on_commit_callbacks(execute=True):
        read_again(log_id=upload.pk, by=agent, at=NOON + HOUR)
    assert [row.fault for row in findings(upload)] == ["S-APP"]
    assert pattern(odd.pk).times == before
    judge_pattern(pattern=odd.pk, state=PatternState.NEW, by=agent, at=NOON)
    assert (pattern(odd.pk).fault, pattern(odd.pk).judged_by) == ("", "")


def test_who_may_not_judge_does_not(terminal, hire, branch, agent):
    arrived(terminal, b"E/App: strange 1\n")
    row = LogPattern.objects.get(template="E/App: strange <NUM>")
    with pytest.raises(NotAllowed):
        judge_pattern(
            pattern=row.pk, state=PatternState.HARMLESS, by=hire(Role.INSPECTOR, branch), at=NOON
        )
    with pytest.raises(FaultUnknown):
        judge_pattern(pattern=row.pk, state=PatternState.KNOWN, fault="X-1", by=agent, at=NOON)
    with pytest.raises(NotFound):
        judge_pattern(pattern=10**9, state=PatternState.HARMLESS, by=agent, at=NOON)


def test_a_neighbours_log_is_not_found(terminal, hire, neighbour):
    upload = arrived(terminal, b"x\n")
    far = hire(Role.SUPPORT_AGENT, neighbour, username="far")
    for look in (lambda: log(far, upload.pk), lambda: logs_of(far, terminal.serial)):
        with pytest.raises(NotFound):
            look()
    assert list(logs_with(far, LogPattern.objects.exclude(family="").get())) == []
    with pytest.raises(NotFound):
        read_again(log_id=upload.pk, by=far, at=NOON)


def test_a_log_that_stops_coming_is_given_up_after_a_day_and_may_begin_again(terminal, agent):
    send(terminal, b"x" * 2000, size=1000)
    head = LogPiece(upload="upload-9", index=0, pieces=2)
    take_piece(terminal=terminal.pk, head=head, body=b"half ", at=NOON)
    assert tidy_logs(at=NOON + timedelta(hours=23)) == 0
    assert tidy_logs(at=NOON + timedelta(hours=25)) == 1
    upload = LogUpload.objects.get(key="upload-9")
    assert upload.state == UploadState.ABANDONED
    with pytest.raises(LogNotKept):
        read_again(log_id=upload.pk, by=agent, at=NOON)
    with pytest.raises(NotFound):
        file_of(upload)
    later = NOON + timedelta(hours=26)
    for index, body in enumerate((b"half ", b"whole\n")):
        told = LogPiece(upload="upload-9", index=index, pieces=2)
        taken = take_piece(terminal=terminal.pk, head=told, body=body, at=later)
    assert taken.complete


def test_a_log_belongs_to_the_action_that_asked_for_it_if_it_is_the_terminals(branch, system):
    one, other = speaking(2, home=branch)
    span = {"from": "2026-03-01T00:00:00Z", "to": "2026-03-02T00:00:00Z"}
    ordered(one, by=system, kind=ActionKind.FETCH_LOG, arguments=span)
    action = Action.objects.get()
    for number, (sender, asked) in enumerate(
        [(one, f"{action.pk}"), (other, f"{action.pk}"), (one, "x" * 30)]
    ):
        send(sender, b"x\n", key=f"upload-{number}", action=asked)
    told = LogUpload.objects.order_by("key").values_list("action_id", flat=True)
    assert list(told) == [action.pk, None, None]


def test_kinds_of_lines_are_listed_and_narrowed(terminal):
    arrived(terminal, b"E/App: strange 1\nI/App: fine 1\nout of paper\n")
    assert families() == ["PAX"]
    assert {row.template for row in patterns(PatternFilters(family="PAX", serious=True))} == {
        "E/App: strange <NUM>"
    }
    assert {row.key for row in patterns(PatternFilters(fault="H-PRT-JAM"))} == {"phrase:paper jam"}
    assert [row.template for row in patterns(PatternFilters(q="FINE"))] == ["I/App: fine <NUM>"]
    assert patterns()[0].last_at is not None


def test_a_kept_log_is_held_and_read_once(terminal):
    upload = arrived(terminal, b"x\n")
    assert is_held(upload.sha256)
    assert read_log(upload=upload.pk, at=NOON) == UploadState.READ
    assert PatternMemory.objects.get().version == 1
    assert read_log(upload=10**9, at=NOON) == "forgotten"


def test_who_learnt_second_reads_again(terminal, monkeypatch):
    from tillkeeper.telemetry.services.logs import reading

    send(terminal, b"first of all\n")
    send(terminal, b"second kind here now\n", key="upload-2")
    first, second = LogUpload.objects.order_by("key")
    honest = reading.read

    def overtaken(*args, **kwargs):
        monkeypatch.setattr(reading, "read", honest)
        read_log(upload=second.pk, at=NOON)
        return honest(*args, **kwargs)

    monkeypatch.setattr(reading, "read", overtaken)
    assert read_log(upload=first.pk, at=NOON) == UploadState.READ
    assert PatternMemory.objects.get().version == 2
    assert set(LogPattern.objects.filter(family="PAX").values_list("key", flat=True)) == {
        "kind:1",
        "kind:2",
    }
