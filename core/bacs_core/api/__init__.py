"""The interface of the engine to its clients: messages, server, client library."""
