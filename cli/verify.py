#!/usr/bin/env python3
"""Verifies a bundle of Drawbridge's evidence without Drawbridge: python3 verify.py [FOLDER] [--fingerprint SHA256]

Python 3.8 or later, and nothing else. What is checked, and how, is said in VERIFY.md beside this file.
"""
import argparse
import base64
import hashlib
import json
import pathlib
import sys
from datetime import datetime

# ECDSA on P-256 (FIPS 186-5), points in Jacobian coordinates
P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
G = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
     0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)
SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")


def double(a):
    x, y, z = a
    if not y:
        return (0, 0, 0)
    s = 4 * x * y * y % P
    m = 3 * (x - z * z) * (x + z * z) % P
    u = (m * m - 2 * s) % P
    return (u, (m * (s - u) - 8 * y**4) % P, 2 * y * z % P)


def plus(a, b):
    if not a[2]:
        return b
    if not b[2]:
        return a
    z1, z2 = a[2] * a[2] % P, b[2] * b[2] % P
    u1, u2 = a[0] * z2 % P, b[0] * z1 % P
    s1, s2 = a[1] * z2 * b[2] % P, b[1] * z1 * a[2] % P
    if u1 == u2:
        return double(a) if s1 == s2 else (0, 0, 0)
    h, r = (u2 - u1) % P, (s2 - s1) % P
    v = u1 * h * h % P
    x = (r * r - h**3 - 2 * v) % P
    return (x, (r * (v - x) - s1 * h**3) % P, h * a[2] * b[2] % P)


def signed(key, text, signature):
    def number(at):
        if signature[at] != 2:
            raise ValueError
        end = at + 2 + signature[at + 1]
        return int.from_bytes(signature[at + 2:end], "big"), end

    try:
        (r, at), s = number(2), 0
        s, end = number(at)
    except (ValueError, IndexError):
        return False
    if signature[:2] != bytes([0x30, len(signature) - 2]) or end != len(signature) or not (0 < r < N and 0 < s < N):
        return False
    w = pow(s, -1, N)
    u, v = int(hashlib.sha256(text).hexdigest(), 16) * w % N, r * w % N
    base, own, sum_ = (*G, 1), (*key, 1), (0, 0, 0)
    both = plus(base, own)
    for bit in range(255, -1, -1):
        sum_ = double(sum_)
        which = (u >> bit & 1, v >> bit & 1)
        if which != (0, 0):
            sum_ = plus(sum_, {(1, 0): base, (0, 1): own, (1, 1): both}[which])
    return bool(sum_[2]) and sum_[0] * pow(sum_[2], P - 3, P) % P % N == r


# JSON that says one thing only

class Number(str):
    """A number as it is written."""


def members(pairs):
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a member is there twice")
    return dict(pairs)


def parse(text):
    return json.loads(text, object_pairs_hook=members, parse_int=Number, parse_float=Number, parse_constant=Number)


def canonical(value):
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        # Members are sorted by the UTF-16 units of their names.
        names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(canonical(name) + ":" + canonical(value[name]) for name in names) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def sha256(text):
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def root(level):
    level = [sha256("leaf:" + canonical(leaf)) for leaf in level]
    while len(level) > 1:
        pairs = [level[i:i + 2] for i in range(0, len(level), 2)]
        level = [sha256("node:" + ":".join(pair)) if len(pair) == 2 else pair[0] for pair in pairs]
    return level[0] if level else sha256("")


def der(pem):
    return base64.b64decode("".join(line for line in pem.splitlines() if not line.startswith("-----")))


def seconds(at):
    return datetime.fromisoformat(at.replace("Z", "+00:00")).timestamp()


# Clocks may differ by a quarter of an hour, and a writer may be slow: so far back each checkpoint looks.
LATE = 2400
# Without news there is one each hour.
QUIET = 3600


