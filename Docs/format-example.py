#!/usr/bin/env python3
"""Reads a Vintage store by Docs/format.md alone: a second implementation of the reading side, to prove the document.

    format-example.py check STORE                  read and verify all of a store, and print its objects
    format-example.py extract STORE SNAPSHOT DIR   verify, then write a snapshot's files below a new folder
    format-example.py dissect STORE                print each file of a small store byte by byte, as Markdown
    format-example.py document FILE DIR            rebuild the store that a document dissects in a new folder

Python's standard library is all it needs, and the command `zstd` where a store holds compressed objects. The exit
status is 1 if anything is not as the document says, with one line that tells what.
"""
import hashlib
import os
import re
import struct
import subprocess
import sys

CHUNK, MANIFEST, TREE, SNAPSHOT = range(4)
KINDS = ["chunk", "manifest", "tree", "snapshot"]
RAW, ZSTD = range(2)
LARGEST_OBJECT = 16 << 20
NODE_MINIMUM, NODE_MAXIMUM = 64, 1024
HIGHEST_LEVEL = 8
MASK = (1 << 64) - 1


class Refused(Exception):
    """What is read is not as the document says."""


def require(condition, reason):
    if not condition:
        raise Refused(reason)


def sha256(data):
    return hashlib.sha256(data).digest()


# ---- encoding -------------------------------------------------------------------------------------------------------


class Reader:
    """Takes fields from the front of bytes and notes where each one stood."""

    def __init__(self, data):
        self.data, self.position, self.fields = data, 0, []

    def take(self, count, meaning):
        require(len(self.data) - self.position >= count, "it ends too early")
        start, self.position = self.position, self.position + count
        field = self.data[start : self.position]
        self.fields.append((start, field, meaning))
        return field

    def expect(self, text, meaning):
        require(self.take(len(text), meaning) == text, "it does not start as its kind does")

    def byte(self, meaning, names={}):
        value = self.take(1, meaning)[0]
        self.fields[-1] = (*self.fields[-1][:2], f"{meaning}: {names.get(value, value)}")
        return value

    def number(self, meaning):
        value = shift = 0
        start = self.position
        while True:
            require(self.position < len(self.data), "it ends too early")
            byte = self.data[self.position]
            self.position += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        require(value <= MASK, "a number is too large")
        require(byte != 0 or shift == 7, "a number is not in its shortest form")
        self.fields.append((start, self.data[start : self.position], f"{meaning}: {value}"))
        return value

    def signed(self, meaning):
        value = self.number(meaning)
        value = (value >> 1) ^ -(value & 1)
        self.fields[-1] = (*self.fields[-1][:2], f"{meaning}: {value}")
        return value

    def count(self, meaning):
        value = self.number(meaning)
        require(value <= len(self.data) - self.position, "a count exceeds the object")
        return value

    def counted(self, meaning):
        count = self.count(f"length of {meaning}")
        return self.take(count, meaning) if count else b""

    def text(self, meaning):
        return self.counted(meaning).decode("utf-8", errors="strict")

    def id(self, meaning):
        return self.take(32, meaning)

    def end(self):
        require(self.position == len(self.data), "bytes follow its end")


# ---- objects --------------------------------------------------------------------------------------------------------


def check_name(name):
    require(1 <= len(name) <= 255, "a name is empty or too long")
    require(b"/" not in name and b"\0" not in name, "a name holds a slash or NUL")
    require(name not in (b".", b".."), "a name is '.' or '..'")
    lowered = bytes(byte | 0x20 if 0x41 <= byte <= 0x5A else byte for byte in name)
    require(lowered not in (b".git", b".vintage"), "a name belongs to the repository itself")


def check_path(path):
    if path:
        for component in path.split(b"/"):
            check_name(component)


def read_node(reader):
    """A content: what an entry of a listing, or a snapshot, stands for."""
    names = {1: "a file", 2: "an executable file", 3: "a link", 4: "a folder"}
    kind = reader.byte("content", names)
    require(1 <= kind <= 4, "an entry has no known kind")
    level = reader.byte("level")
    require(level <= HIGHEST_LEVEL, "a level is out of range")
    size = reader.number("size")
    require(size < 1 << 63 and (level or kind == 4 or size <= LARGEST_OBJECT), "a size is out of range")
    if kind == 3:
        require(level == 0 and size > 0, "a link's target is out of range")
    files = reader.number("files and links below") if kind == 4 else 1
    require(files < 1 << 63, "a count of files is out of range")
    return {"kind": kind, "level": level, "size": size, "files": files, "id": reader.id("its id")}


