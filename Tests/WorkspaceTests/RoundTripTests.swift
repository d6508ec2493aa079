import FileSystem
import ObjectStore
import SystemPackage
import Testing
import Workspace

@Suite("What is added comes back as it was")
struct RoundTripTests {
    @Test("random trees of hostile names come back byte for byte", arguments: 0..<4)
    func randomTrees(part: Int) throws {
        let chunking = try ChunkingParameters(minimum: 64, average: 256, maximum: 1024)
        let test = try TestWorkspace(chunking: part % 2 == 0 ? chunking : nil)
        let workspace = test.workspace
        for seed in 0..<60 {
            var generator = HostileTreeGenerator(seed: UInt64(part * 1000 + seed))
            let tree = generator.tree()
            let artifact = RelativePath(unchecked: Array("t\(seed)-".utf8) + generator.name().prefix(200))
            let place = test.root.appending(artifact)
            try tree.write(to: place)
            try #require(try FileTree(at: place) == tree, "the file system took the tree")
            let added = try workspace.add([artifact]).artifacts[0]
            #expect(try test.tree(of: added.snapshot) == tree, "stored, part \(part), seed \(seed)")
            #expect(try workspace.status([artifact]).artifacts[0].isClean)
            try place.removeAll()
            try workspace.checkout(paths: [artifact])
            let found = try FileTree(at: place)
            #expect(found == tree, "checked out, part \(part), seed \(seed)")
            #expect(try workspace.status([artifact]).artifacts[0].isClean)
        }
        #expect(try test.leftovers().isEmpty)
        #expect(try workspace.verify(readsData: true).problems.isEmpty)
    }

    @Test("one version becomes another, whatever stood where", arguments: 0..<4)
    func randomTransitions(part: Int) throws {
        let test = try TestWorkspace()
        let workspace = test.workspace
        var random = SplitMix(seed: UInt64(part))
        // Few names, so that a file meets a folder or a link of its name.
        let names = ["a", "b", "c"].map { Array($0.utf8) }
        func tree(_ depth: Int) -> FileTree {
            var tree = FileTree()
            func fill(_ folder: RelativePath, _ depth: Int) {
                tree[folder] = .folder
                for name in names where UInt8.random(in: 0..<4, using: &random) > 0 {
                    let path = folder.appending(component: name)
                    switch UInt8.random(in: 0..<6, using: &random) {
                    case 0: tree[path] = .link(Array(["a", "../b", "/etc", "c/a"].randomElement(using: &random)!.utf8))
                    case 1...3 where depth > 0: fill(path, depth - 1)
                    default:
                        let text = "content \(UInt8.random(in: 0..<6, using: &random))"
                        tree[path] = .file(Array(text.utf8), isExecutable: Bool.random(using: &random))
                    }
                }
            }
            fill(.root, depth)
            return tree
        }
        var versions: [(id: ObjectID, tree: FileTree)] = []
        for _ in 0..<25 {
            let tree = tree(2)
            try tree.write(to: test.path("d"))
            versions.append((try workspace.add([at("d")]).artifacts[0].snapshot, tree))
        }
        for step in 0..<100 {
            let version = versions.randomElement(using: &random)!
            try workspace.checkout(version.id.description)
            #expect(try test.tree("d") == version.tree, "part \(part), step \(step)")
            #expect(try workspace.status().artifacts[0].isClean)
        }
        #expect(try test.leftovers().isEmpty)
    }

    @Test("a file of 64 MB comes back, with a list of chunks of several levels")
    func largeFile() throws {
        let test = try TestWorkspace(chunking: try ChunkingParameters(minimum: 256, average: 1024, maximum: 4096))
        var random = SplitMix(seed: 64)
        let block = (0..<(1 << 17)).map { _ in random.next() }
        let place = test.path("big.bin")
        do {
            let file = try File(creating: place)
            for round in 0..<64 {
                var bytes = block.withUnsafeBytes { Array($0) }
                for position in stride(from: round, to: bytes.count, by: 3000) { bytes[position] &+= UInt8(round) }
                try file.write(bytes)
            }
            try file.write([1, 2, 3])
        }
        let before = ObjectID(of: try place.contents())
        let added = try test.workspace.add([at("big.bin")]).artifacts[0]
        guard case .file(let content, _) = added.root else {
            Issue.record("not a file")
            return
        }
        #expect(content.level >= 2)
        #expect(content.size == 64 << 20 | 3)
        try place.remove()
        try test.workspace.checkout()
        #expect(ObjectID(of: try place.contents()) == before)
        var middle: [UInt8] = []
        try test.workspace.read(nil, path: at("big.bin"), range: 40_000_000..<40_000_100) { middle += $0 }
        #expect(middle == Array(try place.contents()[40_000_000..<40_000_100]))
    }

    @Test("a folder that is read through a link in the workspace is not left through links inside it")
    func linksAreNotFollowed() throws {
        let test = try TestWorkspace()
        try test.path("outside").makeDirectories()
        try test.write("secret", to: "outside/f")
        try test.path("d").makeDirectories()
        try Directory(test.path("d")).makeLink(Array("out".utf8), to: Array("../outside".utf8))
        let added = try test.workspace.add([at("d")]).artifacts[0]
        #expect(try test.tree(of: added.snapshot).items[at("out")] == .link(Array("../outside".utf8)))
        #expect(added.root.fileCount == 1)
    }
}
