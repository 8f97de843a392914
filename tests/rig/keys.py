# SPDX-License-Identifier: BSD-2-Clause
"""Private keys made by OpenSSL, and their records derived without any code of ours."""

import base64
import subprocess


def _openssl(*words):
    return subprocess.run(["openssl", *words], check=True, capture_output=True).stdout


class Key:
    """One private key in a file that only its owner reads."""

    def __init__(self, folder, domain, selector, kind="rsa", bits=2048):
        self.domain, self.selector, self.kind = domain, selector, kind
        self.path = folder / domain / f"{selector}.pem"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        choice = ["-algorithm", "ED25519"]
        if kind == "rsa":
            choice = ["-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{bits}"]
        _openssl("genpkey", *choice, "-out", str(self.path))
        self.path.chmod(0o600)

    @property
    def name(self):
        return f"{self.selector}._domainkey.{self.domain}"

    def record(self):
        """RFC 6376 3.6.1; RFC 8463 section 4: Ed25519's p= is the bare 32 octets."""
        public = _openssl("pkey", "-in", str(self.path), "-pubout", "-outform", "DER")
        if self.kind == "ed25519":
            public = public[-32:]
        return f"v=DKIM1; k={self.kind}; p={base64.b64encode(public).decode()}"


def make_pair(folder, domain, prefix=""):
    """An RSA and an Ed25519 key for a domain."""
    return [
        Key(folder, domain, prefix + "r1", "rsa"),
        Key(folder, domain, prefix + "e1", "ed25519"),
    ]


def records_of(keys):
    return {key.name: key.record() for key in keys}
