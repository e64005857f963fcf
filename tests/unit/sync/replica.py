"""A consumer's copy of a connection: records applied by the contract (docs/contracts.md, "Record")."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from google_drive_worker.schemas.record import OutRecord

Json = dict[str, Any]


@dataclass
class Replica:
    """Rows by idempotency key, each the newest envelope; `started` holds the snapshots seen to start."""

    rows: dict[str, Json] = field(default_factory=dict)
    started: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, records: Iterable[OutRecord]) -> "Replica":
        """The copy after these records."""
        replica = cls()
        for record in records:
            replica.apply(json.loads(record.value))
        return replica

    @property
    def items(self) -> dict[str, Json]:
        """The data of every file and folder there is, by id."""
        return self.of_type("file") | self.of_type("folder")

    @property
    def corpora(self) -> dict[str, str]:
        """The corpus of every file and folder there is, by id."""
        kinds = {"file", "folder"}
        return {
            row["resource_id"]: row["source"]["corpus"] for row in self.rows.values() if row["resource_type"] in kinds
        }

    def of_type(self, kind: str) -> dict[str, Json]:
        """The data of every resource of a type, by its id."""
        return {row["resource_id"]: row["data"] for row in self.rows.values() if row["resource_type"] == kind}

    def apply(self, envelope: Json) -> None:
        """Take one record in."""
        if envelope["resource_type"] == "snapshot":
            self._mark(envelope["source"]["corpus"], envelope["data"])
        elif envelope["op"] == "delete":
            held = self.rows.get(envelope["idempotency_key"])
            if held is not None and held["source"]["corpus"] == envelope["source"]["corpus"]:
                del self.rows[envelope["idempotency_key"]]
        else:
            self._upsert(envelope)

    def _upsert(self, envelope: Json) -> None:
        held = self.rows.get(envelope["idempotency_key"])
        if held is not None and held["version"] is not None and held["version"] > envelope["version"]:
            held["snapshot_id"] = max(held["snapshot_id"], envelope["snapshot_id"])
            return
        self.rows[envelope["idempotency_key"]] = envelope

    def _mark(self, corpus: str, marker: Json) -> None:
        if marker["phase"] == "started":
            self.started.add(marker["snapshot_id"])
        swept = {
            "closed": True,
            "complete": marker["complete"] and marker["scope"] is None and marker["snapshot_id"] in self.started,
        }
        if swept.get(marker["phase"]):
            limit = marker["snapshot_id"] if marker["phase"] == "complete" else "~"
            self.rows = {
                key: row
                for key, row in self.rows.items()
                if row["source"]["corpus"] != corpus or row["snapshot_id"] >= limit
            }
