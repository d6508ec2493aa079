import FileSystem
import ObjectStore
import SystemPackage
import Testing
import Workspace

@Suite("A hostile store writes nothing outside of an artifact")
struct HostileStoreTests {
    /// A workspace in a folder where everything outside of it can be seen, with a tracked artifact `d`.
    private struct Victim {
        let test: TestWorkspace
        let workspace: Workspace
        let honest: ObjectID

        init() throws {
            test = try TestWorkspace()
            workspace = test.workspace
            try FileTree(files: ["f": "honest"]).write(to: test.path("d"))
            honest = try workspace.add([at("d")]).artifacts[0].snapshot
            try test.write("#!/bin/sh", to: ".git/hooks/pre-commit")
            try FileTree(files: ["f": "outside"]).write(to: test.path("outside"))
        }

        /// Stores objects without any check, and puts the snapshot into the lock.
        func plant(_ make: (StoreWriter) throws -> ObjectID) throws {
            let writer = try workspace.store.makeWriter()
            let id = try make(writer)
            try writer.finish()
            let text = "# vintage lock 1\n\(id) d\n"
            try test.path("vintage.lock").replaceContents(with: Array(text.utf8))
        }

        func plant(root: Node, artifact: RelativePath = at("d")) throws {
            try plant { try $0.put(Snapshot(artifact: artifact, root: root, time: 0)) }
        }

        /// Everything in the workspace's folder but the store and what belongs to Vintage.
        func surroundings() throws -> FileTree {
            var tree = try FileTree(at: test.root)
            for name in [".vintage", "vintage.lock"] { tree.remove(at(name)) }
            return tree
        }

        /// Tries all that writes, and expects each to be refused with nothing written.
        ///
        /// - Parameter mayBegin: whether the artifact's own files may have changed, since what is wrong shows late.
        func expectRefused(_ what: Comment, mayBegin: Bool = false) throws {
            func surroundings() throws -> FileTree {
                var tree = try self.surroundings()
                if mayBegin { tree.remove(at("d")) }
                return tree
            }
            for force in [false, true] {
                let before = try surroundings()
                #expect(throws: (any Error).self, what) { try workspace.checkout(force: force) }
                #expect(throws: (any Error).self, what) { try workspace.restore([at("d")]) }
                let after = try surroundings()
                #expect(after == before, what)
                // An artifact that is not there has nothing in the way.
                try test.path("d").removeAll()
            }
            try FileTree(files: ["f": "honest"]).write(to: test.path("d"))
        }
    }

    /// A file's content, stored.
    private static func file(_ text: String, _ writer: StoreWriter) throws -> Node {
        let bytes = Array(text.utf8)
        let id = try writer.put(bytes, kind: .chunk)
        return .file(FileReference(id: id, size: UInt64(bytes.count), level: 0), isExecutable: true)
    }

    private static func folder(_ entries: [(name: String, node: Node)], _ writer: StoreWriter) throws -> Node {
        let listing = TreeNode(.leaf(entries.map { TreeEntry(name: Array($0.name.utf8), node: $0.node) }))
        let id = try writer.put(listing.encoded(), kind: .tree)
        return .directory(
            TreeReference(
                id: id, level: 0, size: entries.reduce(0) { $0 + $1.node.size },
                fileCount: entries.reduce(0) { $0 + $1.node.fileCount }))
    }

    @Test(
        "a name that leads elsewhere is refused",
        arguments: [
            "..", ".", "", "a/b", "/etc", "../outside", ".git", ".GIT", ".gIt", ".vintage", ".Vintage", "a\0b",
            String(repeating: "n", count: 256),
        ])
    func names(name: String) throws {
        let victim = try Victim()
        for isDeep in [false, true] {
            try victim.plant { writer in
                let evil = try Self.folder([(name, try Self.file("evil", writer))], writer)
                let root = isDeep ? try Self.folder([("sub", evil)], writer) : evil
                return try writer.put(Snapshot(artifact: at("d"), root: root, time: 0))
            }
            try victim.expectRefused("the name \(name.debugDescription)")
            // A folder of that name, as `.git` would be.
            try victim.plant { writer in
                let inner = try Self.folder([("hooks", try Self.file("evil", writer))], writer)
                return try writer.put(
                    Snapshot(artifact: at("d"), root: try Self.folder([(name, inner)], writer), time: 0))
            }
            try victim.expectRefused("the folder \(name.debugDescription)")
        }
    }

    @Test("a name that stands for a link and for a folder at once is refused")
    func linkThenEntry() throws {
        let victim = try Victim()
        try victim.plant { writer in
            let target = Array("../outside".utf8)
            let link = Node.link(
                FileReference(id: try writer.put(target, kind: .chunk), size: UInt64(target.count), level: 0))
            let inner = try Self.folder([("f", try Self.file("evil", writer))], writer)
            return try writer.put(
                Snapshot(artifact: at("d"), root: try Self.folder([("x", link), ("x", inner)], writer), time: 0))
        }
        try victim.expectRefused("the same name twice")
    }

