"""Shapes that several addresses share: short references to things, and texts with a limit."""

from datetime import date
from typing import Annotated, Any

from ninja import Field, Schema
from pydantic import ConfigDict


class Asked(Schema):
    """What a caller sends. A name that is not known is refused: a mistyped filter must not mean everything."""

    model_config = ConfigDict(extra="forbid")


Code = Annotated[str, Field(min_length=1, max_length=40)]
Name = Annotated[str, Field(min_length=1, max_length=120)]
Why = Annotated[str, Field(max_length=200, description="The reason, as it goes into the history.")]
DocumentNumber = Annotated[
    str, Field(max_length=40, description="Paper made elsewhere; blank: one is issued.")
]
Serials = Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=100_000)]
Day = date | None


class OrganisationRef(Schema):
    """A node of the tree, in short."""

    code: str
    name: str
    kind: str


class VendorRef(Schema):
    """A vendor, in short."""

    code: str
    name: str


class MerchantRef(Schema):
    """A merchant, in short."""

    number: str
    name: str


class SiteRef(Schema):
    """A site, in short."""

    code: str
    name: str
    province: str
    city: str


def changes_of(body: Schema) -> dict[str, Any]:
    """Return only what the caller named: what is left out stays as it is."""
    return body.model_dump(exclude_unset=True)
