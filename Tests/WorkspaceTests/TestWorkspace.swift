import FileSystem
import Foundation
import Git
import ObjectStore
import SystemPackage
import Workspace

/// A workspace in a folder of its own, apart from the user's settings.
final class TestWorkspace {
    let scratch: ScratchFolder
    let root: FilePath
    let workspace: Workspace

    /// - Parameter chunking: other sizes than the standard ones, so that small files have large files' structure.
    init(usesGit: Bool = false, chunking: ChunkingParameters? = nil) throws {
        scratch = try ScratchFolder(isFast: true)
        root = try FilePath(scratch.url.path).resolved()
        if usesGit {
            _ = try Repository.initialize(at: root)
            let settings = root.appending(".git/config")
            let identity = "[user]\n\tname = Ada\n\temail = ada@example.org\n[core]\n\thooksPath = /dev/null\n"
            try settings.replaceContents(with: try settings.contents() + Array(identity.utf8))
        }
        if let chunking {
            let folder = root.appending(".vintage")
            try folder.makeDirectories()
            _ = try Store.create(at: folder.appending("store"), parameters: chunking)
        }
        workspace = try Workspace.initialize(at: root, usesGit: usesGit).workspace
    }

    func path(_ text: String) -> FilePath { root.appending(FilePath(text).components) }

    /// What is on disk at a path.
    func tree(_ path: RelativePath) throws -> FileTree { try FileTree(at: root.appending(path)) }

    func tree(_ path: String) throws -> FileTree { try tree(at(path)) }

    /// What a snapshot holds, read from the store file by file.
    func tree(of snapshot: ObjectID) throws -> FileTree {
        var tree = FileTree()
        try add(try workspace.store.snapshot(snapshot).root, at: .root, to: &tree)
        return tree
    }

    private func add(_ node: Node, at path: RelativePath, to tree: inout FileTree) throws {
        switch node {
        case .file(let file, let isExecutable):
            tree.items[path] = .file(try workspace.store.contents(of: file), isExecutable: isExecutable)
        case .link(let target): tree.items[path] = .link(try workspace.store.contents(of: target))
        case .directory(let listing):
            tree.items[path] = .folder
            for entry in try workspace.store.entries(of: listing) {
                try add(entry.node, at: path.appending(component: entry.name), to: &tree)
            }
        }
    }

    func write(_ text: String, to path: String) throws {
        let place = self.path(path)
        try place.removingLastComponent().makeDirectories()
        try place.remove()
        try File(creating: place).write(Array(text.utf8))
    }

    func text(_ path: String) throws -> String? {
        try self.path(path).contentsIfPresent().map { String(decoding: $0, as: UTF8.self) }
    }

    /// The files in the workspace's folders that some interrupted work left.
    func leftovers() throws -> [String] {
        let names = FileManager.default.enumerator(atPath: root.string)?.compactMap { $0 as? String } ?? []
        return names.filter { $0.contains("/" + temporaryPrefix) || $0.hasPrefix(temporaryPrefix) }
    }
}

/// A path that a test writes out, taken as it is.
func at(_ text: String) -> RelativePath { RelativePath(unchecked: Array(text.utf8)) }

extension GitHead {
    /// The branch that HEAD is on.
    var branchName: String? {
        switch self {
        case .unborn(let name), .branch(let name, _): name
        case .detached: nil
        }
    }
}