    @Test("a link on disk is not written through, whatever the tree says")
    func linkOnDisk() throws {
        let victim = try Victim()
        try victim.plant { writer in
            let inner = try Self.folder([("f", try Self.file("evil", writer))], writer)
            return try writer.put(
                Snapshot(artifact: at("d"), root: try Self.folder([("x", inner)], writer), time: 0))
        }
        try victim.test.path("d").removeAll()
        try victim.test.path("d").makeDirectories()
        try Directory(victim.test.path("d")).makeLink(Array("x".utf8), to: Array("../outside".utf8))
        try victim.workspace.checkout(force: true)
        #expect(try victim.test.tree("outside") == FileTree(files: ["f": "outside"]))
        #expect(try victim.test.text("d/x/f") == "evil")
        // The artifact itself as a link, and a folder above one.
        try victim.test.path("d").removeAll()
        try Directory(victim.test.root).makeLink(Array("d".utf8), to: Array("outside".utf8))
        try victim.workspace.checkout(force: true)
        #expect(try victim.test.tree("outside") == FileTree(files: ["f": "outside"]))
    }

    @Test("a folder above an artifact that is a link is not written through")
    func linkAboveArtifact() throws {
        let test = try TestWorkspace()
        try FileTree(files: ["f": "1"]).write(to: test.path("data/sub/d"))
        try test.workspace.add([at("data/sub/d")])
        try test.path("data").removeAll()
        try test.path("outside").makeDirectories()
        try Directory(test.root).makeLink(Array("data".utf8), to: Array("outside".utf8))
        #expect(throws: (any Error).self) { try test.workspace.checkout() }
        #expect(throws: (any Error).self) { try test.workspace.checkout(force: true) }
        #expect(try test.tree("outside").items == [.root: .folder])
    }

    @Test("sizes, counts and levels that cannot be are refused without running out of anything")
    func absurdNumbers() throws {
        let victim = try Victim()
        let huge = UInt64(Int64.max)
        func file(_ size: UInt64, _ level: UInt8, _ id: ObjectID) -> Node {
            .file(FileReference(id: id, size: size, level: level), isExecutable: false)
        }
        var planted = 0
        func expectRefused(_ what: Comment, _ node: (StoreWriter) throws -> Node) throws {
            try victim.plant { try $0.put(Snapshot(artifact: at("d"), root: node($0), time: Int64(planted))) }
            planted += 1
            try victim.expectRefused(what, mayBegin: true)
        }
        for (size, level) in [(huge, UInt8(0)), (huge, 1), (huge, 8), (5, 3), (4, 0), (UInt64.max, 0), (1, 200)] {
            try expectRefused("size \(size), level \(level)") { writer in
                file(size, level, try writer.put(Array("five!".utf8), kind: .chunk))
            }
            try expectRefused("size \(size), level \(level), in a folder") { writer in
                try Self.folder([("x", file(size, level, try writer.put(Array("five!".utf8), kind: .chunk)))], writer)
            }
        }
        let claims: [[UInt64]] = [[1, huge - 1], [huge - 1, 1], [1 << 62, 1 << 62], [16 << 20, 16 << 20]]
        for claims in claims {
            try expectRefused("a manifest of \(claims)") { writer in
                let chunk = try writer.put(Array("five!".utf8), kind: .chunk)
                let manifest = Manifest(level: 1, entries: claims.map { Manifest.Entry(id: chunk, size: $0) })
                let id = try writer.put(manifest.encoded(), kind: .manifest)
                return file(claims.reduce(0) { $0 &+ $1 }, 1, id)
            }
        }
        try expectRefused("a manifest of itself") { writer in
            let lower = Manifest(level: 1, entries: [Manifest.Entry(id: .empty, size: 7)])
            let id = try writer.put(lower.encoded(), kind: .manifest)
            let upper = Manifest(level: 3, entries: [Manifest.Entry(id: id, size: 7)])
            return file(7, 3, try writer.put(upper.encoded(), kind: .manifest))
        }
        try expectRefused("a listing with a level that it has not") { writer in
            guard case .directory(let tree) = try Self.folder([("x", try Self.file("x", writer))], writer) else {
                return file(0, 0, .empty)
            }
            return .directory(TreeReference(id: tree.id, level: 4, size: tree.size, fileCount: 1))
        }
        // Sums that overflow must not end the process, in any command.
        try victim.plant { writer in
            var entries: [(name: String, node: Node)] = []
            for number in 0..<4 {
                let inner = try Self.folder([("f", try Self.file("\(number)", writer))], writer)
                entries.append(
                    ("s\(number)", .directory(TreeReference(id: inner.id, level: 0, size: huge, fileCount: huge))))
            }
            let listing = TreeNode(.leaf(entries.map { TreeEntry(name: Array($0.name.utf8), node: $0.node) }))
            let id = try writer.put(listing.encoded(), kind: .tree)
            return try writer.put(
                Snapshot(
                    artifact: at("d"), root: .directory(TreeReference(id: id, level: 0, size: 7, fileCount: 1)), time: 0
                ))
        }
        for artifact in try victim.workspace.status().artifacts {
            _ = artifact.changes.oldBytes &+ artifact.changes.newBytes
        }
        for artifact in try victim.workspace.diff() { _ = artifact.oldBytes &+ artifact.newBytes }
        _ = try? victim.workspace.usage()
        _ = try? victim.workspace.add([at("d/f")])
        _ = try? victim.workspace.remove([at("d/s0")])
        #expect(try !victim.workspace.verify(readsData: true).problems.isEmpty)
    }

