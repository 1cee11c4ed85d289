"""The journal's tables, and how a settlement becomes a line of them and a line a row again."""

from dataclasses import dataclass
from typing import Any

from ..terms.inspection import Flaw, Inspection, Stored
from ..terms.verdict import BlobRef, Finding, Settlement, Verdict

SCHEMA = """
CREATE TABLE settlements (
  seq INTEGER PRIMARY KEY, candidate INTEGER NOT NULL UNIQUE,
  verdict TEXT NOT NULL, reason TEXT NOT NULL, attempts INTEGER NOT NULL, due_at_s REAL,
  status INTEGER, elapsed_s REAL, at_s REAL, final_url TEXT, host INTEGER, address TEXT,
  headers TEXT, detail TEXT,
  segment TEXT, offset INTEGER, length INTEGER,
  n_bytes INTEGER, sha256 BLOB, flaw TEXT, format TEXT, width_px INTEGER, height_px INTEGER, mode TEXT,
  frames INTEGER, phash INTEGER, thumbnail BLOB, md5 BLOB, sha1 BLOB,
  stored_format TEXT, stored_width_px INTEGER, stored_height_px INTEGER, stored_n_bytes INTEGER,
  stored_sha256 BLOB, stored_how TEXT, revived TEXT, evidence TEXT
) STRICT;
CREATE TABLE notes (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, payload TEXT NOT NULL) STRICT;
"""
MIGRATIONS = {
    1: "ALTER TABLE settlements ADD COLUMN revived TEXT",
    2: "ALTER TABLE settlements ADD COLUMN evidence TEXT",
}
"""Version of a journal to the statement that makes the next one of it; what is new stands last."""
_AMEND = """
INSERT INTO settlements (seq, candidate, verdict, reason, attempts, due_at_s, evidence)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (candidate) DO UPDATE SET
  seq = excluded.seq, verdict = excluded.verdict, reason = excluded.reason,
  attempts = max(attempts, excluded.attempts), due_at_s = excluded.due_at_s, evidence = excluded.evidence
"""
_WRITE_FETCHED = f"""
INSERT OR REPLACE INTO settlements (
  seq, candidate, verdict, reason, attempts, due_at_s,
  status, elapsed_s, at_s, final_url, host, address, headers, detail, revived, evidence
) VALUES ({", ".join("?" * 16)})
"""
_WRITE_INSPECTED = f"INSERT OR REPLACE INTO settlements VALUES ({', '.join('?' * 37)})"
STATEMENTS = {7: _AMEND, 16: _WRITE_FETCHED, 37: _WRITE_INSPECTED}
"""By the length of a `line`. Most candidates bring no picture: binding 22 NULLs would double their cost."""
_FIRST_WIDTH = 35
"""Columns of the first version."""
VERDICTS = {verdict.value: verdict for verdict in Verdict}
_FLAWS = {flaw.value: flaw for flaw in Flaw}


@dataclass(frozen=True, slots=True)
class JournalRow:
    """The last word on one candidate."""

    candidate: int
    verdict: Verdict
    reason: str
    attempts: int
    due_at_s: float | None = None
    status: int | None = None
    elapsed_s: float | None = None
    """None: nothing was ever fetched."""
    at_s: float | None = None
    final_url: str | None = None
    host: int | None = None
    address: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    detail: str = ""
    """A few words of a failed request: attacker text."""
    blob: BlobRef | None = None
    inspection: Inspection | None = None
    seq: int = 0
    revived: str | None = None
    """How the URL that was asked last stood in for the candidate's own; None: it was its own."""
    evidence: str = ""
    """What a judgement rests on: ``flickr:md5``, ``learned:ID``, ``of:CANDIDATE``."""

    @property
    def finding(self) -> Finding:
        """What a worker sent home then, as far as it was kept; ``host`` is as that run numbered it."""
        return Finding(
            self.candidate,
            self.attempts,
            self.host or 0,
            self.elapsed_s or 0.0,
            self.at_s or 0.0,
            inspection=self.inspection,
            blob=self.blob,
            status=self.status,
            final_url=self.final_url,
            headers=self.headers,
        )


@dataclass(frozen=True, slots=True)
class Note:
    """Something that happened to the plan (``class-replaced`` ..)."""

    kind: str
    payload: dict[str, Any]
    seq: int = 0


