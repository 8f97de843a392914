# SPDX-License-Identifier: BSD-2-Clause
"""The filters that the benchmarks run, on keys and messages of their own in a folder."""

import json
import os
import shutil
import subprocess
import time

import corpus

BUILD = os.environ.get("MILLRACE_BUILDDIR", os.getcwd())
KINDS = {"small": 2000, "medium": 600, "large": 60}


def run(*command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, universal_newlines=True, **options).stdout


class Bench:
    extra = ""  # further settings of ours

    def __init__(self, folder):
        self.folder = folder
        self.processes = {}
        for kind in KINDS:
            with open(self.path(kind + ".eml"), "w") as file:
                file.write(corpus.message(kind))
        run("openssl", "genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048",
            "-out", self.path("rsa.pem"))
        run("openssl", "genpkey", "-algorithm", "ED25519", "-out", self.path("ed25519.pem"))
        for key in ("rsa.pem", "ed25519.pem"):
            os.chmod(self.path(key), 0o600)

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, name, *command):
        socket = self.path(name + ".sock")
        log = open(self.path(name + ".log"), "w")
        process = subprocess.Popen(command, stdout=log, stderr=log)
        for _ in range(400):
            if os.path.exists(socket):
                break
            if process.poll() is not None:
                break
            time.sleep(0.05)
        if not os.path.exists(socket):
            raise SystemExit("%s did not start:\n%s" % (name, open(self.path(name + ".log")).read()))
        self.processes[name] = process

    def stop(self):
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.wait()

    def start_millrace(self, name, keys):
        entries = ", ".join('{ selector = "%s"; file = "%s"; }' % (k, self.path(k + ".pem")) for k in keys)
        with open(self.path(name + ".conf"), "w") as file:
            file.write('listen = "unix:%s"; user = "root"; log = { to = "stderr"; level = "info"; };\n'
                       'key_check = "0";\ndomains = ( { name = "example.com"; keys = ( %s ); } );\n%s'
                       % (self.path(name + ".sock"), entries, self.extra))
        self.start(name, os.path.join(BUILD, "millrace-dkim-sign"), "-c", self.path(name + ".conf"))

    def start_opendkim(self, name, key):
        with open(self.path(name + ".conf"), "w") as file:
            file.write("Mode s\nDomain example.com\nSelector %s\nKeyFile %s\nSocket local:%s\nSyslog yes\n"
                       "Canonicalization relaxed/relaxed\nUMask 000\nRequireSafeKeys false\nBackground no\n"
                       "SignatureAlgorithm %s\nOversignHeaders From\n"
                       % (key, self.path(key + ".pem"), self.path(name + ".sock"),
                          "ed25519-sha256" if key == "ed25519" else "rsa-sha256"))
        self.start(name, "opendkim", "-f", "-x", self.path(name + ".conf"))

    def start_all(self):
        self.start("null", os.path.join(BUILD, "tests/bench/null_filter"), "unix:" + self.path("null.sock"))
        self.start_millrace("ours rsa", ["rsa"])
        self.start_millrace("ours ed25519", ["ed25519"])
        self.start_millrace("ours both", ["rsa", "ed25519"])
        if shutil.which("opendkim"):
            self.start_opendkim("opendkim rsa", "rsa")
            self.start_opendkim("opendkim ed25519", "ed25519")
        else:
            print("opendkim is not installed: no comparison with it")

    def load(self, name, kind, connections, messages):
        out = run(os.path.join(BUILD, "tests/bench/loadgen"), "--socket", self.path(name + ".sock"),
                  "--message", self.path(kind + ".eml"), "--connections", str(connections),
                  "--messages", str(messages), "--pid", str(self.processes[name].pid))
        result = json.loads(out)
        expected = 2 if name == "ours both" else 1
        if result["edits"] < expected * messages:
            raise SystemExit("%s: %d edits for %d messages" % (name, result["edits"], messages))
        return result

    def raw(self, key, kind):
        size = os.path.getsize(self.path(kind + ".eml"))
        return json.loads(run(os.path.join(BUILD, "tests/bench/raw_crypto"), self.path(key + ".pem"), str(size)))
