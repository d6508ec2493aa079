import FileSystem
import ObjectStore
import Testing
import Workspace

@Suite("Revisions")
struct RevisionTests {
    private static func lock(_ paths: String...) throws -> Lock {
        try Lock(paths.map { Lock.Entry(path: try RelativePath($0), snapshot: .empty) })
    }

    private static func parse(_ text: String) throws -> Revision {
        try Revision(parsing: text, in: lock("data/flights", "odd@name", "main", "models/delay"))
    }

    @Test("a tag and a date of an artifact are recognised")
    func artifactForms() throws {
        let flights = try RelativePath("data/flights")
        #expect(try Self.parse("data/flights@v1.0") == .artifactTag(flights, "v1.0"))
        let day = try PointInTime(parsing: "2013-06-01")
        #expect(try Self.parse("data/flights@{2013-06-01}") == .artifactDate(flights, day))
        let moment = try PointInTime(parsing: "2013-06-01 12:00:00 +0200")
        #expect(try Self.parse("data/flights@{2013-06-01 12:00:00 +0200}") == .artifactDate(flights, moment))
    }

    @Test("the last @ counts, so an artifact's name may hold one")
    func lastAt() throws {
        let odd = try RelativePath("odd@name")
        #expect(try Self.parse("odd@name@v1") == .artifactTag(odd, "v1"))
        #expect(try Self.parse("odd@name@{2013-06-01}").self == .artifactDate(odd, PointInTime(parsing: "2013-06-01")))
        #expect(try Self.parse("odd@name") == .text("odd@name"))
    }

    @Test(
        "everything else is left to git and to the snapshots",
        arguments: [
            "HEAD", "HEAD~2", "HEAD@{1}", "develop@{yesterday}", "@{u}", "@", "@{-1}", "develop@{2013-06-01}", "v1.0",
            "2cf24dba5fb0", "data/flights", "data/other@v1", "HEAD^{/fix@home}", "", "/data/flights@v1",
            "data/flights@v1@v2",
        ])
    func others(text: String) throws {
        #expect(try Self.parse(text) == .text(text))
    }

    @Test("a branch that is an artifact's namesake is taken for the artifact")
    func namesake() throws {
        #expect(throws: RevisionError.invalidDate("main@{yesterday}", .malformed("yesterday"))) {
            try Self.parse("main@{yesterday}")
        }
    }

    @Test("what follows a known artifact must be a tag or a date")
    func errors() {
        #expect(throws: RevisionError.missingTag("data/flights@")) { try Self.parse("data/flights@") }
        let error = #expect(throws: RevisionError.self) { try Self.parse("data/flights@{2013-02-30}") }
        #expect(error?.description.contains("no day 30 in month 2 of 2013") == true)
    }

    @Test("the artifact is found by whatever the caller takes for a name")
    func resolution() throws {
        let path = try RelativePath("data/flights")
        let revision = try Revision(parsing: "./flights@v1".utf8) { $0 == Array("./flights".utf8) ? path : nil }
        #expect(revision == .artifactTag(path, "v1"))
    }

    @Test(
        "a path is split off at the first colon outside braces",
        arguments: [
            ("HEAD~1:data/x.csv", "HEAD~1", "data/x.csv"),
            ("HEAD:a:b", "HEAD", "a:b"),
            ("HEAD:", "HEAD", ""),
            ("HEAD:data/", "HEAD", "data"),
            ("data/flights@{2013-06-01T12:00:00Z}:sub/file", "data/flights@{2013-06-01T12:00:00Z}", "sub/file"),
            ("HEAD^{/fix: it}:a", "HEAD^{/fix: it}", "a"),
            ("data/a@{b:c", "data/a@{b", "c"),
            ("HEAD:a@{x:y}", "HEAD", "a@{x:y}"),
            ("a{b:c}", "a{b", "c}"),
        ])
    func split(text: String, revision: String, path: String) throws {
        let parts = try RevisionPath(parsing: text)
        #expect(String(decoding: parts.revision, as: UTF8.self) == revision)
        #expect(try parts.path == RelativePath(path))
    }

    @Test("without a colon there is no path", arguments: ["HEAD", "data/flights@{2013-06-01 12:00}", "HEAD@{1}"])
    func noPath(text: String) throws {
        let parts = try RevisionPath(parsing: text)
        #expect(parts.path == nil)
        #expect(parts.revision == Array(text.utf8))
    }

    @Test(
        "a missing revision and an invalid path are refused",
        arguments: ["", ":", ":a", "HEAD:/a", "HEAD:..", "HEAD:a//"])
    func invalidPaths(text: String) {
        #expect(throws: RevisionError.self) { try RevisionPath(parsing: text) }
    }
}
