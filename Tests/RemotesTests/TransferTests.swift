import FileSystem
import ObjectStore
import Remotes
import SystemPackage
import Testing
import Workspace

@Suite("Pushing and fetching")
struct TransferTests {
    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test("versions of random folders come back as they were, whatever was pushed before", arguments: 0..<12)
    func randomHistories(seed: Int) throws {
        var generator = SplitMix(seed: UInt64(seed))
        let project = try TestProject()
        let source = try project.workspace("a")
        let target = try project.workspace("b")
        var folder = RandomFolder()
        var versions: [ObjectID: [RelativePath: [UInt8]]] = [:]
        for _ in 0..<5 {
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                folder.edit(&generator)
                try source.record(folder.files)
                let id = try #require(try source.lock()[RelativePath("data")])
                versions[id] = try source.contents(id)
            }
            let size = UInt64(Int.random(in: 20_000...2_000_000, using: &generator))
            _ = try source.push(to: project.remote, named: "r", packSize: size)
            try checkIsWhole(try project.remote.objects)
            if Bool.random(using: &generator) {
                _ = try target.fetch(
                    from: project.remote, named: "r", .heads(branch: "main", []),
                    withHistory: Bool.random(using: &generator))
                #expect(try target.store.verify(roots: [], readsData: true).isClean)
            }
        }
        let report = try target.fetch(
            from: project.remote, named: "r", .heads(branch: "main", []), withHistory: true)
        #expect(report.snapshots.count == 1)
        for (id, contents) in versions { #expect(try target.contents(id) == contents) }
        #expect(try target.store.verify(roots: [], readsData: true).isClean)
    }

    @Test("pushing twice is pushing once")
    func idempotent() throws {
        var generator = SplitMix(seed: 1)
        let project = try TestProject()
        let workspace = try project.workspace("a")
        try workspace.record(["x": randomBytes(500_000, using: &generator)])
        #expect(try !workspace.push(to: project.remote, named: "r").isUpToDate)
        let before = try project.remote.objects
        let again = try workspace.push(to: project.remote, named: "r")
        #expect(again.isUpToDate)
        #expect(again.bytes == 0)
        #expect(try project.remote.objects == before)
    }

    @Test("a dry run says what a push sends and what a fetch receives, and does neither")
    func dryRun() throws {
        var generator = SplitMix(seed: 2)
        let project = try TestProject()
        let source = try project.workspace("a")
        try source.record(["x": randomBytes(900_000, using: &generator), "y/z": bytes("z")])
        let wouldSend = try source.push(to: project.remote, named: "r", dryRun: true)
        #expect(!project.remote.root.exists)
        let sent = try source.push(to: project.remote, named: "r")
        #expect(wouldSend.objects == sent.objects)
        #expect(wouldSend.bytes == sent.bytes)
        #expect(wouldSend.refs == sent.refs)

        let target = try project.workspace("b")
        let wouldReceive = try target.fetch(
            from: project.remote, named: "r", .heads(branch: "main", []), dryRun: true)
        #expect(!target.store.contains(wouldReceive.snapshots[0], kind: .snapshot))
        let received = try target.fetch(from: project.remote, named: "r", .heads(branch: "main", []))
        #expect(wouldReceive.bytes == received.bytes)
        #expect(received.bytes == sent.bytes)
    }

    @Test("after an edit of one part in a hundred, no more is sent than the store grew by")
    func smallEdit() throws {
        var generator = SplitMix(seed: 3)
        let project = try TestProject()
        let workspace = try project.workspace("a")
        var big = randomBytes(12_000_000, using: &generator)
        try workspace.record(["big": big])
        _ = try workspace.push(to: project.remote, named: "r")
        let before = try workspace.store.usage(of: []).packBytes
        big.replaceSubrange(4_000_000..<4_120_000, with: randomBytes(120_000, using: &generator))
        try workspace.record(["big": big])
        let grown = try workspace.store.usage(of: []).packBytes - before
        let report = try workspace.push(to: project.remote, named: "r")
        #expect(report.bytes > 0)
        #expect(Double(report.bytes) <= 1.1 * Double(grown))
    }

    @Test("without history only the version that was asked for comes, and the rest when asked for")
    func history() throws {
        var generator = SplitMix(seed: 4)
        let project = try TestProject()
        let source = try project.workspace("a")
        try source.record(["x": randomBytes(700_000, using: &generator)])
        let first = try #require(try source.lock()[RelativePath("data")])
        try source.record(["x": randomBytes(700_000, using: &generator)])
        let second = try #require(try source.lock()[RelativePath("data")])
        let sent = try source.push(to: project.remote, named: "r")

        let target = try project.workspace("b")
        let one = try target.fetch(from: project.remote, named: "r", .heads(branch: "main", []))
        #expect(target.store.contains(second, kind: .snapshot))
        #expect(!target.store.contains(first, kind: .snapshot))
        let rest = try target.fetch(from: project.remote, named: "r", .heads(branch: "main", []), withHistory: true)
        #expect(try target.contents(first) == source.contents(first))
        #expect(one.bytes + rest.bytes == sent.bytes)
    }

