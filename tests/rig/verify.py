# SPDX-License-Identifier: BSD-2-Clause
"""Verification by python3-dkim, which shares no code with us."""

import re

import dkim

from rig.mailbox import header_values


def signatures(message):
    """Each DKIM-Signature's tags, top to bottom."""
    found = []
    for value in header_values(message, "DKIM-Signature"):
        compact = re.sub(rb"\s+", b"", value).decode()
        found.append(dict(tag.split("=", 1) for tag in compact.strip(";").split(";")))
    return found


def verified(message, records):
    """Of each signature, top to bottom: (d=, a=, whether it verifies)."""

    def answer(name, timeout=5):
        return records.get(name.decode().rstrip(".").lower(), "").encode() or None

    results = []
    for index, tags in enumerate(signatures(message)):
        try:
            good = dkim.DKIM(message).verify(idx=index, dnsfunc=answer)
        except dkim.DKIMException as error:
            good = str(error)
        results.append((tags["d"], tags["a"], good))
    return results


def assert_signed(message, records, domain, algorithms=("rsa-sha256", "ed25519-sha256")):
    """Exactly one good signature of the domain for each algorithm."""
    ours = [result for result in verified(message, records) if result[0] == domain]
    expected = sorted((domain, algorithm, True) for algorithm in algorithms)
    assert sorted(ours) == expected, f"{ours}\n{message[:3000].decode(errors='replace')}"


def assert_unsigned(message):
    assert not signatures(message), message[:3000].decode(errors="replace")
