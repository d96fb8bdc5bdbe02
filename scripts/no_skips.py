"""A pytest plugin (`-p scripts.no_skips`): a skipped test fails the run. What cannot run must be deselected."""

import pytest


class Skips:
    """Collects the names of skipped tests."""

    def __init__(self) -> None:
        """Start with none."""
        self.names: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Hear of a test, from whichever worker."""
        if report.skipped and not hasattr(report, "wasxfail"):
            self.names.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Hear of a module that skipped itself."""
        if report.skipped:
            self.names.append(report.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail a run that would have passed."""
        if self.names and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Name them."""
        for name in self.names:
            terminalreporter.write_line(
                f"skipped, and skips are not allowed here: {name}", red=True
            )


def pytest_configure(config: pytest.Config) -> None:
    """Register, in the process that collects the reports."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Skips(), "no-skips")
