import FileSystem
import ObjectStore
import Remotes
import SystemPackage
import Testing
import Workspace

@Suite("Remotes that fail and remotes that are damaged")
struct FaultTests {
    /// Three versions of a folder, in a workspace of their own.
    private func history(_ project: TestProject, seed: UInt64) throws -> (Workspace, ObjectID) {
        var generator = SplitMix(seed: seed)
        let workspace = try project.workspace("source")
        var folder = RandomFolder()
        for _ in 0..<3 {
            folder.edit(&generator, largest: 60_000)
            try workspace.record(folder.files)
        }
        return (workspace, try #require(try workspace.lock()[RelativePath("data")]))
    }

    @Test("a push that breaks off at any request leaves the remote whole, and the next one goes on")
    func brokenPushes() throws {
        let project = try TestProject()
        let (source, head) = try history(project, seed: 1)
        let whole = MemoryRemote()
        let sent = try source.push(to: whole, named: "r", packSize: 40_000)
        let creates = whole.count(.create)
        #expect(creates > 6)
        for count in 0..<creates {
            let remote = MemoryRemote()
            remote.fail(.create, after: count)
            #expect(throws: RemoteError.self) { try source.push(to: remote, named: "r", packSize: 40_000) }
            try checkIsWhole(remote.objects)
            let before = remote.objects.filter { $0.key.hasPrefix("packs/") }
            remote.fail(.create, after: nil)
            let rest = try source.push(to: remote, named: "r", packSize: 40_000)
            try checkIsWhole(remote.objects)
            // What was there was found again: no object is there twice.
            let packs = remote.objects.filter { $0.key.hasPrefix("packs/") }
            #expect(packs.keys.filter { before[$0] != nil }.count == before.count)
            let bytes = packs.values.reduce(0) { $0 + UInt64($1.count - PackFormat.header.count) }
            #expect(bytes == sent.bytes)
            #expect(rest.bytes <= sent.bytes)
            #expect(try RefLog(remote: remote).read().refs.values.contains(head))
        }
    }

    @Test("a fetch that breaks off at any request leaves the store whole, and the next one brings only the rest")
    func brokenFetches() throws {
        let project = try TestProject()
        let (source, head) = try history(project, seed: 2)
        let remote = MemoryRemote()
        let sent = try source.push(to: remote, named: "r", packSize: 40_000)
        let contents = try source.contents(head)
        var count = 0
        var breaks = 0
        while true {
            let target = try project.workspace("target\(count)")
            remote.fail(.read, after: count)
            let result = Result {
                try target.fetch(from: remote, named: "r", .heads(branch: "main", []), withHistory: true)
            }
            remote.fail(.read, after: nil)
            #expect(try target.store.verify(roots: [], readsData: true).isClean)
            if case .success(let report) = result {
                #expect(report.bytes == sent.bytes)
                break
            }
            breaks += 1
            let rest = try target.fetch(from: remote, named: "r", .heads(branch: "main", []), withHistory: true)
            #expect(rest.bytes <= sent.bytes)
            #expect(try target.contents(head) == contents)
            #expect(try target.store.verify(roots: [], readsData: true).isClean)
            count += 1
        }
        #expect(breaks > 6)
    }

    @Test("a byte changed anywhere in a remote is told as damage or does not matter, and never reaches a store")
    func damage() throws {
        let project = try TestProject()
        let (source, head) = try history(project, seed: 3)
        let whole = MemoryRemote()
        _ = try source.push(to: whole, named: "r", packSize: 40_000)
        let contents = try source.contents(head)
        let names = whole.objects.keys.sorted()
        var generator = SplitMix(seed: 4)
        var refusals = 0
        for round in 0..<300 {
            let name = names[round % names.count]
            let remote = MemoryRemote()
            remote.objects = whole.objects
            let position = Int.random(in: 0..<whole.objects[name]!.count, using: &generator)
            remote.objects[name]![position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            let target = try project.workspace("target\(round)")
            do {
                _ = try target.fetch(from: remote, named: "r", .heads(branch: "main", []), withHistory: true)
                // Only a pack's own header may differ: no record is read there.
                #expect(name.hasPrefix("packs/") && position < PackFormat.header.count)
                #expect(try target.contents(head) == contents)
            } catch let error as RemoteError {
                refusals += 1
                switch error {
                case .damaged, .unreadableFormat: break
                default: Issue.record("\(name) at \(position): \(error)")
                }
            }
            #expect(try target.store.verify(roots: [], readsData: true).isClean)
            try target.root.removeAll()
        }
        #expect(refusals > 250)
    }

    @Test("a pack that is gone or cut short stops a push, so that nothing is taken for sent that is not there")
    func lostPacks() throws {
        let project = try TestProject()
        let (source, _) = try history(project, seed: 5)
        let remote = MemoryRemote()
        _ = try source.push(to: remote, named: "r", packSize: 40_000)
        let name = try #require(remote.objects.keys.sorted().first { $0.hasPrefix("packs/") })
        let bytes = remote.objects[name]!
        remote.objects[name] = nil
        let missing = RemoteError.damaged(location: "memory", name: name, reason: "it is missing")
        #expect(throws: missing) { try source.push(to: remote, named: "r") }
        remote.objects[name] = Array(bytes.dropLast(9))
        #expect(throws: RemoteError.self) { try source.push(to: remote, named: "r") }
        remote.objects[name] = bytes
        #expect(try source.push(to: remote, named: "r").isUpToDate)
    }

    @Test("an object that is damaged in the store is not sent")
    func damagedSource() throws {
        let project = try TestProject()
        let (source, _) = try history(project, seed: 6)
        let pack = try #require(try source.store.layout.packFiles().max { $0.size < $1.size })
        let path = source.store.layout.pack(pack.id)
        var bytes = try path.contents()
        bytes[bytes.count / 2] ^= 1
        try path.remove()
        try path.replaceContents(with: bytes)
        let reopened = try Workspace.open(from: source.root)
        let remote = MemoryRemote()
        #expect(throws: (any Error).self) { try reopened.push(to: remote, named: "r") }
        try checkIsWhole(remote.objects)
        #expect(!remote.objects.keys.contains { $0.hasPrefix("refs/") })
    }

    @Test("copies of indexes that are damaged or of another remote are fetched again")
    func damagedCopies() throws {
        let project = try TestProject()
        let (source, _) = try history(project, seed: 7)
        _ = try source.push(to: project.remote, named: "r")
        #expect(try source.push(to: project.remote, named: "r").isUpToDate)
        let copies = source.root.appending(".vintage/cache/remotes")
        let id = try Array(Directory(copies).listing()[0])
        let folder = copies.appending(bytes: id).appending("indexes")
        let name = try Array(Directory(folder).listing()[0])
        let copy = folder.appending(bytes: name)
        var bytes = try copy.contents()
        bytes[bytes.count - 3] ^= 1
        try copy.remove()
        try copy.replaceContents(with: bytes)
        #expect(try source.push(to: project.remote, named: "r").isUpToDate)
        // The same place with another remote in it.
        try project.remote.root.removeAll()
        #expect(try !source.push(to: project.remote, named: "r").isUpToDate)
        try checkIsWhole(try project.remote.objects)
    }

    @Test("what nobody pushed is told to be lacking")
    func lacking() throws {
        let project = try TestProject()
        let (source, _) = try history(project, seed: 8)
        _ = try source.push(to: project.remote, named: "r")
        let id = ObjectID(of: [1, 2, 3])
        let target = try project.workspace("target")
        #expect(throws: RemoteError.lacks(location: project.remote.location, id, .snapshot)) {
            try target.fetch(from: project.remote, named: "r", .snapshots([id]))
        }
    }
}
