import FileSystem
import Testing

import Git

@Suite("Sizes of files in the index")
struct FileSizeTests {
    @Test("files over the limit are found by the size that git stores, in the order of paths")
    func findsLarge() throws {
        let place = try TestRepository()
        try place.commit(["b.txt": String(repeating: "x", count: 101), "a/c.txt": String(repeating: "y", count: 200)])
        try place.write(path("small.txt"), String(repeating: "z", count: 100))
        try place.git("add", "small.txt")
        let repository = try place.open()
        let large = try repository.stagedFiles(largerThan: 100)
        #expect(large.map(\.path) == [try path("a/c.txt"), try path("b.txt")])
        #expect(large.map(\.size) == [200, 101])
        // What the working tree holds by now does not matter.
        try place.write(path("b.txt"), "")
        #expect(try repository.stagedFiles(largerThan: 100).count == 2)
        #expect(try repository.stagedFiles(largerThan: 200).isEmpty)
    }

    @Test("of changed files only, those are found that the next commit adds or changes")
    func findsChanged() throws {
        let place = try TestRepository()
        let large = String(repeating: "x", count: 500)
        try place.commit(["kept.txt": large, "changed.txt": large, "gone.txt": large])
        try place.write(path("changed.txt"), large + large)
        try place.write(path("new.txt"), large)
        try place.git("rm", "-q", "gone.txt")
        try place.git("add", "-A")
        let found = try place.open().stagedFiles(largerThan: 100, changedOnly: true)
        #expect(found.map(\.path) == [try path("changed.txt"), try path("new.txt")])
        #expect(found.map(\.size) == [1000, 500])
    }

    @Test("before the first commit every staged file is new")
    func unborn() throws {
        let place = try TestRepository()
        try place.write(path("a.txt"), "12345")
        try place.git("add", "a.txt")
        #expect(try place.open().stagedFiles(largerThan: 4, changedOnly: true).map(\.size) == [5])
    }

    @Test("a submodule has no size")
    func submodule() throws {
        let place = try TestRepository()
        let commit = try place.commit(["a.txt": "1"])
        try place.git("update-index", "--add", "--cacheinfo", "160000,\(commit),module")
        #expect(try place.open().stagedFiles(largerThan: 0).map(\.path) == [try path("a.txt")])
        #expect(try place.open().stagedFiles(largerThan: 0, changedOnly: true).isEmpty)
    }
}
