import FileSystem
import Git
import SystemPackage
import Testing

import Workspace

/// What hooks do after git has written another `vintage.lock`.
@Suite("Following the lock")
struct FollowingTests {
    /// A workspace with two versions of two artifacts, and the texts of both locks. It is at the second.
    private struct History {
        let place: TestWorkspace
        let first: [UInt8]
        let second: [UInt8]
        let firstCommit: GitObjectID
        let secondCommit: GitObjectID

        init() throws {
            let place = try TestWorkspace(usesGit: true)
            try place.write("one", to: "data/a.csv")
            try place.write("same", to: "data/b.csv")
            try place.write("old", to: "model.bin")
            try place.workspace.add([at("data"), at("model.bin")])
            let firstCommit = try place.workspace.commit(message: "first").commit
            first = try place.path("vintage.lock").contents()
            try place.write("two", to: "data/a.csv")
            try place.write("fresh", to: "extra.csv")
            try place.workspace.add([at("extra.csv")])
            let secondCommit = try place.workspace.commit(message: "second").commit
            second = try place.path("vintage.lock").contents()
            self.firstCommit = try #require(firstCommit)
            self.secondCommit = try #require(secondCommit)
            self.place = place
        }

        /// Does as git would that brings the first commit's files.
        func moveLockBack() throws { try place.path("vintage.lock").replaceContents(with: first) }
    }

    @Test("data is brought to the lock, and what the lock names no more is taken away")
    func brings() throws {
        let history = try History()
        try history.moveLockBack()
        let report = try history.place.workspace.followLock(from: history.secondCommit)
        #expect(report.checkout.artifacts.map(\.artifact) == [at("extra.csv"), at("data")])
        #expect(report.unstored.isEmpty && report.absent.isEmpty && !report.isBusy)
        #expect(try history.place.text("data/a.csv") == "one")
        #expect(try history.place.text("extra.csv") == nil)
        #expect(try history.place.workspace.status().artifacts.allSatisfy(\.isClean))
    }

    @Test("where nothing moved nothing is done, whatever the working files hold")
    func nothingToDo() throws {
        let history = try History()
        try history.place.write("mine", to: "data/a.csv")
        let report = try history.place.workspace.followLock(from: history.firstCommit)
        #expect(report.checkout.artifacts.isEmpty && report.unstored.isEmpty)
        #expect(try history.place.text("data/a.csv") == "mine")
    }

    @Test("without the commit before, what the lock names no more stays")
    func unknownPrevious() throws {
        let history = try History()
        try history.moveLockBack()
        _ = try history.place.workspace.followLock()
        #expect(try history.place.text("data/a.csv") == "one")
        #expect(try history.place.text("extra.csv") == "fresh")
    }

    @Test("changes that are stored nowhere keep their artifact, and no other")
    func keepsUnstored() throws {
        let history = try History()
        try history.place.write("mine", to: "data/a.csv")
        try history.place.write("mine too", to: "extra.csv")
        try history.place.path("model.bin").remove()
        try history.moveLockBack()
        let report = try history.place.workspace.followLock(from: history.secondCommit)
        #expect(report.unstored == [at("extra.csv"), at("data")])
        #expect(try history.place.text("data/a.csv") == "mine")
        #expect(try history.place.text("extra.csv") == "mine too")
    }

    @Test("a changed file stays where both versions hold the same there")
    func keepsUnrelatedChange() throws {
        let history = try History()
        try history.place.write("mine", to: "data/b.csv")
        try history.moveLockBack()
        let report = try history.place.workspace.followLock(from: history.secondCommit)
        #expect(report.checkout.kept == [at("data/b.csv")])
        #expect(try history.place.text("data/a.csv") == "one")
        #expect(try history.place.text("data/b.csv") == "mine")
    }

    @Test("an artifact whose snapshot is not in the store stays as it is, and the others are brought")
    func absent() throws {
        let history = try History()
        let strange = String(decoding: history.first, as: UTF8.self).split(separator: "\n").map { line in
            line.hasSuffix(" model.bin") ? "\(String(repeating: "0", count: 64)) model.bin" : String(line)
        }
        try history.place.path("vintage.lock")
            .replaceContents(with: Array((strange.joined(separator: "\n") + "\n").utf8))
        let report = try history.place.workspace.followLock(from: history.secondCommit)
        #expect(report.absent == [at("model.bin")])
        #expect(try history.place.text("model.bin") == "old")
        #expect(try history.place.text("data/a.csv") == "one")
    }

    @Test("a file that git keeps by now is not taken away")
    func takenOverByGit() throws {
        let history = try History()
        try history.moveLockBack()
        try history.place.workspace.repository?.stage([at("extra.csv")])
        _ = try history.place.workspace.followLock(from: history.secondCommit)
        #expect(try history.place.text("extra.csv") == "fresh")
    }

    @Test("another process at work is not waited for")
    func busy() throws {
        let history = try History()
        try history.moveLockBack()
        let lock = try File(openingOrCreating: history.place.path(".vintage/lock"))
        #expect(try lock.lock(exclusively: true, waits: false))
        let report = try withExtendedLifetime(lock) {
            try history.place.workspace.followLock(from: history.secondCommit)
        }
        #expect(report.isBusy)
        #expect(try history.place.text("data/a.csv") == "two")
    }

    @Test("undo brings back what the working files held")
    func undone() throws {
        let history = try History()
        try history.moveLockBack()
        _ = try history.place.workspace.followLock(from: history.secondCommit, command: "git hook post-checkout")
        #expect(try history.place.workspace.undo().operation.command == "git hook post-checkout")
        #expect(try history.place.text("data/a.csv") == "two")
        #expect(try history.place.text("extra.csv") == "fresh")
    }

    @Test("a lock that cannot be read is an error, and nothing is touched")
    func unreadable() throws {
        let history = try History()
        try history.place.path("vintage.lock").replaceContents(with: Array("# vintage lock 1\n<<<<<<< HEAD\n".utf8))
        #expect(throws: LockError.isConflicted(line: 2)) { try history.place.workspace.followLock() }
        #expect(try history.place.text("data/a.csv") == "two")
    }
}
