import FileSystem
import Git
import ObjectStore
import SystemPackage
import Testing
import Workspace

@Suite("Revisions name the versions they should")
struct VersionTests {
    private static func time(_ text: String) throws -> Timestamp { try PointInTime(parsing: text).timestamp }

    private func snapshot(_ workspace: Workspace, _ revision: String) throws -> ObjectID {
        guard case .snapshot(let id, _) = try workspace.resolve(revision) else { throw WorkspaceError.misuse(revision) }
        return id
    }

    private func text(_ workspace: Workspace, _ revision: String?, _ path: String) throws -> String {
        var bytes: [UInt8] = []
        try workspace.read(revision, path: at(path)) { bytes += $0 }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Three versions of `d`, of 10 January, 1 March and 1 March in the evening.
    private func history(usesGit: Bool) throws -> (test: TestWorkspace, versions: [ObjectID]) {
        let test = try TestWorkspace(usesGit: usesGit)
        var versions: [ObjectID] = []
        for (text, date) in [
            ("one", "2013-01-10 12:00"), ("two", "2013-03-01 08:00:00 +00:00"), ("three", "2013-03-01 20:00:00 -05:00"),
        ] {
            try test.write(text, to: "d/f")
            let date = try Self.time(date)
            if versions.isEmpty || !usesGit { try test.workspace.add([at("d")], date: date) }
            if usesGit { try test.workspace.commit(message: text, date: date) }
            versions.append(try #require(try test.workspace.lock()[at("d")]))
        }
        return (test, versions)
    }

    @Test("artifact@{date} is the version that was current on that day", arguments: [true, false])
    func dates(usesGit: Bool) throws {
        let (test, versions) = try history(usesGit: usesGit)
        try #require(versions.count == 3)
        for (date, expected) in [
            ("2013-01-10", 0), ("2013-01-10 12:00", 0), ("2013-02-28", 0), ("2013-03-01 07:59:59", 0),
            ("2013-03-01 08:00", 1), ("2013-03-01 10:00+02:00", 1), ("2013-03-01 09:59:59 +02:00", 0),
            // A day without a zone is one of UTC: the third version is of 2 March there.
            ("2013-03-01", 1), ("2013-03-02 00:59:59", 1), ("2013-03-02T01:00:00Z", 2), ("2013-03-02", 2),
            ("2013-03-01 20:00 -05:00", 2), ("2030-01-01", 2),
        ] {
            #expect(try snapshot(test.workspace, "d@{\(date)}") == versions[expected], "\(date)")
            #expect(try text(test.workspace, "d@{\(date)}", "d/f") == ["one", "two", "three"][expected], "\(date)")
        }
    }

    @Test("a date before the first version is an error that names the first", arguments: [true, false])
    func tooEarly(usesGit: Bool) throws {
        let (test, _) = try history(usesGit: usesGit)
        for date in ["2013-01-09", "2013-01-10 11:59:59", "1970-01-01", "0001-01-01"] {
            do {
                _ = try test.workspace.resolve("d@{\(date)}")
                Issue.record("found a version of \(date)")
            } catch WorkspaceError.noVersion(let artifact, _, let first) {
                #expect(artifact == at("d"))
                #expect(try first?.seconds == Self.time("2013-01-10 12:00").seconds)
            }
        }
        #expect(throws: RevisionError.self) { try test.workspace.resolve("d@{2013-02-30}") }
        #expect(throws: RevisionError.self) { try test.workspace.resolve("d@{yesterday}") }
    }

    @Test("a date is looked up on HEAD's own line, not on what was merged into it")
    func datesFollowFirstParents() throws {
        let (test, versions) = try history(usesGit: true)
        let workspace = test.workspace
        let branch = try #require(try workspace.repository?.head().branchName)
        try workspace.checkout("HEAD~2")
        try workspace.checkout(newBranch: "side")
        try test.write("side", to: "d/g")
        try workspace.commit(message: "side", date: try Self.time("2013-02-01"))
        #expect(try text(workspace, "d@{2013-02-15}", "d/g") == "side")
        try workspace.checkout(branch)
        _ = try workspace.merge("side")
        #expect(try snapshot(workspace, "d@{2013-02-15}") == versions[0])
    }

    @Test("tags name versions, move only by force, and go again", arguments: [true, false])
    func tags(usesGit: Bool) throws {
        let (test, versions) = try history(usesGit: usesGit)
        let workspace = test.workspace
        #expect(try workspace.setTag(at("d"), "v1", revision: versions[0].description) == versions[0])
        #expect(try workspace.setTag(at("d"), "now") == versions[2])
        #expect(try snapshot(workspace, "d@v1") == versions[0])
        #expect(try text(workspace, "d@v1", "d/f") == "one")
        #expect(throws: WorkspaceError.tagExists(at("d"), "v1", versions[0])) { try workspace.setTag(at("d"), "v1") }
        try workspace.setTag(at("d"), "v1", force: true)
        #expect(try snapshot(workspace, "d@v1") == versions[2])
        #expect(throws: WorkspaceError.unknownTag(at("d"), "v2")) { try workspace.resolve("d@v2") }
        try workspace.removeTag(at("d"), "v1")
        #expect(throws: WorkspaceError.unknownTag(at("d"), "v1")) { try workspace.resolve("d@v1") }
        #expect(throws: StoreError.invalidTag("../x")) { try workspace.setTag(at("d"), "../x") }
        // The tag outlives the artifact.
        try workspace.remove([at("d")])
        try workspace.commit(message: "gone")
        _ = try workspace.collectGarbage(grace: .seconds(0))
        #expect(try text(workspace, "d@now", "d/f") == "three")
    }

    @Test("a snapshot is named by any prefix that no other shares", arguments: [true, false])
    func prefixes(usesGit: Bool) throws {
        let test = try TestWorkspace(usesGit: usesGit)
        let workspace = test.workspace
        try test.write("0", to: "d/f")
        var known: [String: ObjectID] = [:]
        var shared: (ObjectID, ObjectID, String)?
        for number in 0..<600 {
            let writer = try workspace.store.makeWriter()
            let id = try writer.put(
                Snapshot(artifact: at("d"), root: .file(.empty, isExecutable: false), time: Int64(number)))
            try writer.finish()
            let prefix = String(id.description.prefix(4))
            if let other = known[prefix] { shared = (id, other, prefix) }
            known[prefix] = id
            if shared != nil { break }
        }
        let (one, two, prefix) = try #require(shared, "600 ids share four digits")
        #expect(throws: WorkspaceError.ambiguousSnapshot(prefix)) { try workspace.resolve(prefix) }
        for id in [one, two] {
            var count = 5
            while one.description.prefix(count) == two.description.prefix(count) { count += 1 }
            #expect(try snapshot(workspace, String(id.description.prefix(count))) == id)
            #expect(try snapshot(workspace, id.description) == id)
        }
        for text in ["ffff0000ffff0000", "abc", "zzzz", "", String(repeating: "a", count: 64)] {
            #expect(throws: (any Error).self, "\(text)") { try workspace.resolve(text) }
        }
    }

    @Test("git revisions name the lock of their commit, and paths in it")
    func gitRevisions() throws {
        let (test, versions) = try history(usesGit: true)
        let workspace = test.workspace
        #expect(try text(workspace, "HEAD", "d/f") == "three")
        #expect(try text(workspace, "HEAD~1", "d/f") == "two")
        #expect(try text(workspace, "HEAD~2", "d/f") == "one")
        let argument = try RevisionPath(parsing: "HEAD~1:d/f")
        #expect(try text(workspace, String(decoding: argument.revision, as: UTF8.self), "\(argument.path!)") == "two")
        for (revision, version) in zip(["HEAD~2", "HEAD~1", "HEAD"], versions) {
            guard case .commit(_, let lock) = try workspace.resolve(revision) else {
                Issue.record("\(revision) is no commit")
                continue
            }
            #expect(lock[at("d")] == version)
        }
        #expect(throws: WorkspaceError.noSuchPath(at("d/g"), revision: "HEAD~1")) {
            try text(workspace, "HEAD~1", "d/g")
        }
        #expect(throws: WorkspaceError.isFolder(at("d"))) { try text(workspace, "HEAD~1", "d") }
        #expect(throws: (any Error).self) { try workspace.resolve("HEAD~9") }
        #expect(throws: (any Error).self) { try workspace.resolve("no-such-branch") }
    }

    @Test("a workspace without git refuses what needs it, in words")
    func withoutGit() throws {
        let (test, versions) = try history(usesGit: false)
        let workspace = test.workspace
        for revision in ["HEAD", "main", "HEAD~1", "@{u}"] {
            #expect(throws: (any Error).self) { try workspace.resolve(revision) }
        }
        #expect(throws: WorkspaceError.needsGit("the log of the whole workspace")) { try workspace.log() }
        #expect(try workspace.log(of: at("d")).map(\.id) == versions.reversed())
        try workspace.checkout("d@{2013-01-10}")
        #expect(try test.text("d/f") == "one")
        #expect(try workspace.lock()[at("d")] == versions[0])
        #expect(
            try workspace.diff(versions[0].description, versions[2].description).first?.changes.map(\.path) == [at("f")]
        )
        #expect(try workspace.diff(versions[1].description).first?.changes.map(\.path) == [at("f")])
    }

    @Test("an artifact whose name looks like a revision is still found")
    func oddNames() throws {
        let test = try TestWorkspace(usesGit: true)
        for name in ["a@b", "HEAD", "x@{1}", "2013-01-01", "deadbeef"] {
            try test.write(name, to: "\(name)/f")
            try test.workspace.add([at(name)])
        }
        try test.workspace.commit(message: "odd", date: try Self.time("2013-01-10"))
        try test.workspace.setTag(at("a@b"), "v1")
        #expect(try text(test.workspace, "a@b@v1", "a@b/f") == "a@b")
        #expect(try text(test.workspace, "x@{1}@{2013-01-10}", "x@{1}/f") == "x@{1}")
        #expect(try text(test.workspace, "HEAD", "HEAD/f") == "HEAD")
        #expect(try text(test.workspace, "deadbeef@{2013-02-01}", "deadbeef/f") == "deadbeef")
    }
}
