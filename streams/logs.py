"""Log lines: structured, and without payloads, amounts, names or ids of people."""

import logging
import sys

import structlog

from streams.settings import Settings


def configure(settings: Settings) -> None:
    """Write log lines to standard error, as text or as JSON."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # A line and its end in one write, for libraries write to the same place.
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
    # Libraries speak up only when something is wrong. Each is told by name: Faust's worker opens
    # the root for everything, and every fetch would make lines that nobody sees.
    quiet = max(level, logging.WARNING)
    logging.basicConfig(stream=sys.stderr, level=quiet)
    for library in ("aiokafka", "asyncio", "faust", "mode"):
        logging.getLogger(library).setLevel(quiet)
