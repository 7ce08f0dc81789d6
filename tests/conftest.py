"""What the whole suite says at its end."""

from typing import Any

from hypothesis import HealthCheck, settings

# How long a value takes to be made is no finding: the machine may be busy with something else.
settings.register_profile("suite", suppress_health_check=[HealthCheck.too_slow], deadline=None)
settings.load_profile("suite")

FAULT_POINTS = "fault_points"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how many points were struck by a fault, whichever process ran them."""
    tried = [
        count
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, [])
        for name, count in getattr(report, "user_properties", [])
        if name == FAULT_POINTS
    ]
    if tried:
        terminalreporter.write_line(f"{sum(tried)} fault points tried in {len(tried)} scenarios")
