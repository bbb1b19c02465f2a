#!/usr/bin/env python3
"""Verifies a receipt with PyJWT and the published keys, and that no receipt with a changed byte verifies."""

import hashlib
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import jwt

LEDGER = ("customer_id", "ended", "requested_by", "tables", "tm_due", "tm_finished", "tm_requested", "tm_started")


def verify(receipt, keys):
    header = jwt.get_unverified_header(receipt)
    assert header["typ"] == "erasure-receipt+jwt", header
    return jwt.decode(receipt, keys[header["kid"]], algorithms=["EdDSA"])


def run_example(receipt_file, keys_file):
    """Runs the Python example of docs/lifecycle.md."""
    document = pathlib.Path(__file__).parents[2] / "docs/lifecycle.md"
    _, after = document.read_text().split("```python\n")
    code, *_ = after.split("```")
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(receipt_file, pathlib.Path(folder, "erasure-receipt.jwt"))
        shutil.copy(keys_file, pathlib.Path(folder, "jwks.json"))
        ran = subprocess.run([sys.executable, "-c", code], cwd=folder, check=True, capture_output=True, text=True)
    assert "ledger_sha256" in ran.stdout, ran.stdout


def main(receipt_file, keys_file):
    run_example(receipt_file, keys_file)
    receipt = pathlib.Path(receipt_file).read_text().strip()
    keys = jwt.PyJWKSet.from_dict(json.loads(pathlib.Path(keys_file).read_text()))
    claims = verify(receipt, keys)
    # The canonical JSON of RFC 8785: sorted keys, no spaces. All texts are ASCII and all numbers integers.
    ledger = json.dumps({name: claims[name] for name in LEDGER}, sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(ledger.encode()).hexdigest() == claims["ledger_sha256"], "the hash is not that of the ledger"
    for at in range(len(receipt)):
        # The last character of a signature has four unused bits. `g` and `A` also differ in the used ones.
        changed = receipt[:at] + ("g" if receipt[at] != "g" else "A") + receipt[at + 1:]
        try:
            verify(changed, keys)
        except Exception:  # Any error: the header, the claims or the signature is not valid.
            continue
        sys.exit(f"a receipt verifies although its character {at} was changed")
    print(f"PyJWT verifies the receipt of {claims['sub']}, and none of {len(receipt)} changed ones")


main(*sys.argv[1:])
