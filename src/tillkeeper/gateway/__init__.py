"""The door for terminals: /device/v1 over HTTP, the same messages over MQTT.

A plain ASGI application without Django's request handling. It checks tokens without a database, gathers what comes in
the same instant, hands it to the spool, and answers when the spool has it for good.
"""
