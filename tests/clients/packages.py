"""Makes one package of each kind: packages.py FOLDER; prints their digests as one line of JSON."""

import base64
import hashlib
import io
import json
import pathlib
import sys
import tarfile
import zipfile

FOLDER = pathlib.Path(sys.argv[1])
WHEEL, TARBALL, CRATE = "tiny_sample-1.0.0-py3-none-any.whl", "tiny-sample-1.0.0.tgz", "tiny-sample-1.0.0.crate"


def tar(name, files):
    with tarfile.open(FOLDER / name, "w:gz") as archive:
        for path, text in files.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))


def digest(name, kind):
    return hashlib.new(kind, (FOLDER / name).read_bytes())


INFO = "tiny_sample-1.0.0.dist-info"
with zipfile.ZipFile(FOLDER / WHEEL, "w") as wheel:
    files = {
        "tiny_sample.py": "ANSWER = 42\n",
        f"{INFO}/METADATA": "Metadata-Version: 2.1\nName: tiny-sample\nVersion: 1.0.0\n",
        f"{INFO}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{INFO}/RECORD"] = "".join(f"{name},,\n" for name in [*files, f"{INFO}/RECORD"])
    for name, text in files.items():
        wheel.writestr(name, text)

tar(
    TARBALL,
    {
        "package/package.json": json.dumps({"name": "tiny-sample", "version": "1.0.0", "main": "index.js"}),
        "package/index.js": "module.exports = 42;\n",
    },
)
tar(
    CRATE,
    {
        "tiny-sample-1.0.0/Cargo.toml": '[package]\nname = "tiny-sample"\nversion = "1.0.0"\nedition = "2021"\n',
        "tiny-sample-1.0.0/src/lib.rs": "pub const ANSWER: u32 = 42;\n",
    },
)
integrity = base64.b64encode(digest(TARBALL, "sha512").digest()).decode()
print(
    json.dumps(
        {
            "wheel": digest(WHEEL, "sha256").hexdigest(),
            "tarball": f"sha512-{integrity}",
            "crate": digest(CRATE, "sha256").hexdigest(),
        }
    )
)