def main():
    told = argparse.ArgumentParser(description="Verifies a bundle of Drawbridge's evidence.")
    told.add_argument("folder", nargs="?", default=str(pathlib.Path(__file__).parent))
    told.add_argument("--fingerprint", action="append", default=[], help="of the key, as it was written down")
    told.add_argument("--statement", type=int, metavar="N", help="only write statement.json and signature.der of checkpoint N, for openssl")
    given = told.parse_args()
    folder, found = pathlib.Path(given.folder), []
    lines = lambda name: [line for line in (folder / name).read_text("utf-8").split("\n") if line]
    checkpoints = [parse(line) for line in lines("checkpoints.jsonl")]
    if given.statement is not None:
        for one in checkpoints:
            if one["statement"]["number"] == str(given.statement):
                pathlib.Path("statement.json").write_bytes(canonical(one["statement"]).encode())
                pathlib.Path("signature.der").write_bytes(base64.b64decode(one["signature"]))
                return "written: statement.json, signature.der"
        sys.exit("there is no checkpoint %d" % given.statement)
    manifest = parse((folder / "manifest.json").read_text("utf-8"))
    start, end = manifest.get("from"), manifest["to"]
    for name, digest in manifest["files"].items():
        file = folder / pathlib.PurePath(name).name
        if not file.exists() or hashlib.sha256(file.read_bytes()).hexdigest() != digest:
            found.append("%s is not the file that the manifest tells of" % name)

    keys, prints = {}, {}
    for arn, pem in parse((folder / "keys.json").read_text("utf-8")).items():
        data = der(pem)
        if len(data) != 91 or not data.startswith(SPKI):
            sys.exit("%s is no P-256 key" % arn)
        x, y = int.from_bytes(data[27:59], "big"), int.from_bytes(data[59:], "big")
        if (y * y - x**3 + 3 * x - 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B) % P:
            sys.exit("%s is no point of P-256" % arn)
        keys[arn], prints[arn] = (x, y), hashlib.sha256(data).hexdigest()
    wanted = {one.replace(":", "").lower() for one in given.fingerprint}

    # What the checkpoints hold: the hash of each event, by its chain and place.
    held, first, before = {}, None, None
    for one in checkpoints:
        statement, number = one["statement"], "checkpoint %s: " % one["statement"]["number"]
        arn = statement["key"]
        if set(one) != {"statement", "signature", "leaves"}:
            found.append(number + "it has a member that no checkpoint has")
        if arn not in keys or not signed(keys[arn], canonical(statement).encode(), base64.b64decode(one["signature"])):
            found.append(number + "its signature is not that of its key")
            continue
        if wanted and prints[arn] not in wanted:
            found.append(number + "its key is none of which a fingerprint was given")
        if root(one["leaves"]) != statement["root"]:
            found.append(number + "its list of events is not the one that was signed")
        if before is None and start is None and statement["number"] != "1":
            found.append(number + "those before it are missing")
        if before is None and start is not None and statement["number"] != "1" and seconds(statement["since"]) + LATE >= seconds(start):
            found.append(number + "those before it that hold events of the period are missing")
        if before is not None:
            if seconds(statement["since"]) >= seconds(end) or (
                start is not None and before is first and seconds(statement["since"]) + LATE < seconds(start)
            ):
                found.append(number + "the period is not that of these checkpoints")
            if statement["log"] != before["log"]:
                found.append(number + "it is of another log")
            if int(statement["number"]) != int(before["number"]) + 1 or statement["previous"] != sha256(canonical(before)):
                found.append(number + "it does not continue the one before")
            if seconds(statement["at"]) - seconds(before["at"]) > QUIET + LATE:
                found.append(number + "for more than a hundred minutes before it there was none")
        before = statement
        first = first or statement
        for leaf in one["leaves"]:
            for index, digest in enumerate(leaf["hashes"]):
                place = (leaf["subject"], int(leaf["after"]["seq"]) + index + 1)
                if held.setdefault(place, digest) != digest:
                    found.append(number + "it saw another event %d of %s than one before it" % (place[1], place[0]))
    if before is None:
        found.append("there is no checkpoint: nothing vouches for any event")
    elif seconds(end) - seconds(before["at"]) > QUIET + LATE:
        found.append("for more than a hundred minutes before the end of the period there is no checkpoint")
    if len(checkpoints) != int(manifest["checkpoints"]):
        found.append("there are not so many checkpoints as the manifest says")

    # Every event, and its place.
    events, newer, seen = 0, 0, set()
    for line in lines("log.jsonl"):
        events += 1
        try:
            event = parse(line)
            place = (event["subject"], int(event["seq"]))
            if set(event) - {"subject", "seq", "event", "service", "account", "previous", "hash", "filedUnder"}:
                raise ValueError("a member that no event has")
            body = {name: event[name] for name in ("subject", "seq", "event", "service", "account", "previous") if name in event}
            own, at = sha256(canonical(body)), event["event"]["at"]
        except (ValueError, KeyError, TypeError) as error:
            found.append("log.jsonl, line %d, is no event: %s" % (events, error))
            continue
        if place in seen:
            found.append("%s: event %d is there more than once" % place)
        seen.add(place)
        if own != event["hash"] or held.get(place, own) != own:
            found.append("%s: event %d was edited" % place)
        elif place not in held:
            # Before the first of these checkpoints it is under an earlier one; else it must be newer than the last.
            if first and first["number"] != "1" and seconds(at) <= seconds(first["since"]) + LATE:
                continue
            newer += 1
            if before is not None and seconds(at) < seconds(before["until"]) - LATE:
                found.append("%s: event %d was inserted" % place)
    for place in held:
        if place not in seen:
            found.append("%s: event %d is missing" % place)
    if events != int(manifest["events"]):
        found.append("there are not so many events as the manifest says")

    print("Period: from %s to %s" % (start or "the log's beginning", end))
    print("Events: %d; under a checkpoint %d of the %d that the checkpoints hold; newer %d" % (events, len(seen & set(held)), len(held), newer))
    print("Checkpoints: %d, the last up to %s" % (len(checkpoints), before["until"] if before else "-"))
    for arn, digest in prints.items():
        print("Key: %s\n  SHA-256 %s" % (arn, ":".join(digest[i:i + 2] for i in range(0, 64, 2))))
    for one in found:
        print("FOUND " + one)
    sys.exit("%d findings: the log is not proved to be what was written" % len(found)) if found else None
    return "The log is what was written" + ("." if wanted else ", if the key is the right one: compare its SHA-256 with what you wrote down.")


if __name__ == "__main__":
    print(main())
