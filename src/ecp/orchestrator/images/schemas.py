"""Requests about registries, images and versions."""

from typing import Annotated

from pydantic import Field, StringConstraints

from ecp.edge.bodies import Body

Word = Annotated[str, StringConstraints(max_length=200)]
Path = Annotated[str, StringConstraints(max_length=255)]
Service = Annotated[str, StringConstraints(min_length=1, max_length=63)]
Version = Annotated[str, StringConstraints(min_length=1, max_length=128)]


class RegistryBody(Body):
    """Where images are; the password is taken and never shown."""

    host: Path = Field(examples=["harbor.internal:5000"])
    prefix: Path = Field("", examples=["mirror"])
    rewrites: Path = Field(
        "",
        description="whose images it stands in for: the beginning of their names",
        examples=["harbor.ecp-ai.com"],
    )
    username: Word = Field("", examples=["robot"])
    password: Annotated[str, StringConstraints(max_length=4096)] | None = Field(
        None,
        description="itself, or env:NAME of a variable; without: as it was",
        examples=["env:HARBOR_PASSWORD"],
    )


class VersionBody(Body):
    """A version of a service."""

    version: Version = Field(examples=["1.4.2"])
    image: Annotated[str, StringConstraints(min_length=1, max_length=512)] = Field(
        examples=["harbor.ecp-ai.com/ecp-ai/callbot:1.4.2"]
    )
    facts: dict[Word, Word] = Field(
        {},
        description="what the simulator shall believe of it: size, start, memory, memory_growth, "
        "cpu, stop, drains, missing, private; what is left out is as the shipped facts have it",
        examples=[{"size": "900M", "start": "12s", "memory": "700Mi"}],
    )
    note: Annotated[str, StringConstraints(max_length=2000)] = ""


class TenantVersions(Body):
    """Which versions a tenant shall run."""

    versions: dict[Service, Version] = Field({}, examples=[{"callbot": "1.4.2"}])
    registry: Word | None = Field(
        None, description='its images come from there; "": from where they are named'
    )
    deploy: bool = Field(True, description="false: chosen for the next release that is generated")
    on_failure: Annotated[str, StringConstraints(pattern="^(stay|rollback)$")] = "rollback"
    confirm: Annotated[str, StringConstraints(max_length=253)] = Field(
        "", description="the name of the cluster, where it is a real one"
    )
