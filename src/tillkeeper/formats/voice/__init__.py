"""What a terminal says and is told: the messages of /device/v1 and the signals that may stand in them. Pure.

docs/reference/device-protocol.md tells the same in prose.
"""
