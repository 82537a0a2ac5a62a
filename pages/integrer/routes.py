"""The address of the map for other sites: not there unless the operator names some."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from geodata.upkeep.stores import NoList
from pages.donnees.parameters import WHEN, WHERE_AND_WHAT, BadParameter, Given
from pages.donnees.routes import turn
from pages.integrer import page
from pages.shared import clock, service_list
from pages.web import embedding, plain_page


def _map(request: Request) -> Response:
    if not embedding.sites():
        return Response(status_code=HTTPStatus.NOT_FOUND)
    with turn() as mine:
        if not mine:
            return _said(
                "Beaucoup de visites en ce moment : recharger la page dans quelques secondes.",
                HTTPStatus.SERVICE_UNAVAILABLE,
            )
        now = clock.now()
        try:
            values = Given(request.query_params, WHERE_AND_WHAT | WHEN).filters()
            return HTMLResponse(page.html(service_list.load(now.date()), values, now))
        except BadParameter as error:
            return _said(str(error), HTTPStatus.BAD_REQUEST)
        except NoList:
            return _said("La liste ne peut pas être lue.", HTTPStatus.SERVICE_UNAVAILABLE)


def _said(text: str, status: HTTPStatus) -> Response:
    return HTMLResponse(plain_page.message("Carte des services", text, in_frame=True), status)


ROUTES: list[BaseRoute] = [Route(embedding.PATH, _map)]