    @Test("a tree of very many folders, one in the other, is an error and no crash")
    func deepTree() throws {
        let victim = try Victim()
        try victim.plant { writer in
            var node = try Self.file("deep", writer)
            for _ in 0..<3000 { node = try Self.folder([("d", node)], writer) }
            return try writer.put(Snapshot(artifact: at("d"), root: node, time: 0))
        }
        do {
            try victim.workspace.checkout(force: true)
        } catch {
            #expect("\(error)".split(separator: "\n").count == 1)
        }
        try victim.test.path("d").removeAll()
        #expect(try victim.test.tree("outside") == FileTree(files: ["f": "outside"]))
    }

    @Test("a snapshot of another artifact is refused where the lock gives it to this one")
    func otherArtifact() throws {
        let victim = try Victim()
        for other in ["outside", "d/sub", "e"] {
            try victim.plant { writer in
                let root = try Self.folder([("f", try Self.file("evil", writer))], writer)
                return try writer.put(Snapshot(artifact: at(other), root: root, time: 0))
            }
            try victim.expectRefused("a snapshot of \(other)")
        }
        // By its id the version goes to its own place, and there what is not stored stays.
        let id = try #require(try victim.workspace.lock()[at("d")]).description
        try victim.test.path("vintage.lock").replaceContents(with: Array("# vintage lock 1\n\(victim.honest) d\n".utf8))
        #expect(try victim.workspace.status().artifacts[0].isClean)
        _ = try? victim.workspace.checkout(id)
        #expect(try victim.test.text("d/f") == "honest")
    }

    @Test(
        "a snapshot of a path that is no artifact's is refused",
        arguments: [
            "../outside", "/etc", ".git", "a/.git/b", ".vintage/store", "a//b", "", "vintage.lock", ".gitignore",
            "a\0b",
        ])
    func snapshotPaths(path: String) throws {
        let victim = try Victim()
        let writer = try victim.workspace.store.makeWriter()
        let root = try Self.folder([("f", try Self.file("evil", writer))], writer)
        let id = try writer.put(
            Snapshot(artifact: RelativePath(unchecked: Array(path.utf8)), root: root, time: 0))
        try writer.finish()
        let before = try victim.surroundings()
        let store = try victim.test.tree(".vintage/tags")
        #expect(throws: (any Error).self) { try victim.workspace.checkout(id.description, force: true) }
        #expect(throws: (any Error).self) { try victim.workspace.restore([at("d")], source: id.description) }
        #expect(throws: (any Error).self) { try victim.workspace.merge(id.description) }
        #expect(try victim.surroundings() == before)
        #expect(try victim.test.tree(".vintage/tags") == store)
    }

    @Test(
        "a lock that names a path outside is refused by whatever reads it",
        arguments: [
            "../outside", "/etc/passwd", "a/../../outside", ".git/hooks", "\"a\\000b\"", "a//b", "d/../e", ".VINTAGE/x",
        ])
    func lockPaths(path: String) throws {
        let victim = try Victim()
        let before = try victim.surroundings()
        try victim.test.path("vintage.lock")
            .replaceContents(with: Array("# vintage lock 1\n\(victim.honest) \(path)\n".utf8))
        #expect(throws: LockError.self) { try victim.workspace.checkout(force: true) }
        #expect(throws: LockError.self) { try victim.workspace.status() }
        #expect(throws: LockError.self) { try victim.workspace.add([at("d")]) }
        #expect(throws: LockError.self) { try victim.workspace.restore([at("d")]) }
        #expect(try victim.surroundings() == before)
    }

    @Test("a link's target with a NUL in it is refused")
    func linkTargetWithNUL() throws {
        let victim = try Victim()
        try victim.plant { writer in
            let target = Array("a\0b".utf8)
            let link = Node.link(
                FileReference(id: try writer.put(target, kind: .chunk), size: UInt64(target.count), level: 0))
            return try writer.put(Snapshot(artifact: at("d"), root: try Self.folder([("x", link)], writer), time: 0))
        }
        #expect(throws: (any Error).self) { try victim.workspace.checkout(force: true) }
        #expect(try victim.test.path("d/x").status() == nil)
    }
}
