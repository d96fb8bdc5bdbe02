"""A terminal's side of the device protocol, version 1: the reference agent.

    python agent.py enrol CODE --serial SN --to http://127.0.0.1:8001
    python agent.py check-in          once
    python agent.py run               until stopped

It needs Python 3.11 and the package `cryptography`, and nothing of Tillkeeper. Everything that must outlive a power
cut lies in one folder: the key (readable by its owner only) and a small database of what is still to be sent.
"""

import argparse
import json
import os
import secrets
import signal
import sys
import threading
import time
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

from doing import AGENT, DEEDS, PIECE_BYTES, failed, measure
from keeping import Memory, log
from speaking import Key, NoAnswer, Refused, Server, clock

AGAIN_S = 10  # after a call without an answer, at first
AGAIN_MAX_S = 300
RENEW_S = 60  # before a token ends
COUNTED = {"counter_backwards", "counter_reused"}  # the readings go under a higher counter
FINAL = {"enrolment_revoked", "enrolment_unknown", "terminal_unknown"}  # to come again is of no use


class Agent:
    """Measures, checks in, does what is asked."""

    def __init__(self, home: Path) -> None:
        self.memory, self.key = Memory(home), Key(home / "key.pem")
        self.server = Server(str(self.memory.get("address", "")))
        self.token, self.token_until, self.wait_s = "", 0.0, 0.0
        self.stopping = threading.Event()

    def enrol(self, serial: str, code: str, address: str) -> None:
        """Make a key, and prove that it is held. If the answer is lost, the same call again is answered as before."""
        self.server = Server(address)
        key = Key(self.memory.home / "key-new.pem")  # the present one stays until this one is known
        if self.memory.get("enrolling") != [serial, code] or not key.path.exists():
            key.make()
            self.memory.put(enrolling=[serial, code])
        for _ in range(2):  # a clock that is off is told the server's time, and proves again
            said = {
                "serial": serial, "code": code, "public_key": key.public(),
                "nonce": secrets.token_urlsafe(18), "clock": self.server.time(), "agent": AGENT,
            }  # fmt: skip
            said["proof"] = key.proof(
                "tillkeeper-enrol-v1",
                serial,
                code,
                said["public_key"],
                said["nonce"],
                str(said["clock"]),
            )
            try:
                told = self.server.say("/device/v1/enrol", said)
                break
            except Refused as no:
                if no.code != "clock_stale":
                    raise
        else:
            raise SystemExit(
                "The clock of this machine is off, and the server does not tell the time."
            )
        key.path.replace(self.key.path)
        self.memory.put(serial=serial, enrolment=told["enrolment"], address=address, enrolling=None)
        self._took(told)
        log(self.memory.home, f"enrolled {serial} as {told['enrolment']}")

    def check_in(self) -> None:
        """Measure, and tell everything that was not heard yet; then do what is asked."""
        self.memory.keep(self._measured())
        self._renew()
        while (message := self._in_hand()) is not None:
            heard = self._heard(message)
            self.memory.forget(message["readings"])
            self.memory.put(in_hand=None)
            self.wait_s = heard["after_ms"] / 1000
            log(self.memory.home, f"heard {len(message['readings'])} readings")
            for asked in heard["actions"]:
                self._act(asked)
        self._tell_results()

    def run(self) -> None:
        """Go on until stopped: as often as the server says, later and later while nobody answers."""
        failed = 0
        while not self.stopping.is_set():
            try:
                self.check_in()
                failed, wait = 0, self.wait_s
            except NoAnswer as error:
                failed += 1
                wait = min(AGAIN_MAX_S, AGAIN_S * 2 ** (failed - 1)) * (
                    0.5 + secrets.randbelow(100) / 100
                )
                log(self.memory.home, f"no answer ({error}); again in {wait:.0f} s")
            except Refused as no:
                if no.code in FINAL:
                    raise
                wait = max(no.after_s, AGAIN_S) * (1 + secrets.randbelow(50) / 100)
                log(self.memory.home, f"refused, {no}; again in {wait:.0f} s")
            self.stopping.wait(wait)

    def _measured(self) -> dict:
        return {"seq": self.memory.next("seq"), "at": clock(), "values": measure(self.memory)}

    def _in_hand(self) -> dict | None:
        """Return the check-in to be made: the one whose answer was lost, word by word, or the oldest readings."""
        message = self.memory.get("in_hand")
        if message is None and (readings := self.memory.oldest()):
            counter = self.memory.next("counter")
            message = {"v": 1, "counter": counter, "clock": clock(), "readings": readings}
            self.memory.put(in_hand=message)
        return message

    def _heard(self, message: dict) -> dict:
        try:
            return self._with_token("/device/v1/check-in", message)
        except Refused as no:
            if no.code in COUNTED:  # memory was put back: this counter would be refused for ever
                counter = max(int(self.memory.get("counter", 0)), clock())
                self.memory.put(in_hand=None, counter=counter)
            raise

    def _renew(self) -> None:
        if self.token and time.monotonic() < self.token_until - RENEW_S:
            return None
        serial, enrolment = (
            str(self.memory.get("serial", "")),
            str(self.memory.get("enrolment", "")),
        )
        for _ in range(2):
            said = {
                "serial": serial, "enrolment": enrolment,
                "nonce": secrets.token_urlsafe(18), "clock": self.server.time(),
            }  # fmt: skip
            said["proof"] = self.key.proof(
                "tillkeeper-token-v1", serial, enrolment, said["nonce"], str(said["clock"])
            )
            try:
                return self._took(self.server.say("/device/v1/token", said))
            except Refused as no:
                if no.code != "clock_stale":
                    raise
        raise Refused({"code": "clock_stale"})

    def _took(self, told: dict) -> None:
        self.token, self.token_until = told["token"], time.monotonic() + told["expires_s"]

    def _with_token(self, path: str, message: dict) -> dict:
        try:
            return self.server.say(path, message, self.token)
        except Refused as no:
            if no.code not in {"token_expired", "token_invalid"}:
                raise
        self.token = ""
        self._renew()
        return self.server.say(path, message, self.token)

    def _act(self, asked: dict) -> None:
        """Do what is asked once, however often it is asked; its result is kept until it is told."""
        known = self.memory.base.execute("SELECT told FROM result WHERE action = ?", [asked["id"]])
        if known.fetchone() is not None:
            self.memory.base.execute("UPDATE result SET told = 0 WHERE action = ?", [asked["id"]])
            return
        log(self.memory.home, f"asked: {asked['kind']} ({asked['id']})")
        deed = DEEDS.get(asked["kind"])
        try:
            said = deed(self, asked) if deed else failed("not_supported", asked["kind"])
        except OSError as error:
            said = failed("input_output", str(error))
        body = json.dumps({"clock": clock(), **said})
        self.memory.base.execute("INSERT INTO result VALUES (?, ?, 0)", [asked["id"], body])

    def _tell_results(self) -> None:
        rows = self.memory.base.execute("SELECT action, body FROM result WHERE told = 0").fetchall()
        for action, body in rows:
            try:
                self._with_token(
                    f"/device/v1/actions/{quote(action, safe='')}/result", json.loads(body)
                )
            except Refused as no:
                if no.after_s:
                    raise  # later
                log(self.memory.home, f"result of {action} refused, {no}")
            self.memory.base.execute("UPDATE result SET told = 1 WHERE action = ?", [action])
            if self.memory.get("wipe") == action:
                self._wipe()

    def send_log(self, action: str, most: int) -> int:
        """Send the end of this agent's own log in pieces; the same piece twice does no harm."""
        body = (self.memory.home / "agent.log").read_bytes()[-most:]
        pieces = [body[at : at + PIECE_BYTES] for at in range(0, len(body), PIECE_BYTES)] or [b"\n"]
        upload = f"log-{self.memory.next('uploads')}-{secrets.token_hex(6)}"
        for index, piece in enumerate(pieces):
            head = {
                "upload": upload,
                "index": index,
                "pieces": len(pieces),
                "name": "agent.log",
                "action": action,
            }
            self.server.call(f"/device/v1/logs?{urlencode(head)}", piece, self.token, "text/plain")
        return len(pieces)

    def _wipe(self) -> None:
        log(self.memory.home, "wiped: the key is gone, a new activation code is needed")
        self.key.path.unlink(missing_ok=True)
        self.memory.base.executescript("DELETE FROM reading; DELETE FROM fact;")
        self.stopping.set()


