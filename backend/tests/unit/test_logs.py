"""Logs: one JSON object a line, with its own fields and its traceback."""

import json
import logging
import sys

from app.logs import JsonFormatter


def record(**changes: object) -> logging.LogRecord:
    given: dict[str, object] = {
        "name": "app.services.tick",
        "levelno": logging.WARNING,
        "levelname": "WARNING",
        "msg": "provider %s failed\nagain",
        "args": ("yahoo",),
        "created": 1_704_198_600.25,
    }
    return logging.makeLogRecord(given | changes)


class TestJsonFormatter:
    def test_writes_one_line_with_time_level_logger_and_message(self) -> None:
        line = JsonFormatter().format(record())
        assert "\n" not in line
        assert json.loads(line) == {
            "at": "2024-01-02T12:30:00.250+00:00",
            "level": "WARNING",
            "logger": "app.services.tick",
            "message": "provider yahoo failed\nagain",
        }

    def test_adds_the_fields_of_the_record(self) -> None:
        line = json.loads(JsonFormatter().format(record(position_id="p1", price_ticks=123)))
        assert line["position_id"] == "p1"
        assert line["price_ticks"] == 123

    def test_adds_the_traceback(self) -> None:
        try:
            raise ValueError("no price")
        except ValueError:
            line = json.loads(JsonFormatter().format(record(exc_info=sys.exc_info())))
        assert "ValueError: no price" in line["traceback"]
