"""What an SNMP agent can do beyond staying silent."""

from bacs_core.errors import BusError


class AgentRefusedError(BusError):
    """The agent answered, but gives nothing: user, key, security level or view are not accepted."""


class AnswerTooBigError(AgentRefusedError):
    """The agent cannot put so much into one answer."""
