"""A push to the API of a ruler. Only namespaces of the project are changed, whatever else the tenant has."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple
from urllib.parse import urlsplit

from promgen.base.errors import OutsideError
from promgen.changes.difference import Status
from promgen.clients.exchange import Endpoint, Patience
from promgen.clients.ruler import PATHS, RulerApi
from promgen.delivery.group_plan import GroupStep, owns, plan_groups
from promgen.delivery.groups import Data, Namespaces, group_text, read_namespaces
from promgen.delivery.push import Planned, Push, Step, nothing
from promgen.model.delivery import Ruler

_READ_BACK_ATTEMPTS = 5
"""A ruler may answer from a cache for a moment."""


class _Target(NamedTuple):
    """A ruler's tenant, as far as it belongs to the project."""

    api: RulerApi
    prefix: str
    patience: Patience

    def held(self) -> tuple[Namespaces, int]:
        """The project's namespaces, and how many others there are."""
        return read_namespaces(self.api.read(), self.api.endpoint.url, partial(owns, self.prefix))

    def deviations(self, wanted: Namespaces) -> tuple[GroupStep, ...]:
        """What would have to be done to hold what is wanted."""
        steps = plan_groups(wanted, self.held()[0])
        return tuple(step for step in steps if step.status is not Status.UNCHANGED)

    def set(self, namespace: str, group: Data) -> None:
        self.api.set_group(namespace, group_text(group))

    def delete(self, step: GroupStep) -> None:
        self.api.delete_group(step.namespace, step.name)


def prepare_ruler(
    delivery: str, ruler: Ruler, wanted: Namespaces, endpoint: Endpoint, patience: Patience
) -> Push:
    """What it takes that the ruler holds these groups and no others of the project; reads what it holds now."""
    target = _Target(_api(ruler, endpoint, patience), ruler.namespace, patience)
    held, others = target.held()
    planned = plan_groups(wanted, held)
    steps = tuple(_step(target, step) for step in planned if step.status is not Status.UNCHANGED)
    check = Step("read back", partial(_check, target, wanted), nothing)
    tenant = f", tenant {ruler.tenant}" if ruler.tenant else ""
    return Push(
        delivery=delivery,
        to=f"{ruler.kind} at {endpoint.url}{tenant}",
        planned=tuple(map(_planned, planned)),
        notes=(f"{others} namespace{'s' * (others != 1)} of others left alone",) if others else (),
        steps=(*steps, check) if steps else (),
        differences=partial(_differences, target, held),
    )


def _api(ruler: Ruler, endpoint: Endpoint, patience: Patience) -> RulerApi:
    """A URL that ends with `/rules` is that of the API itself, for gateways and releases that have it elsewhere."""
    path = "" if endpoint.url.rstrip("/").endswith("/rules") else PATHS[ruler.kind]
    return RulerApi(endpoint=endpoint, path=path, tenant=ruler.tenant, patience=patience)


def address_of(ruler: Ruler) -> str:
    """The address of the API, the same for every way to write it."""
    parts = urlsplit(ruler.access.url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    path = parts.path.rstrip("/")
    whole = path if path.endswith("/rules") else path + PATHS[ruler.kind]
    return f"{parts.scheme}://{(parts.hostname or '').lower()}:{port}{whole}"


def _planned(step: GroupStep) -> Planned:
    note = f"{step.rules} rule{'s' * (step.rules != 1)}"
    return Planned(step.status, "group", f"{step.namespace} {step.name}", note, step.changes)


def _step(target: _Target, step: GroupStep) -> Step:
    what = f"{step.namespace} {step.name}"
    undo = (
        partial(target.delete, step)
        if step.before is None
        else partial(target.set, step.namespace, step.before)
    )
    if step.after is None:
        return Step(f"delete {what}", partial(target.delete, step), undo)
    verb = "create" if step.before is None else "change"
    return Step(f"{verb} {what}", partial(target.set, step.namespace, step.after), undo)


def _check(target: _Target, wanted: Namespaces) -> None:
    """Whether the ruler holds now what it was given."""
    for attempt in range(_READ_BACK_ATTEMPTS):
        if not target.deviations(wanted):
            return
        target.patience.sleep(target.patience.first * 2**attempt)
    names = ", ".join(f"{step.namespace} {step.name}" for step in target.deviations(wanted))
    raise OutsideError(f"it took everything and holds something else for {names}")


def _differences(target: _Target, before: Namespaces) -> list[str]:
    words = {
        Status.ADDED: "is gone",
        Status.REMOVED: "is new",
        Status.CHANGED: "is not as it was",
    }
    return [f"group {step.namespace} {step.name} {words[step.status]}" for step in target.deviations(before)]
