"""The wire format of `deliveries` in promgen.yaml: in which formats outputs are written beside the rules, and where
`promgen push` brings them."""

# Annotations are not postponed here: pydantic would compile each one from text again, a tenth of a cold build.
from pydantic import Field

from promgen.compiler.spec.values import Name, PathValue
from promgen.compiler.spec.wire import Wire


class CredentialSpec(Wire):
    """Where `promgen push` finds a secret; give one. It is never printed."""

    refers_to_secret = True
    env: str | None = Field(default=None, min_length=1)
    """Environment variable."""
    file: PathValue | None = None
    """File on the machine that pushes."""


class AccessSpec(Wire):
    """An HTTP API and how to speak to it."""

    url: str = Field(min_length=1)
    """Address."""
    token: CredentialSpec | None = None
    """Bearer token."""
    username: str | None = None
    """User, with `password`."""
    password: CredentialSpec | None = None
    """Password of `username`."""


class RulerSpec(AccessSpec):
    """A ruler with an API to write rules: Mimir, Cortex or Loki."""

    tenant: str | None = Field(default=None, min_length=1)
    """Tenant, sent as `X-Scope-OrgID`."""
    namespace: str | None = Field(default=None, min_length=1)
    """Beginning of the names of the namespaces that belong to the project; its name when left out. Others are left alone."""
    rules_per_group: int = Field(default=20, ge=0)
    """Most rules in one group; larger groups are split. 0 is no limit."""
    groups: int = Field(default=70, ge=0)
    """Most groups of the tenant; more are an error of the build. 0 is no limit."""


class FolderSpec(Wire):
    """A folder on this machine, and the server that reads it."""

    folder: PathValue
    """Folder for the files; only files that promgen wrote there are changed or deleted."""
    reload: AccessSpec | None = None
    """Server that is asked to read them again, and then whether it did."""


class KubernetesSpec(Wire):
    """Objects for prometheus-operator, written by `promgen build`; a GitOps tool or kubectl applies them."""

    namespace: str = Field(min_length=1)
    """Namespace of the objects."""
    labels: dict[str, str] = {}
    """Labels of every object, such as those that the operator selects by."""
    annotations: dict[str, str] = {}
    """Annotations of every object."""
    rules: bool = True
    """PrometheusRule objects."""
    alertmanager_config: bool = False
    """An AlertmanagerConfig object."""
    config_map: bool = False
    """ConfigMap objects with the rule files and the Alertmanager's configuration."""


class DeliverySpec(Wire):
    """One place that outputs are brought to; exactly one kind."""

    name: Name
    """Name, for `promgen push NAME`; outputs of the build go to a folder of this name."""
    environments: list[str] = []
    """Only the rules of these environments; all when empty."""
    files: list[str] = []
    """Plain rule files of the project, instead of what is compiled; needed for Loki, which reads LogQL."""
    prometheus: FolderSpec | None = None
    """Rule files in a folder of Prometheus."""
    thanos: FolderSpec | None = None
    """Rule files in a folder of a Thanos Ruler."""
    victoriametrics: FolderSpec | None = None
    """Rule files in a folder of vmalert."""
    mimir: RulerSpec | None = None
    """The ruler of Mimir or Cortex."""
    loki: RulerSpec | None = None
    """The ruler of Loki."""
    alertmanager: FolderSpec | None = None
    """Configuration, templates and silences of an Alertmanager."""
    kubernetes: KubernetesSpec | None = None
    """Objects for prometheus-operator."""