def line(seq: int, settlement: Settlement) -> tuple[Any, ...]:
    """The values for the statement of this length."""
    finding = settlement.finding
    head = (
        seq,
        settlement.candidate,
        settlement.verdict.value,
        settlement.reason,
        settlement.attempts,
        settlement.due_at_s,
    )
    if finding is None:
        return (*head, settlement.evidence or None)
    failed, blob, inspection = finding.failed, finding.blob, finding.inspection
    fetched = (
        *head,
        finding.status if finding.status is not None or failed is None else failed.status,
        finding.elapsed_s,
        finding.at_s,
        finding.final_url,
        finding.host,
        finding.address,
        _text("\n".join([f"{name}: {value}" for name, value in finding.headers])) or None,
        _text(failed.detail if failed else inspection.detail if inspection else ""),
    )
    revived = finding.revived or None
    if inspection is None:
        return (*fetched, revived, settlement.evidence or None)
    place = (blob.segment, blob.offset, blob.length) if blob else _NO_BLOB
    return (*fetched, *place, *_inspection_line(inspection), revived, settlement.evidence or None)


_NO_BLOB = (None,) * 3
_NO_STORED = (None,) * 6


def _inspection_line(inspection: Inspection) -> tuple[Any, ...]:
    stored, phash = inspection.stored, inspection.phash
    return (
        inspection.n_bytes,
        inspection.sha256,
        inspection.flaw.value if inspection.flaw else None,
        inspection.format,
        inspection.width_px,
        inspection.height_px,
        inspection.mode,
        inspection.frames,
        # SQLite's integers are signed
        phash - 2**64 if phash is not None and phash >= 2**63 else phash,
        inspection.thumbnail,
        inspection.md5,
        inspection.sha1,
        *(
            (stored.format, stored.width_px, stored.height_px, stored.n_bytes, stored.sha256, stored.how)
            if stored
            else _NO_STORED
        ),
    )


def _text(attackers: str) -> str:
    """Without the lone surrogates that UTF-8 cannot say."""
    return attackers if attackers.isascii() else attackers.encode(errors="replace").decode()


def row(line: tuple[Any, ...]) -> JournalRow:
    """A line of ``SELECT *`` as a value; one of an earlier version has fewer columns."""
    seq, candidate, verdict, reason, attempts, due_at_s, status, elapsed_s, at_s = line[:9]
    final_url, host, address, headers, detail, segment, offset, length = line[9:17]
    inspected = line[17] is not None
    return JournalRow(
        candidate=candidate,
        verdict=VERDICTS[verdict],
        reason=reason,
        attempts=attempts,
        due_at_s=due_at_s,
        status=status,
        elapsed_s=elapsed_s,
        at_s=at_s,
        final_url=final_url,
        host=host,
        address=address,
        headers=_headers(headers) if headers else (),
        detail="" if inspected else detail or "",
        blob=BlobRef(segment, offset, length) if segment is not None else None,
        inspection=_inspection(line[17:_FIRST_WIDTH], detail) if inspected else None,
        seq=seq,
        revived=line[_FIRST_WIDTH] if len(line) > _FIRST_WIDTH else None,
        evidence=(line[_FIRST_WIDTH + 1] or "") if len(line) > _FIRST_WIDTH + 1 else "",
    )


def _headers(text: str) -> tuple[tuple[str, str], ...]:
    parted = (header.partition(": ") for header in text.split("\n"))
    return tuple((name, value) for name, _, value in parted)


def _inspection(line: tuple[Any, ...], detail: str) -> Inspection:
    n_bytes, sha256, flaw, format_, width_px, height_px, mode, frames, phash, thumbnail, md5, sha1 = line[:12]
    return Inspection(
        n_bytes=n_bytes,
        sha256=sha256,
        flaw=_FLAWS[flaw] if flaw else None,
        detail=detail,
        format=format_,
        width_px=width_px,
        height_px=height_px,
        mode=mode,
        frames=frames,
        phash=phash % 2**64 if phash is not None else None,
        thumbnail=thumbnail,
        md5=md5,
        sha1=sha1,
        stored=Stored(*line[12:]) if line[12] is not None else None,
    )
