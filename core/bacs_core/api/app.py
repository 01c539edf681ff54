"""The API as an ASGI application: routes, guard, problems and the published OpenAPI document."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

import bacs_core
from bacs_core.api import problems
from bacs_core.api.discharge_routes import DISCHARGE_ROUTES
from bacs_core.api.export_routes import ROUTES as EXPORT_ROUTES
from bacs_core.api.guard import Guard
from bacs_core.api.history_access import HistoryAccess
from bacs_core.api.history_routes import ROUTES as HISTORY_ROUTES
from bacs_core.api.messages import (
    API_PREFIX,
    ChangesMessage,
    Problem,
    SnapshotMessage,
    Subscribe,
)
from bacs_core.api.pairing_routes import PAIRING_ROUTES
from bacs_core.api.people_routes import PEOPLE_ROUTES
from bacs_core.api.report_routes import REPORT_ROUTES
from bacs_core.api.routes import ROUTES, Parts
from bacs_core.api.stick_routes import STICK_ROUTES
from bacs_core.api.system_routes import SYSTEM_ROUTES, Gauges
from bacs_core.settings import Keeping

STREAM_PATH: Final = f"{API_PREFIX}/stream"
OPENAPI_PATH: Final = f"{API_PREFIX}/openapi.json"

_STREAM_DESCRIPTION: Final = (
    "A WebSocket. The engine sends one `SnapshotMessage`, then a `ChangesMessage` each second; a "
    "later `SnapshotMessage` replaces everything before it. Sequence numbers of changes have no "
    "gaps. The client may send `Subscribe`. The engine closes with 4401 once the token is no "
    "longer valid and with 1007 after a message it does not understand."
)


def create_app(
    parts: Parts,
    *,
    state_dir: Path,
    keeping: Keeping | None = None,
    host_names: frozenset[str] = frozenset(),
) -> FastAPI:
    """Make the application over the history in `state_dir`; somebody else feeds the broadcast."""
    app = FastAPI(
        title="BACS engine",
        version=bacs_core.__version__,
        openapi_url=OPENAPI_PATH,
        # Their pages load scripts from the internet, which a panel does not have.
        docs_url=None,
        redoc_url=None,
        responses={"4XX": {"model": Problem}, "5XX": {"model": Problem}},
    )
    app.state.parts = parts
    app.state.gauges = Gauges(state_dir)
    app.state.history = HistoryAccess(state_dir, keeping=keeping)
    app.include_router(ROUTES)
    app.include_router(HISTORY_ROUTES)
    app.include_router(DISCHARGE_ROUTES)
    app.include_router(EXPORT_ROUTES)
    app.include_router(REPORT_ROUTES)
    app.include_router(STICK_ROUTES)
    app.include_router(PEOPLE_ROUTES)
    app.include_router(PAIRING_ROUTES)
    app.include_router(SYSTEM_ROUTES)
    app.add_middleware(Guard, host_names=host_names)
    problems.install(app)
    describe = app.openapi
    app.openapi = cache(lambda: _with_stream(describe()))  # type: ignore[method-assign]
    return app


def _with_stream(document: dict[str, Any]) -> dict[str, Any]:
    """Add the stream, which OpenAPI has no words for."""
    messages = (SnapshotMessage, ChangesMessage, Subscribe)
    _, schemas = models_json_schema(
        [(message, "serialization") for message in messages],
        ref_template="#/components/schemas/{model}",
    )
    document["components"]["schemas"] |= schemas["$defs"]
    document["paths"][STREAM_PATH] = {
        "get": {
            "summary": "Stream",
            "description": _STREAM_DESCRIPTION,
            "security": [{"HTTPBearer": []}],
            "responses": {
                str(HTTPStatus.SWITCHING_PROTOCOLS.value): {
                    "description": "The stream begins",
                    "x-messages": [
                        {"$ref": f"#/components/schemas/{message.__name__}"} for message in messages
                    ],
                }
            },
        }
    }
    return document
