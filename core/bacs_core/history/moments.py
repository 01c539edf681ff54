"""Moments as they are stored: whole unix milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime


def to_milliseconds(moment: datetime) -> int:
    """Turn an aware moment into unix milliseconds, as stored."""
    return round(moment.timestamp() * 1000)


def to_moment(milliseconds: int) -> datetime:
    """Turn stored unix milliseconds into an aware moment in UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