    @Test("tags go along, and a tag that names something else is told and left alone")
    func tags() throws {
        let project = try TestProject()
        let (source, target) = (try project.workspace("a"), try project.workspace("b"))
        let data = try RelativePath("data")
        try source.record(["x": bytes("one")])
        let first = try source.setTag(data, "first")
        try source.record(["x": bytes("two")])
        let second = try source.setTag(data, "second")
        _ = try source.push(to: project.remote, named: "r")

        try target.record(["x": bytes("other")])
        let other = try target.setTag(data, "second")
        let fetched = try target.fetch(
            from: project.remote, named: "r", .tags([RefKey(.tag, data, "first")]))
        #expect(fetched.snapshots == [first])
        #expect(fetched.tags.map(\.key.name) == ["first"])
        #expect(fetched.differingTags == [RefMove(RefKey(.tag, data, "second"), from: other, to: second)])
        #expect(try target.store.tag(artifact: data, name: "second") == other)
        #expect(throws: RemoteError.unknownRef(location: project.remote.location, "data@third")) {
            try target.fetch(from: project.remote, named: "r", .tags([RefKey(.tag, data, "third")]))
        }
    }

    @Test("a push over a version that others pushed is refused and moves nothing; with force it moves")
    func lostRace() throws {
        let project = try TestProject()
        let (one, two) = (try project.workspace("a"), try project.workspace("b"))
        let data = try RelativePath("data")
        try one.record(["x": bytes("one")])
        try two.record(["x": bytes("two")])
        let (first, second) = (try #require(try one.lock()[data]), try #require(try two.lock()[data]))
        _ = try one.push(to: project.remote, named: "r")
        let move = RefMove(RefKey(.head, data, "main"), from: first, to: second)
        #expect(throws: RemoteError.moved(location: project.remote.location, [move])) {
            try two.push(to: project.remote, named: "r")
        }
        #expect(try RefLog(remote: project.remote).read().refs == [move.key: first])
        let forced = try two.push(to: project.remote, named: "r", force: true)
        #expect(forced.refs == [move])
    }

    @Test("a version that goes back to an older one of the branch is pushed")
    func followsHistory() throws {
        let project = try TestProject()
        let workspace = try project.workspace("a")
        for text in ["one", "two", "three"] {
            try workspace.record(["x": bytes(text)])
            _ = try workspace.push(to: project.remote, named: "r")
        }
        let refs = try RefLog(remote: project.remote).read()
        #expect(refs.next == 3)
        #expect(refs.refs.values.first == (try workspace.lock()[RelativePath("data")]))
    }

    @Test("two workspaces without git follow each other, and are told when both went on")
    func pullsHeads() throws {
        let project = try TestProject()
        let (one, two) = (try project.workspace("a"), try project.workspace("b"))
        for workspace in [one, two] { try workspace.addRemote("r", url: "../remote") }
        // The settings are read when a workspace is opened.
        let (a, b) = (try Workspace.open(from: one.root), try Workspace.open(from: two.root))
        try a.record(["x": bytes("one")])
        _ = try a.push()
        let pulled = try b.pull()
        #expect(pulled.checkout.artifacts.count == 1)
        #expect(try b.root.appending("data/x").contents() == bytes("one"))
        try b.record(["x": bytes("two")])
        _ = try b.push()
        _ = try a.pull()
        #expect(try a.root.appending("data/x").contents() == bytes("two"))
        try a.record(["y": bytes("of a")])
        try b.record(["z": bytes("of b")])
        _ = try a.push()
        #expect(throws: RemoteError.self) { try b.push() }
        #expect(throws: RemoteError.self) { try b.pull() }
        let theirs = try #require(try a.lock()[RelativePath("data")])
        _ = try b.merge(theirs.description)
        _ = try b.push()
        _ = try a.pull()
        #expect(try a.root.appending("data/z").contents() == bytes("of b"))
        #expect(try a.root.appending("data/y").contents() == bytes("of a"))
    }

    @Test("a workspace whose lock names what it does not have says so, and pushes what the remote has already")
    func incomplete() throws {
        let project = try TestProject()
        let (source, other) = (try project.workspace("a"), try project.workspace("b"))
        try source.record(["x": bytes("x")])
        try other.root.appending(Lock.fileName).replaceContents(with: source.lock().encoded())
        #expect(try other.lacksData())
        #expect(throws: StoreError.self) { try other.push(to: project.remote, named: "r") }
        _ = try source.push(to: project.remote, named: "r")
        #expect(try other.push(to: project.remote, named: "r").isUpToDate)
        _ = try other.fetch(from: project.remote, named: "r")
        #expect(try !other.lacksData())
    }

    @Test("nothing to fetch from is told as such")
    func emptyRemote() throws {
        let project = try TestProject()
        let workspace = try project.workspace("a")
        #expect(throws: RemoteError.empty(location: project.remote.location)) {
            try workspace.fetch(from: project.remote, named: "r")
        }
    }
}
