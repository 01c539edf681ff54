"""What goes wrong, told to clients: always a `Problem`, never the text of an unexpected error."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from bacs_core.api.messages import Problem
from bacs_core.errors import BacsError, RefusedError

#: Refusals that are not about the state of the plant; those are a conflict (409).
STATUS_OF_CODE: Final[Mapping[str, HTTPStatus]] = {
    "unauthorized": HTTPStatus.UNAUTHORIZED,
    "wrong_credentials": HTTPStatus.UNAUTHORIZED,
    "forbidden": HTTPStatus.FORBIDDEN,
    "cabinet_only": HTTPStatus.FORBIDDEN,
    "must_change": HTTPStatus.FORBIDDEN,
    "wrong_code": HTTPStatus.FORBIDDEN,
    "unknown_discharge": HTTPStatus.NOT_FOUND,
    "unknown_user": HTTPStatus.NOT_FOUND,
    "unknown_token": HTTPStatus.NOT_FOUND,
    "too_many_logins": HTTPStatus.TOO_MANY_REQUESTS,
    "locked_out": HTTPStatus.TOO_MANY_REQUESTS,
    "invalid": HTTPStatus.UNPROCESSABLE_ENTITY,
    "starting": HTTPStatus.SERVICE_UNAVAILABLE,
    "busy": HTTPStatus.SERVICE_UNAVAILABLE,
    "history_unreadable": HTTPStatus.SERVICE_UNAVAILABLE,
}
#: In how many seconds it may be better.
RETRY_AFTER_S: Final = 5
#: What a status asks for beside its body.
HEADERS: Final[Mapping[HTTPStatus, Mapping[str, str]]] = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": "Bearer"},
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": str(RETRY_AFTER_S)},
}

_log = logging.getLogger(__name__)


def problem_response(status: HTTPStatus, code: str, reason: str) -> Response:
    """Make the answer to a request that is refused or has failed."""
    return Response(
        # What was refused may hold a lone surrogate, which has no UTF-8.
        Problem(code=code, reason=reason.encode(errors="replace").decode()).model_dump_json(),
        status_code=status,
        media_type="application/json",
        headers=HEADERS.get(status),
    )


def refused(error: RefusedError) -> Response:
    """Make the answer to a refusal by the engine or the access model."""
    status = STATUS_OF_CODE.get(error.code, HTTPStatus.CONFLICT)
    return problem_response(status, error.code, error.reason)


def install(app: FastAPI) -> None:
    """Let `app` answer every error with a `Problem`."""

    @app.exception_handler(RefusedError)
    async def _refused(_request: Request, error: RefusedError) -> Response:
        return refused(error)

    @app.exception_handler(RequestValidationError)
    async def _invalid(_request: Request, error: RequestValidationError) -> Response:
        reason = "; ".join(
            # Not the input: it may hold a secret.
            f"{'.'.join(str(part) for part in fault['loc'][1:])}: {fault['msg']}".removeprefix(": ")
            for fault in error.errors()
        )
        return problem_response(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", reason)

    @app.exception_handler(HTTPException)
    async def _http(_request: Request, error: HTTPException) -> Response:
        status = HTTPStatus(error.status_code)
        return problem_response(status, status.phrase.lower().replace(" ", "_"), status.phrase)

    @app.exception_handler(BacsError)
    async def _unavailable(request: Request, error: BacsError) -> Response:
        _log.error("%s: %s", request.url.path, error)
        return problem_response(
            HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", "the engine cannot answer at present"
        )

    @app.exception_handler(Exception)
    async def _failed(_request: Request, _error: Exception) -> Response:
        return problem_response(
            HTTPStatus.INTERNAL_SERVER_ERROR, "failed", "the engine failed; its log says why"
        )
