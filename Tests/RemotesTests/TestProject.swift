import FileSystem
import Foundation
import ObjectStore
import Remotes
import SystemPackage
import Testing
import Workspace

/// A folder with workspaces in it, which goes with the value.
final class TestProject {
    let folder: FilePath

    init() throws {
        folder = FilePath(NSTemporaryDirectory()).appending("remotes-\(UUID().uuidString)")
        try folder.makeDirectories()
    }

    deinit { try? folder.removeAll() }

    /// Makes a workspace without git.
    func workspace(_ name: String) throws -> Workspace {
        try Workspace.initialize(at: folder.appending(name), usesGit: false).workspace
    }

    /// The remote that is a folder here.
    var remote: FolderRemote { FolderRemote(folder.appending("remote")) }
}

extension Workspace {
    /// Writes files below an artifact, and adds it.
    func record(_ files: [String: [UInt8]], as artifact: String = "data") throws {
        for (name, bytes) in files {
            let path = root.appending(artifact).appending(name)
            try path.removingLastComponent().makeDirectories()
            try path.replaceContents(with: bytes, isDurable: false)
        }
        try add([RelativePath(artifact)])
    }

    /// What all files of a version hold, by their paths.
    func contents(_ snapshot: ObjectID) throws -> [RelativePath: [UInt8]] {
        var found: [RelativePath: [UInt8]] = [:]
        func visit(_ node: Node, _ path: RelativePath) throws {
            switch node {
            case .directory(let tree):
                for entry in try store.entries(of: tree) {
                    try visit(entry.node, path.appending(component: entry.name))
                }
            case .file(let file, _), .link(let file):
                var bytes: [UInt8] = []
                try store.read(file) { (piece) throws(StoreError) in bytes += piece }
                found[path] = bytes
            }
        }
        try visit(store.snapshot(snapshot).root, .root)
        return found
    }
}

/// Random bytes that compress a little.
func randomBytes(_ count: Int, using generator: inout SplitMix) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next() & 0x3f) }
}

/// Random edits of a folder of files: some new, some changed in the middle, some gone.
struct RandomFolder {
    var files: [String: [UInt8]] = [:]

    mutating func edit(_ generator: inout SplitMix, largest: Int = 300_000) {
        for _ in 0..<Int.random(in: 1...6, using: &generator) {
            let name = "d\(Int.random(in: 0...2, using: &generator))/f\(Int.random(in: 0...9, using: &generator))"
            if var bytes = files[name], !bytes.isEmpty, Bool.random(using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                bytes.insert(contentsOf: randomBytes(17, using: &generator), at: place)
                files[name] = bytes
            } else {
                let count = Int.random(in: 0...largest, using: &generator)
                files[name] = randomBytes(count, using: &generator)
            }
        }
    }
}

/// Checks what a remote promises at any moment: packs are what their names and indexes say, and whatever an object that
/// an index names needs is named too. Written apart from the code under test: it reads all, and trusts nothing.
func checkIsWhole(_ objects: [String: [UInt8]], _ location: SourceLocation = #_sourceLocation) throws {
    var found: [ObjectKey: [UInt8]] = [:]
    let scratch = FilePath(NSTemporaryDirectory()).appending("index-\(UUID().uuidString)")
    try scratch.makeDirectories()
    defer { try? scratch.removeAll() }
    for (name, bytes) in objects where name.hasPrefix("indexes/") {
        let path = scratch.appending(String(name.dropFirst(8)))
        try path.replaceContents(with: bytes, isDurable: false)
        let index = try PackIndex(path)
        #expect(index.isIntact(), sourceLocation: location)
        for position in 0..<index.count {
            let entry = try #require(index.entry(at: position), sourceLocation: location)
            let id = index.packs[Int(entry.pack)].id
            let pack = try #require(
                objects["packs/\(id.description.prefix(2))/\(id).pack"], "an index names a pack that is not there",
                sourceLocation: location)
            let end = Int(entry.offset) + Int(entry.header.recordBytes)
            let content = try pack.withUnsafeBytes { pack in
                var scratch = ReadScratch()
                let record = UnsafeRawBufferPointer(rebasing: pack[Int(entry.offset)..<end])
                return Array(try entry.header.content(ofRecord: record, &scratch))
            }
            found[entry.header.key] = content
        }
    }
    for (key, bytes) in found {
        // The level that a node is at is in its own bytes: any will do here.
        for level in UInt8(0)...8 {
            guard let links = try? ObjectLink(key, level: level).links(in: bytes) else { continue }
            for link in links {
                #expect(
                    found[link.key] != nil,
                    "the \(key.kind) \(key.id.short) needs a \(link.key.kind) that is not named",
                    sourceLocation: location)
            }
        }
    }
}

extension FolderRemote {
    /// All files that are in place, by their names.
    var objects: [String: [UInt8]] {
        get throws {
            var found: [String: [UInt8]] = [:]
            for prefix in ["packs/", "indexes/", "refs/"] {
                for object in try list(prefix) { found[object.name] = try root.appending(object.name).contents() }
            }
            return found
        }
    }
}
