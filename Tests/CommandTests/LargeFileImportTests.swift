import FileSystem
import Foundation
import SystemPackage
import Testing

@Suite("Files taken over from git-lfs")
struct LargeFileImportTests {
    /// A repository with files of git-lfs, in a workspace.
    private func makeRepository() throws -> (folder: CommandFolder, large: [UInt8]) {
        let folder = try CommandFolder()
        var random = SplitMix(seed: 1)
        let large = random.bytes(800_000)
        try folder.run("git", "lfs", "install")
        try folder.run("git", "init", "--quiet")
        try folder.run("git", "lfs", "track", "*.bin", "*.csv")
        try folder.write("*.dat filter=lfs diff=lfs merge=lfs -text\n", to: "below/.gitattributes")
        try folder.path("large.bin").replaceContents(with: large)
        try folder.write("a,b\n", to: "table.csv")
        try folder.write("data", to: "below/two words.dat")
        try folder.write("code\n", to: "code.txt")
        try folder.run("git", "add", "--all")
        try folder.run("git", "commit", "--quiet", "-m", "git-lfs")
        try folder.run("vintage", "init")
        return (folder, large)
    }

    @Test("all files are Vintage's after the next commit, and plain git brings them back")
    func all() throws {
        let (folder, large) = try makeRepository()
        try folder.run("git", "config", "filter.vintage.process", "'\(Playground.binary)' filter-process")
        #expect(try folder.run("vintage", "import", "lfs").contains("Vintage tracks 3 files"))
        let staged = try folder.run("git", "status", "--porcelain")
        #expect(staged.split(separator: "\n").allSatisfy { $0.hasPrefix("M  ") }, "\(staged)")
        try folder.run("git", "commit", "--quiet", "-m", "Vintage")
        #expect(try folder.run("git", "status", "--porcelain").isEmpty)
        #expect(try folder.run("git", "show", "HEAD:large.bin").hasPrefix("vintage pointer 1\n"))
        #expect(try folder.run("git", "check-attr", "filter", "below/two words.dat").contains("vintage"))

        // Nothing of git-lfs is needed any more.
        try folder.path(".git/lfs").removeAll()
        for name in ["large.bin", "table.csv", "below/two words.dat"] { try folder.path(name).remove() }
        try folder.run("git", "checkout", "--quiet", ".")
        #expect(try folder.path("large.bin").contents() == large)
        #expect(try folder.text("below/two words.dat") == "data")
        try folder.run("vintage", "gc", "--grace", "0s")
        try folder.run("vintage", "fsck", "--data")
        // The commit before stays as it was.
        #expect(try folder.run("git", "show", "HEAD~1:large.bin").hasPrefix("version https://git-lfs"))
    }

    @Test("a clone without contents gets them, and changes that are not staged stay unstaged")
    func workingFiles() throws {
        let (folder, large) = try makeRepository()
        try folder.run("git", "config", "filter.vintage.process", "'\(Playground.binary)' filter-process")
        try folder.path("large.bin").replaceContents(with: Array(try folder.run("git", "show", ":large.bin").utf8))
        try folder.write("c,d\n", to: "table.csv")
        try folder.run("vintage", "import", "lfs")
        #expect(try folder.path("large.bin").contents() == large)
        #expect(try folder.text("table.csv") == "c,d\n")
        #expect(try folder.run("git", "diff", "--name-only") == "table.csv\n")
        #expect(try folder.run("vintage", "cat", ":0:table.csv") == "a,b\n")
    }

    @Test("single files get lines of their own, and the others stay with git-lfs")
    func some() throws {
        let (folder, _) = try makeRepository()
        try folder.run("git", "config", "filter.vintage.process", "'\(Playground.binary)' filter-process")
        #expect(try folder.run("vintage", "import", "lfs", "table.csv").contains("1 file"))
        #expect(try folder.run("git", "show", ":table.csv").hasPrefix("vintage pointer 1\n"))
        #expect(try folder.run("git", "check-attr", "filter", "large.bin").contains("lfs"))
        try folder.run("git", "commit", "--quiet", "-m", "one")
        #expect(try folder.run("git", "status", "--porcelain").isEmpty)
        let before = try folder.text(".gitattributes")
        let told = try folder.run("vintage", "import", "lfs", "below", expecting: 2)
        #expect(told.contains("git check-attr"))
        #expect(try folder.text(".gitattributes") == before)
    }

    @Test("a missing or damaged content is an error that names it, and changes nothing")
    func refusals() throws {
        let (folder, large) = try makeRepository()
        let pointer = try folder.run("git", "show", ":large.bin")
        let name = String(pointer.split(separator: "\n")[1].suffix(64))
        let place = folder.path(".git/lfs/objects/\(name.prefix(2))/\(name.dropFirst(2).prefix(2))/\(name)")
        try place.remove()
        let told = try folder.run("vintage", "import", "lfs", expecting: 1)
        #expect(told.contains("large.bin") && told.contains(name) && told.contains("git lfs fetch"))
        try place.replaceContents(with: Array(large.dropLast()) + [large.last! ^ 1])
        #expect(try folder.run("vintage", "import", "lfs", expecting: 1).contains("SHA-256"))
        #expect(try folder.run("git", "status", "--porcelain").isEmpty)
        try folder.run("vintage", "fsck", "--data")
        #expect(try folder.run("vintage", "import", "lfs", "code.txt", expecting: 2).contains("git lfs ls-files"))
    }
}
