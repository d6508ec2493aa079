import FileSystem
import Git
import ObjectStore
import TextFormats
import Workspace

// How the workspace's types are written as JSON. Keys are in snake_case and stay as they are.

extension JSONObject {
    /// An object that begins with a path.
    init(path: RelativePath) {
        self.init()
        add(path)
    }

    /// Adds a path as text; where it is no UTF-8, also its bytes in Base64 under the key with `_bytes` after it.
    mutating func add(_ path: RelativePath, as key: String = "path") {
        self[key] = .string(String(decoding: path.bytes, as: UTF8.self))
        if String(validating: path.bytes, as: UTF8.self) == nil {
            self[key + "_bytes"] = .string(base64(path.bytes))
        }
    }
}

extension JSON {
    /// An id in full, or `null`.
    init(_ id: ObjectID?) { self.init(id?.description) }

    /// An id in full, or `null`.
    init(_ id: GitObjectID?) { self.init(id?.description) }

    /// A list of objects with a path each.
    init(paths: [RelativePath]) { self.init(paths) { .object(JSONObject(path: $0)) } }

    /// Where HEAD stands, or `null` without git.
    init(_ head: GitHead?) {
        guard let head else {
            self = .null
            return
        }
        var object = JSONObject()
        switch head {
        case .unborn(let branch), .branch(let branch, _): object["branch"] = .string(branch)
        case .detached: object["branch"] = .null
        }
        object["commit"] = JSON(head.commit)
        self = .object(object)
    }

    /// What stands at a path, or `null`.
    init(_ node: Node?) {
        guard let node else {
            self = .null
            return
        }
        var object = JSONObject()
        object.add(node)
        self = .object(object)
    }

    /// What an artifact's snapshot was and is.
    init(_ change: LockChange) {
        var object = JSONObject(path: change.path)
        object["kind"] = .string(change.kind)
        object["old"] = JSON(change.old)
        object["new"] = JSON(change.new)
        self = .object(object)
    }

    /// The changes of an artifact.
    init(_ changes: ArtifactChanges) {
        var object = JSONObject()
        object.add(changes.artifact, as: "artifact")
        object["old_snapshot"] = JSON(changes.oldSnapshot)
        object["new_snapshot"] = JSON(changes.newSnapshot)
        object["new_bytes"] = JSON(changes.newBytes)
        object["old_bytes"] = JSON(changes.oldBytes)
        object["changes"] = JSON(changes: changes)
        self = .object(object)
    }

    /// Each change of an artifact.
    init(changes: ArtifactChanges) {
        self.init(changes.changes) { change in
            var object = JSONObject(path: changes.artifact.appending(change.path))
            switch change.kind {
            case .added: object["kind"] = .string("added")
            case .removed: object["kind"] = .string("removed")
            case .modified: object["kind"] = .string("modified")
            case .renamed(let from):
                object["kind"] = .string("renamed")
                object.add(changes.artifact.appending(from), as: "old_path")
            }
            object["old"] = JSON(change.old)
            object["new"] = JSON(change.new)
            return .object(object)
        }
    }

    /// What `add` or `commit` did with an artifact.
    init(_ artifact: AddedArtifact) {
        var object = JSONObject(path: artifact.path)
        let kind = artifact.isChanged ? artifact.previous == nil ? "added" : "modified" : "unchanged"
        object["kind"] = .string(kind)
        object["previous"] = JSON(artifact.previous)
        object["snapshot"] = JSON(artifact.snapshot)
        object["files"] = JSON(artifact.root.fileCount)
        object["size"] = JSON(artifact.root.size)
        self = .object(object)
    }

    /// By how much the store grew.
    init(_ stored: StoreWriter.Statistics) {
        var object = JSONObject()
        object["objects"] = JSON(stored.objects)
        object["raw_bytes"] = JSON(stored.rawBytes)
        object["stored_bytes"] = JSON(stored.storedBytes)
        self = .object(object)
    }

    /// A git commit.
    init(_ commit: GitCommit, changes: [LockChange]) {
        var object = JSONObject()
        object["commit"] = JSON(commit.id)
        object["parents"] = JSON(commit.parents) { JSON($0) }
        object["author"] = .string("\(commit.author.name) <\(commit.author.email)>")
        object["time"] = .string(commit.author.timestamp.iso8601)
        object["message"] = .string(commit.message)
        object["changes"] = JSON(changes) { JSON($0) }
        self = .object(object)
    }

    /// A snapshot.
    init(_ id: ObjectID, _ snapshot: Snapshot, tags: [String]) {
        var object = JSONObject()
        object["snapshot"] = JSON(id)
        object.add(snapshot.artifact, as: "artifact")
        object["time"] = .string(snapshot.timestamp.iso8601)
        object["author"] = .string(snapshot.provenance.author)
        object["message"] = .string(snapshot.provenance.message)
        object["command"] = .string(snapshot.provenance.command)
        object["code_commit"] = JSON(snapshot.provenance.codeCommit.isEmpty ? nil : snapshot.provenance.codeCommit)
        object["parents"] = JSON(snapshot.parents) { JSON($0) }
        object["inputs"] = JSON(snapshot.inputs) { input in
            var object = JSONObject()
            object.add(input.artifact, as: "artifact")
            object["snapshot"] = JSON(input.snapshot)
            return .object(object)
        }
        var parameters = JSONObject()
        for (name, value) in snapshot.provenance.parameters.sorted(by: { $0.key < $1.key }) {
            parameters[name] = .string(value)
        }
        object["parameters"] = .object(parameters)
        object["tags"] = JSON(tags) { .string($0) }
        object["root"] = JSON(snapshot.root)
        self = .object(object)
    }

    /// What was done to working files.
    init(_ report: CheckoutReport) {
        var object = JSONObject()
        object["head"] = JSON(report.head)
        object["artifacts"] = JSON(report.artifacts) { JSON($0) }
        object["kept"] = JSON(paths: report.kept)
        self = .object(object)
    }
}

extension JSONObject {
    /// Adds what stands at a path: its type, size and id.
    mutating func add(_ node: Node) {
        self["type"] = .string(node.typeName)
        self["size"] = JSON(node.size)
        self["files"] = JSON(node.fileCount)
        self["id"] = JSON(node.id)
        if case .file(_, let isExecutable) = node { self["executable"] = .bool(isExecutable) }
    }
}

extension Node {
    /// What it is: `file`, `link` or `folder`.
    var typeName: String {
        switch self {
        case .file: "file"
        case .link: "link"
        case .directory: "folder"
        }
    }
}

extension LockChange {
    /// What happened to the artifact: `added`, `removed` or `modified`.
    var kind: String { old == nil ? "added" : new == nil ? "removed" : "modified" }
}

extension GitSignature {
    /// When, and in which offset from UTC.
    var timestamp: Timestamp { Timestamp(seconds: seconds, offsetMinutes: offsetMinutes) }
}

extension Snapshot {
    /// When it was made, and in which offset from UTC.
    var timestamp: Timestamp { Timestamp(seconds: time, offsetMinutes: Int(offsetMinutes)) }
}
