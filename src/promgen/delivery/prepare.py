"""From a delivery to its push: looks up the secrets, and asks the target what it holds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from promgen.base.errors import UsageError
from promgen.clients.alertmanager import SilenceApi
from promgen.clients.exchange import Endpoint, Patience
from promgen.clients.reload import ReloadApi
from promgen.compiler.pipeline import Output
from promgen.delivery.access import endpoint_of
from promgen.delivery.contents import folder_files, ruler_namespaces, silences_of
from promgen.delivery.folder import prepare_folder
from promgen.delivery.push import Push
from promgen.delivery.ruler import address_of, prepare_ruler
from promgen.delivery.silences import (
    Silence,
    owned_name,
    plan_silences,
    silence_changes,
    silence_differences,
    silence_steps,
)
from promgen.model.delivery import Delivery, Folder, Kubernetes, Ruler


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """What every push needs."""

    output: Output
    root: Path
    """The project's folder."""
    now: datetime
    patience: Patience

    def push_to(self, delivery: Delivery) -> Push:
        """What it takes; raise UsageError for a delivery that cannot be pushed, OutsideError for a target without answer."""
        match delivery.to:
            case Ruler() as ruler:
                self._check_alone(delivery, ruler)
                wanted = ruler_namespaces(self.output, delivery, ruler, self.root)
                endpoint = endpoint_of(ruler.access, self.root)
                return prepare_ruler(delivery.name, ruler, wanted, endpoint, self.patience)
            case Folder() as folder:
                return self._to_folder(delivery, folder)
            case Kubernetes():
                raise UsageError(
                    f"`{delivery.name}` is only written by `promgen build`; apply its objects with a tool of Kubernetes"
                )

    def _check_alone(self, delivery: Delivery, ruler: Ruler) -> None:
        """Two deliveries of one namespace would delete each other's groups."""
        for other in self.output.deliveries:
            if other.name == delivery.name or not isinstance(other.to, Ruler):
                continue
            if _owned(other.to) == _owned(ruler):
                raise UsageError(
                    f"`{delivery.name}` and `{other.name}` both own the namespace `{ruler.namespace}` of one tenant, and"
                    " would delete each other's groups; give one of them another `namespace`"
                )

    def _to_folder(self, delivery: Delivery, folder: Folder) -> Push:
        endpoint = endpoint_of(folder.reload, self.root) if folder.reload is not None else None
        server = ReloadApi(endpoint=endpoint, patience=self.patience) if endpoint is not None else None
        files = folder_files(self.output, delivery, folder, self.root)
        push = prepare_folder(delivery.name, folder, files, self.root, server)
        if folder.reader != "alertmanager":
            return push
        creator = self.output.project.settings.name
        return with_silences(push, silences_of(self.output), endpoint, self.patience, creator, self.now)


def _owned(ruler: Ruler) -> tuple[str, str, str]:
    return address_of(ruler), ruler.tenant, ruler.namespace


def with_silences(
    push: Push,
    wanted: list[dict[str, object]],
    endpoint: Endpoint | None,
    patience: Patience,
    creator: str,
    now: datetime,
) -> Push:
    """A push to an Alertmanager's folder with that of its silences behind it, which need its API."""
    if endpoint is None:
        note = "silences are left as they are: the delivery has no `reload`"
        return replace(push, notes=(*push.notes, note)) if wanted else push
    api = SilenceApi(endpoint=endpoint, patience=patience, creator=creator)
    held = api.read()
    plan = plan_silences(wanted, held, creator, now)
    own = tuple(one for one in held if owned_name(one, creator))
    others = len(held) - len(own)
    note = f"{others} silence{'s' * (others != 1)} of others left alone"
    return replace(
        push,
        planned=(*push.planned, *silence_changes(plan)),
        notes=(*push.notes, note) if others else push.notes,
        steps=(*push.steps, *silence_steps(api, plan)),
        differences=partial(_differences, push, api, own),
    )


def _differences(push: Push, api: SilenceApi, before: tuple[Silence, ...]) -> list[str]:
    return [*push.differences(), *silence_differences(api, before)]