def main() -> int:
    parser = argparse.ArgumentParser(
        description="A terminal's side of Tillkeeper's device protocol."
    )
    parser.add_argument(
        "--home", type=Path, default=Path(os.environ.get("AGENT_HOME", "agent-home"))
    )
    commands = parser.add_subparsers(dest="command", required=True)
    enrol = commands.add_parser("enrol", help="make a key and enrol with an activation code")
    enrol.add_argument("code")
    enrol.add_argument("--serial", required=True)
    enrol.add_argument("--to", default="http://127.0.0.1:8001", help="address of the gateway")
    commands.add_parser("check-in", help="measure and check in once")
    commands.add_parser("run", help="check in until stopped")
    asked = parser.parse_args()
    agent = Agent(asked.home)
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda *_: agent.stopping.set())
    try:
        if asked.command == "enrol":
            if urlsplit(asked.to).scheme not in {"http", "https"}:
                parser.error("--to must begin with http:// or https://")
            agent.enrol(asked.serial, asked.code, asked.to)
        elif not agent.key.path.exists():
            parser.error("not enrolled yet: agent.py enrol CODE --serial SN")
        elif asked.command == "check-in":
            agent.check_in()
        else:
            agent.run()
    except (Refused, NoAnswer) as no:
        print(no, file=sys.stderr)
        return 1
    finally:
        agent.memory.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
