"""Signals in words: used by the sentences of alerts, by pages and by exports."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Labels = Mapping[str, str | Promise]
SIGNAL_LABELS: Final[Labels] = MappingProxyType(
    {
        "battery_level": _("Battery charge"),
        "battery_health": _("Battery health"),
        "battery_temperature": _("Battery temperature"),
        "battery_cycles": _("Battery cycles"),
        "charging": _("Charging"),
        "mains": _("On mains"),
        "voltage": _("Voltage"),
        "network": _("Network in use"),
        "carrier": _("Carrier"),
        "iccid": _("SIM number (ICCID)"),
        "rsrp": _("Cell signal (RSRP)"),
        "csq": _("Cell signal (CSQ)"),
        "wifi_rssi": _("Wi-Fi signal"),
        "latency": _("Delay to the host"),
        "printer_code": _("Printer code"),
        "paper_out": _("Out of paper"),
        "cover_open": _("Paper cover open"),
        "head_temperature": _("Print head temperature"),
        "print_km": _("Paper printed by the head"),
        "chip_reads": _("Chip reads"),
        "chip_fails": _("Chip reads failed"),
        "stripe_reads": _("Stripe reads"),
        "stripe_fails": _("Stripe reads failed"),
        "tap_reads": _("Contactless reads"),
        "tap_fails": _("Contactless reads failed"),
        "ped_code": _("PIN pad code"),
        "tampered": _("Case opened"),
        "sales": _("Sales"),
        "declines": _("Declines"),
        "host_fails": _("Host failures"),
        "fallbacks": _("Fallbacks to stripe"),
        "crashes": _("Crashes"),
        "restarts": _("Restarts"),
        "uptime": _("Running for"),
        "processor": _("Processor"),
        "memory_free": _("Free memory"),
        "storage_free": _("Free storage"),
        "temperature": _("Temperature around it"),
        "humidity": _("Humidity"),
        "latitude": _("Latitude"),
        "longitude": _("Longitude"),
        "accuracy": _("Accuracy of the position"),
        "app_version": _("Application"),
        "firmware_version": _("Firmware"),
        "os_version": _("Operating system"),
        "config_version": _("Configuration"),
        "skew_s": _("Clock ahead of the server's"),
        "away_m": _("Away from its site"),
    }
)


def signal_word(name: str) -> str:
    """Return a signal in the reader's language; one that nobody knows stands for itself."""
    return str(SIGNAL_LABELS.get(name, name))
