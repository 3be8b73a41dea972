"""Thunderbird without a screen, told what to do by Marionette, the remote control that Mozilla's own tests have. What it can be told is in thunderbird.js."""

import json
import os
import subprocess
import time
from pathlib import Path

from marionette_driver.marionette import Marionette

METHODS = Path(__file__).with_suffix(".js").read_text()
CALL = """
const [method, given, done] = arguments;
Promise.resolve()
  .then(() => methods[method](...given))
  .then((answer) => done({ answer }), (error) => done({ error: String(error?.message ?? error) }));
"""
# How long it may take to start, and to carry out one thing, in seconds.
STARTED_WITHIN = 120
DONE_WITHIN = 60
PREFERENCES = {
    # A port that is free: it writes which one into its profile.
    "marionette.port": 0,
    # Not the preferences that tests of browsers want: one of them is that no password is kept.
    "remote.prefs.recommended": False,
    # Neither updates nor questions, and nothing from elsewhere.
    "app.update.disabledForTesting": True,
    "app.normandy.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "mail.instrumentation.postUrl": "",
    "mail.provider.suppress_dialog_on_startup": True,
    "mail.shell.checkDefaultClient": False,
    "mail.spotlight.firstRunDone": True,
    "mailnews.start_page.enabled": False,
    "toolkit.telemetry.enabled": False,
    # It synchronises when it is told to, and not in between.
    "calendar.refresh.interval": 0,
    "calendar.timezone.local": "Europe/Berlin",
    "calendar.timezone.useSystemTimezone": False,
}


class Failed(Exception):
    """What Thunderbird could not do, and why."""


class Thunderbird:
    """Somebody's Thunderbird, with a profile of its own. Every method of thunderbird.js is one of this."""

    def __init__(self, directory: Path):
        self.profile = directory / "profile"
        self.profile.mkdir(parents=True)
        lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in PREFERENCES.items())
        (self.profile / "user.js").write_text("\n".join(lines))
        self.log = directory / "log"
        command = ["thunderbird", "--headless", "--no-remote", "--marionette", "--remote-allow-system-access", "--profile", str(self.profile)]
        environment = {"PATH": os.environ["PATH"], "HOME": str(directory), "LC_ALL": "C.UTF-8"}
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=self.log.open("wb"), stderr=subprocess.STDOUT)
        self.marionette = Marionette(host="127.0.0.1", port=self._port())
        self.marionette.start_session()
        self.marionette.set_context("chrome")

    def _port(self) -> int:
        told = self.profile / "MarionetteActivePort"
        end = time.monotonic() + STARTED_WITHIN
        while not (told.exists() and told.read_text()):
            assert self.process.poll() is None and time.monotonic() < end, self.log.read_text()
            time.sleep(0.1)
        return int(told.read_text())

    def __getattr__(self, method):
        def call(*given):
            told = self.marionette.execute_async_script(METHODS + CALL, script_args=[method, given], script_timeout=DONE_WITHIN * 1000)
            if "error" in told:
                raise Failed(told["error"])
            return told.get("answer")

        return call

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=60)