def read_manifest(reader):
    reader.expect(b"vintage manifest 1\n", "what it is")
    level = reader.byte("level")
    require(1 <= level <= HIGHEST_LEVEL, "its level is out of range")
    count = reader.count("entries")
    require(1 <= count <= NODE_MAXIMUM, "it has too few or many entries")
    entries = []
    for _ in range(count):
        entry = (reader.id("id"), reader.number("size"))
        require(0 < entry[1] and (level > 1 or entry[1] <= LARGEST_OBJECT), "a size is out of range")
        entries.append(entry)
    require(sum(size for _, size in entries) < 1 << 63, "its sizes are out of range")
    reader.end()
    return level, entries


def read_tree(reader):
    """A node of a listing: its level, and the names with what they stand for, or with the ids of lower nodes."""
    reader.expect(b"vintage tree 1\n", "what it is")
    level = reader.byte("level")
    require(level <= HIGHEST_LEVEL, "its level is out of range")
    count = reader.count("entries")
    require(count <= NODE_MAXIMUM and (level == 0 or count > 0), "it has too few or many entries")
    entries = []
    for _ in range(count):
        name = reader.counted("name")
        check_name(name)
        require(not entries or entries[-1][0] < name, "its names are not in order")
        entries.append((name, read_node(reader) if level == 0 else reader.id("id of a lower node")))
    reader.end()
    return level, entries


def read_snapshot(reader):
    reader.expect(b"vintage snapshot 1\n", "what it is")
    snapshot = {"artifact": reader.counted("artifact")}
    check_path(snapshot["artifact"])
    snapshot["root"] = read_node(reader)
    snapshot["time"] = reader.signed("time")
    snapshot["offset"] = reader.signed("time zone in minutes")
    require(abs(snapshot["offset"]) < 100 * 60, "its time zone is out of range")
    snapshot["parents"] = [reader.id("parent") for _ in range(reader.count("parents"))]
    snapshot["inputs"] = []
    for _ in range(reader.count("inputs")):
        path = reader.counted("artifact")
        check_path(path)
        snapshot["inputs"].append((path, reader.id("snapshot")))
    for name in ["author", "message", "command", "code commit"]:
        snapshot[name] = reader.text(name)
    parameters = []
    for _ in range(reader.count("parameters")):
        parameters.append((reader.text("name"), reader.text("value")))
    names = [name.encode() for name, _ in parameters]
    require(all(a < b for a, b in zip(names, names[1:])), "its parameters are not in order")
    snapshot["parameters"] = dict(parameters)
    reader.end()
    return snapshot


READERS = {MANIFEST: read_manifest, TREE: read_tree, SNAPSHOT: read_snapshot}


# ---- where chunks and nodes end -------------------------------------------------------------------------------------

GEAR = [int.from_bytes(sha256(b"vintage gear " + bytes([byte]))[:8], "big") for byte in range(256)]


def cuts(data, minimum, average, maximum):
    """The lengths of the chunks of a file."""
    bits = average.bit_length() - 1
    early, late = 1 << (64 - bits - 2), 1 << (64 - bits + 2)
    start = 0
    while start < len(data):
        end = min(len(data), start + maximum)
        length = end - start
        hash = 0
        for position in range(start + minimum - 64, end):
            hash = (hash << 1) + GEAR[data[position]] & MASK
            reached = position + 1 - start
            if reached >= minimum and hash < (early if reached < average else late):
                length = reached
                break
        yield length
        start += length


def manifest_ends(entry):
    return entry[0][7] & 0x7F == 0


def listing_ends(name):
    hash = 0xCBF29CE484222325
    for byte in name:
        hash = (hash ^ byte) * 0x100000001B3 & MASK
    return (hash * 0x9E3779B97F4A7C15 & MASK) >> 57 == 0


def split(items, ends):
    """Groups a level's items into nodes."""
    groups, group = [], []
    for item in items:
        group.append(item)
        if len(group) == NODE_MAXIMUM or (len(group) >= NODE_MINIMUM and ends(item)):
            groups.append(group)
            group = []
    return groups + [group] if group else groups


# ---- the store ------------------------------------------------------------------------------------------------------


def read_checked_text(path):
    """The lines of a text whose last line is the checksum of those before."""
    with open(path, "rb") as file:
        data = file.read()
    text, mark, checksum = data.rpartition(b"checksum ")
    require(mark and checksum == sha256(text).hex().encode() + b"\n", f"{path}: its checksum does not match")
    return text.decode().split("\n")[:-1]


def decompress(frames):
    """The content of zstd frames that stand one behind the other."""
    return subprocess.run(["zstd", "-dcq"], input=frames, stdout=subprocess.PIPE, check=True).stdout if frames else b""


class Pack:
    """A pack, read and verified as a whole: its records by offset, each with the object it holds."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = file.read()
        require(sha256(self.data).hex() + ".pack" == os.path.basename(path), f"{path}: its hash is not its name")
        require(self.data[:16] == b"vintage pack 1\n\0", f"{path}: it does not start as a pack does")
        self.records, position, frames = {}, 16, []
        while position < len(self.data):
            require(len(self.data) - position >= 44, f"{path}: bytes follow its last record")
            kind, encoding, zero, raw, stored = struct.unpack_from("<BBHII", self.data, position)
            id = self.data[position + 12 : position + 44]
            payload = self.data[position + 44 : position + 44 + stored]
            require(kind <= SNAPSHOT and encoding <= ZSTD and zero == 0, f"{path}: byte {position} begins no record")
            require(max(raw, stored) <= LARGEST_OBJECT and len(payload) == stored, f"{path}: a length is out of range")
            require(encoding == ZSTD or raw == stored, f"{path}: a raw record states two lengths")
            self.records[position] = [kind, encoding, raw, stored, id, payload]
            if encoding == ZSTD:
                frames.append(self.records[position])
            position += 44 + stored
        content, start = decompress(b"".join(record[5] for record in frames)), 0
        for record in frames:
            record[5] = content[start : start + record[2]]
            start += record[2]
        for kind, _, _, _, id, content in self.records.values():
            require(sha256(content) == id, f"{KINDS[kind]} {id.hex()}: its bytes do not have its hash")


def read_index(path):
    """The packs of an index, and its entries: id, kind, encoding, pack, offset, stored and raw length."""
    with open(path, "rb") as file:
        data = file.read()
    require(sha256(data).hex() + ".index" == os.path.basename(path), f"{path}: its hash is not its name")
    magic, pack_count, zero, count = struct.unpack_from("<16sIIQ", data)
    require(magic == b"vintage index 1\n" and zero == 0, f"{path}: it is no index")
    require(len(data) == 1056 + pack_count * 40 + count * 52, f"{path}: its size does not match its counts")
    fanout = struct.unpack_from("<256I", data, 32)
    packs = [struct.unpack_from("<32sQ", data, 1056 + number * 40) for number in range(pack_count)]
    ids = 1056 + pack_count * 40
    entries = []
    for number in range(count):
        id = data[ids + number * 32 : ids + number * 32 + 32]
        pack, offset, stored, raw, kind, encoding, zero = struct.unpack_from(
            "<IIIIBBH", data, ids + count * 32 + number * 20
        )
        require(pack < pack_count and zero == 0, f"{path}: an entry is malformed")
        entries.append((id, kind, encoding, pack, offset, stored, raw))
    keys = [entry[:2] for entry in entries]
    require(all(a < b for a, b in zip(keys, keys[1:])), f"{path}: its entries are not in order")
    for first in range(256):
        require(fanout[first] == sum(id[0] <= first for id, _ in keys), f"{path}: its fan-out table is wrong")
    return packs, entries


def unquote(text):
    """The bytes of a path that was written on one line."""
    if not text.startswith('"'):
        return text.encode()
    require(len(text) > 1 and text.endswith('"'), "a quoted path does not end")
    escapes = {"n": b"\n", "t": b"\t", "r": b"\r", '"': b'"', "\\": b"\\"}
    result = b""
    for literal, octal, letter in re.findall(r'([^\\]+)|\\(?:([0-3][0-7]{2})|(.))', text[1:-1], re.DOTALL):
        result += literal.encode() if literal else bytes([int(octal, 8)]) if octal else escapes[letter]
    return result


def percent_encode(data):
    plain = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+"
    name = ""
    for position, byte in enumerate(data):
        name += chr(byte) if byte in plain and (position, byte) != (0, 0x2E) else f"%{byte:02X}"
    return name or "%"


class Store:
    def __init__(self, path):
        self.path = path
        lines = read_checked_text(os.path.join(path, "format"))
        require(lines[0] == "vintage store 1" and len(lines) == 2, "the store is not of version 1")
        words = lines[1].split(" ")
        require(words[:2] == ["chunking", "fastcdc"] and len(words) == 5, "its chunking parameters are damaged")
        self.chunking = tuple(int(word) for word in words[2:])
        self.objects = {}
        packs = self.read_packs()
        self.read_indexes(packs)
        self.tags = self.read_tags()
        self.kept = self.read_kept_files()

    def files(self, folder, ending):
        for base, _, names in sorted(os.walk(os.path.join(self.path, folder))):
            for name in sorted(names):
                if name.endswith(ending):
                    yield os.path.join(base, name)

    def read_packs(self):
        packs = {}
        for path in self.files("packs", ".pack"):
            name = os.path.basename(path)
            require(os.path.basename(os.path.dirname(path)) == name[:2], f"{path}: it is in the wrong folder")
            packs[bytes.fromhex(name[:64])] = Pack(path)
        return packs

    def read_indexes(self, packs):
        """Finds each object by the indexes alone, and checks them against the packs."""
        for path in self.files("indexes", ".index"):
            index_packs, entries = read_index(path)
            for id, size in index_packs:
                require(id in packs and len(packs[id].data) == size, f"{path}: a pack is missing or of another size")
            for id, kind, encoding, number, offset, stored, raw in entries:
                pack = index_packs[number][0]
                record = packs[pack].records.get(offset)
                require(
                    record is not None and record[:5] == [kind, encoding, raw, stored, id],
                    f"{path}: an entry names what is not there",
                )
                self.objects[id, kind] = record[5]

    def read_tags(self):
        tags, root = {}, os.path.join(self.path, "tags")
        for folder in sorted(os.listdir(root)):
            if folder.startswith("."):
                continue
            for name in sorted(os.listdir(os.path.join(root, folder))):
                if name.startswith("."):
                    continue
                lines = read_checked_text(os.path.join(root, folder, name))
                require(lines[0] == "vintage tag 1" and len(lines) == 3, f"{folder}/{name}: it is no tag")
                artifact = unquote(lines[1])
                encoded = percent_encode(artifact)
                expected = encoded if len(encoded) <= 255 else "%%" + sha256(artifact).hex()
                require(folder == expected, f"{folder}/{name}: it stands where another tag belongs")
                tags[artifact, re.sub("%(..)", lambda match: chr(int(match[1], 16)), name)] = bytes.fromhex(lines[2])
        return tags

    def read_kept_files(self):
        """Where the content is of each file that is kept by the hash of all its bytes."""
        kept = {}
        for path in self.files("files", ""):
            name = os.path.basename(path)
            require(os.path.basename(os.path.dirname(path)) == name[:2], f"{path}: it is in the wrong folder")
            lines = read_checked_text(path)
            require(lines[:2] == ["vintage file 1", "sha256 " + name], f"{path}: it is no kept file of this name")
            words = [line.split(" ") for line in lines[2:]]
            require([word[0] for word in words] == ["id", "size", "level"], f"{path}: it is no kept file")
            id, size, level = (word[1] for word in words)
            node = {"kind": 1, "id": bytes.fromhex(id), "size": int(size), "level": int(level)}
            require(str(node["size"]) == size and str(node["level"]) == level, f"{path}: a number has leading zeros")
            kept[bytes.fromhex(name)] = node
        return kept

    def get(self, id, kind):
        require((id, kind) in self.objects, f"the {KINDS[kind]} {id.hex()} is missing")
        data = self.objects[id, kind]
        return READERS[kind](Reader(data)) if kind in READERS else data

    # ---- contents ----

    def manifest_levels(self, node):
        """The entries of each level of a file's manifest, from the root's single one down to the chunks."""
        levels = [[(node["id"], node["size"])]]
        for level in range(node["level"], 0, -1):
            below, groups = [], []
            for id, size in levels[-1]:
                found, entries = self.get(id, MANIFEST)
                require(found == level, f"the manifest {id.hex()} has another level than it is named with")
                require(sum(size for _, size in entries) == size, f"the manifest {id.hex()} does not add up")
                groups.append(entries)
                below += entries
            require(groups == split(below, manifest_ends), "a manifest's nodes end elsewhere than they should")
            levels.append(below)
        require(all(len(level) > 1 for level in levels[1:]), "a manifest has more levels than it needs")
        return levels

    def content(self, node):
        """A file's bytes, or a link's target."""
        if node["size"] == 0:
            require(node["level"] == 0 and node["id"] == sha256(b""), "an empty file has an unknown id")
            return b""
        chunks = self.manifest_levels(node)[-1]
        data = b""
        for id, size in chunks:
            chunk = self.get(id, CHUNK)
            require(len(chunk) == size, f"the chunk {id.hex()} has another length than it is named with")
            data += chunk
        if node["kind"] != 3:
            require([size for _, size in chunks] == list(cuts(data, *self.chunking)), "a file is cut elsewhere")
        return data

    def entries(self, node):
        """The entries of a folder."""
        level = [node["id"]]
        for number in range(node["level"], -1, -1):
            groups = []
            for id in level:
                found, entries = self.get(id, TREE)
                require(found == number, f"the listing {id.hex()} has another level than it is named with")
                groups.append(entries)
            below = [entry for group in groups for entry in group]
            if below:
                require(groups == split(below, lambda entry: listing_ends(entry[0])), "a listing's nodes end elsewhere")
            if number:
                require(len(below) > 1, "a listing has more levels than it needs")
                for (name, _), id in zip(below, (id for _, id in below)):
                    require(self.get(id, TREE)[1][0][0] == name, "a child's first name is not its own")
            level = [entry[1] for entry in below]
        names = [name for name, _ in below]
        require(all(a < b for a, b in zip(names, names[1:])), "a listing's nodes are not in order")
        return below

    def walk(self, node, path=b""):
        """Each path of a tree with its node and, but for folders, its content; a folder before what is in it."""
        if node["kind"] != 4:
            yield path, node, self.content(node)
            return
        yield path, node, None
        size = files = 0
        for name, child in self.entries(node):
            size, files = size + child["size"], files + child["files"]
            yield from self.walk(child, path + b"/" + name if path else name)
        require((size, files) == (node["size"], node["files"]), "a folder's sums are wrong")


# ---- commands -------------------------------------------------------------------------------------------------------


def check(path):
    store = Store(path)
    print("chunking", *store.chunking)
    for (id, kind), data in sorted(store.objects.items(), key=lambda item: (item[0][1], item[0][0])):
        print(KINDS[kind], id.hex(), len(data))
        if kind in READERS:
            store.get(id, kind)
    for (artifact, name), id in store.tags.items():
        require((id, SNAPSHOT) in store.objects, f"the tag {name} names no snapshot of this store")
        print("tag", repr(artifact), name, id.hex())
    for hash, node in sorted(store.kept.items()):
        require(sha256(store.content(node)) == hash, f"the kept file {hash.hex()} has other bytes than its name")
        print("kept", hash.hex(), node["size"])
    for id, kind in sorted(store.objects):
        if kind == SNAPSHOT:
            snapshot = store.get(id, SNAPSHOT)
            print("content of", id.hex(), repr(snapshot["artifact"]))
            for name, node, _ in store.walk(snapshot["root"]):
                print("   ", ["file", "executable", "link", "folder"][node["kind"] - 1], node["size"], repr(name))


def extract(path, snapshot, folder):
    store = Store(path)
    os.mkdir(folder)
    root = os.fsencode(os.path.join(folder, "root"))
    for name, node, content in store.walk(store.get(bytes.fromhex(snapshot), SNAPSHOT)["root"]):
        place = os.path.join(root, name) if name else root
        if node["kind"] == 4:
            os.mkdir(place)
        elif node["kind"] == 3:
            os.symlink(content, place)
        else:
            with open(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, [0, 0o644, 0o755][node["kind"]]), "wb") as file:
                file.write(content)


def dissect_pack(data):
    yield 0, data[:16], "what it is"
    position = 16
    while position < len(data):
        kind, encoding, _, raw, stored = struct.unpack_from("<BBHII", data, position)
        yield position, data[position : position + 4], f"a record: {KINDS[kind]}, {['raw', 'zstd'][encoding]}, 0, 0"
        yield position + 4, data[position + 4 : position + 8], f"{raw} bytes raw"
        yield position + 8, data[position + 8 : position + 12], f"{stored} bytes stored"
        yield position + 12, data[position + 12 : position + 44], "id"
        position += 44
        payload = data[position : position + stored]
        if encoding == RAW and kind in READERS:
            reader = Reader(payload)
            READERS[kind](reader)
            for start, field, meaning in reader.fields:
                yield position + start, field, meaning
        else:
            yield position, payload, "its bytes" if encoding == RAW else "a zstd frame"
        position += stored


def dissect_index(data):
    packs, count = struct.unpack_from("<I4xQ", data, 16)
    yield 0, data[:16], "what it is"
    yield 16, data[16:24], f"{packs} pack, and 4 zero bytes"
    yield 24, data[24:32], f"{count} entries"
    start = 0
    for first in range(1, 257):
        if first == 256 or data[32 + first * 4 : 36 + first * 4] != data[32 + start * 4 : 36 + start * 4]:
            many = data[32 + start * 4 : 32 + first * 4]
            yield 32 + start * 4, many, f"ids that begin with {first - 1:02x} or less"
            start = first
    position = 1056
    for _ in range(packs):
        yield position, data[position : position + 32], "a pack's id"
        yield position + 32, data[position + 32 : position + 40], "its size"
        position += 40
    for _ in range(count):
        yield position, data[position : position + 32], "id"
        position += 32
    for number in range(count):
        pack, offset, stored, raw = struct.unpack_from("<4I", data, position)
        yield position, data[position : position + 16], f"pack {pack}, offset {offset:#x}, {stored} stored, {raw} raw"
        kind, encoding = KINDS[data[position + 16]], ["raw", "zstd"][data[position + 17]]
        yield position + 16, data[position + 16 : position + 20], f"{kind}, {encoding}, 0, 0"
        position += 20


def dissect(path):
    for base, folders, names in os.walk(path):
        folders.sort()
        for name in sorted(names):
            place = os.path.join(base, name)
            with open(place, "rb") as file:
                data = file.read()
            if not data:
                continue
            print(f"\n`{os.path.relpath(place, path)}`, {len(data)} bytes:\n")
            if name.endswith((".pack", ".index")):
                print(f"```hex {os.path.relpath(place, path)}")
                for start, field, meaning in (dissect_pack if name.endswith(".pack") else dissect_index)(data):
                    print_field(start, field, meaning)
            else:
                print(f"```text {os.path.relpath(place, path)}")
                print(data.decode(), end="")
            print("```")


def print_field(start, field, meaning):
    """One field, sixteen bytes a line, text beside it where it is some; equal words as one and their number."""
    if len(field) > 32 and field == field[:4] * (len(field) // 4):
        print(f"{start:04x}  {field[:4].hex(' ')}  ×{len(field) // 4}".ljust(56) + meaning)
        return
    text = field.rstrip(b"\n\0")
    is_text = len(text) > 1 and len(field) - len(text) <= 2 and all(0x20 <= byte < 0x7F for byte in text)
    for line in range(0, len(field), 16):
        part = field[line : line + 16]
        shown = [meaning] if line == 0 else []
        if is_text:
            shown.append(ascii(part.decode()))
        print(f"{start + line:04x}  {part.hex(' ')}".ljust(56) + "  ".join(shown) if shown else f"{start + line:04x}  {part.hex(' ')}")


def document(path, folder):
    """Rebuilds the files that a document shows in blocks named `hex PATH` and `text PATH`."""
    with open(path, encoding="utf-8") as file:
        blocks = re.findall(r"^```(hex|text) (\S+)\n(.*?)^```$", file.read(), re.DOTALL | re.MULTILINE)
    require(blocks, f"{path}: it shows no store")
    for kind, name, body in blocks:
        data = body.encode() if kind == "text" else b""
        for line in body.splitlines() if kind == "hex" else []:
            match = re.match(r"([0-9a-f]{4,})  ((?:[0-9a-f]{2} )*[0-9a-f]{2})(?:  ×(\d+))?(?:\s|$)", line)
            require(match and int(match[1], 16) == len(data), f"{name}: a line is not where it says: {line}")
            data += bytes.fromhex(match[2]) * int(match[3] or 1)
        place = os.path.join(folder, name)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "wb") as file:
            file.write(data)
    os.makedirs(os.path.join(folder, "tags"), exist_ok=True)


COMMANDS = {"check": (check, 1), "extract": (extract, 3), "dissect": (dissect, 1), "document": (document, 2)}


def main(arguments):
    command, count = COMMANDS.get(arguments[0] if arguments else "", (None, 0))
    if command is None or len(arguments) != count + 1:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        command(*arguments[1:])
    except Refused as reason:
        print(f"format-example: {reason}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
