import FileSystem
import Foundation
import SystemPackage
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Repositories that the real git-lfs works in, with `vintage lfs-agent` to move its files.
private final class LargeFileWork {
    let folder: CommandFolder
    var random: SplitMix

    init(seed: UInt64) throws {
        folder = try CommandFolder()
        random = SplitMix(seed: seed)
        try folder.run("git", "lfs", "install", "--skip-repo")
        try folder.run("ln", "-s", Playground.binary, folder.base.appending("vintage-lfs-agent").string)
        try folder.run("vintage", "init", "--no-git", "shared")
        try folder.run("git", "init", "--quiet", "--bare", "origin.git")
    }

    /// The lines of the configuration, as `git clone -c` takes them: two, and one for a store elsewhere.
    func settings(store: String? = "shared") -> [String] {
        let agent = folder.base.appending("vintage-lfs-agent")
        let lines = ["-c", "lfs.standalonetransferagent=vintage", "-c", "lfs.customtransfer.vintage.path=\(agent)"]
        guard let store else { return lines }
        return lines + ["-c", "lfs.customtransfer.vintage.args=--store \(folder.path(store))"]
    }

    func clone(_ name: String, store: String? = "shared") throws {
        let words = ["git", "clone", "--quiet"] + settings(store: store) + [folder.path("origin.git").string, name]
        try #require(try folder.start(words).wait().status == 0)
    }

    func git(_ repository: String, _ words: String..., expecting: Int32? = 0) throws -> String {
        let (status, output) = try folder.start(["git", "-C", folder.path(repository).string] + words).wait()
        if let expecting { #expect(status == expecting, "git \(words): \(output)") }
        return output
    }

    func commit(_ repository: String, _ message: String) throws {
        _ = try git(repository, "add", "--all")
        _ = try git(repository, "commit", "--quiet", "-m", message)
    }

    func write(_ bytes: [UInt8], to path: String) throws {
        try folder.path(path).removingLastComponent().makeDirectories()
        try folder.path(path).replaceContents(with: bytes, isDurable: false)
    }

    /// The bytes of all packs of a store.
    func packed(_ workspace: String) throws -> Int {
        try folder.files("\(workspace)/.vintage/store/packs").values.reduce(0) { $0 + $1.count }
    }
}

@Suite("git-lfs with vintage lfs-agent")
struct LargeFileTests {
    @Test("files come back byte for byte in another clone, and a second version costs what changed")
    func pushAndClone() throws {
        let work = try LargeFileWork(seed: 1)
        try work.clone("a")
        _ = try work.git("a", "lfs", "track", "*.bin")
        let first = work.random.bytes(4_000_000)
        let small = work.random.bytes(900)
        try work.write(first, to: "a/large.bin")
        try work.write(small, to: "a/folder with blanks/small.bin")
        try work.commit("a", "first")
        _ = try work.git("a", "push", "--quiet", "origin", "HEAD")
        let before = try work.packed("shared")
        #expect(before > 4_000_000)

        let second = Array(first[..<1_500_000]) + Array("inserted".utf8) + Array(first[1_500_000...])
        try work.write(second, to: "a/large.bin")
        try work.commit("a", "second")
        _ = try work.git("a", "push", "--quiet", "origin", "HEAD")
        #expect(try work.packed("shared") - before < 600_000)

        try work.clone("b")
        #expect(try work.folder.path("b/large.bin").contents() == second)
        #expect(try work.folder.path("b/folder with blanks/small.bin").contents() == small)
        _ = try work.git("b", "checkout", "--quiet", "HEAD~1")
        #expect(try work.folder.path("b/large.bin").contents() == first)
        _ = try work.git("b", "lfs", "fsck")
        // The pointers are those that any git-lfs reads.
        #expect(try work.git("b", "show", "HEAD:large.bin").hasPrefix("version https://git-lfs.github.com/spec/v1\n"))
        let shared = work.folder.path("shared").string
        try work.folder.run("bash", "-c", "cd '\(shared)' && '\(Playground.binary)' fsck --data")

        // The document on the format says enough to find them.
        let reader = FilePath(#filePath).removingLastComponent().appending("../../Docs/format-example.py")
        let read = try work.folder.run("python3", reader.string, "check", "\(shared)/.vintage/store")
        #expect(read.split(separator: "\n").count { $0.hasPrefix("kept ") } == 3)
    }

    @Test("the clean-up keeps what git-lfs needs, in a workspace of its own and in a shared one")
    func cleanUp() throws {
        let work = try LargeFileWork(seed: 2)
        try work.clone("a", store: nil)
        _ = try work.folder.start([Playground.binary, "init", "a"]).wait()
        _ = try work.git("a", "lfs", "track", "*.bin")
        let contents = [work.random.bytes(700_000), work.random.bytes(2_000)]
        try work.write(contents[0], to: "a/large.bin")
        try work.write(contents[1], to: "a/small.bin")
        try work.commit("a", "first")
        _ = try work.git("a", "push", "--quiet", "origin", "HEAD")
        let vintage = "cd '\(work.folder.path("a"))' && '\(Playground.binary)'"
        try work.folder.run("bash", "-c", "\(vintage) gc --grace 0s && \(vintage) fsck --data")
        // git-lfs has to ask the store again.
        try work.folder.path("a/.git/lfs/objects").removeAll()
        try work.folder.path("a/large.bin").remove()
        try work.folder.path("a/small.bin").remove()
        _ = try work.git("a", "lfs", "pull")
        #expect(try work.folder.path("a/large.bin").contents() == contents[0])
        #expect(try work.folder.path("a/small.bin").contents() == contents[1])

        // Who lets go of the names lets go of the contents.
        let before = try work.packed("a")
        try work.folder.path("a/.vintage/store/files").removeAll()
        try work.folder.run("bash", "-c", "\(vintage) gc --grace 0s && \(vintage) fsck --data")
        #expect(try before - work.packed("a") > 700_000)
    }

    @Test("the check finds a name that is damaged, and one whose content is gone")
    func check() throws {
        let work = try LargeFileWork(seed: 3)
        try work.clone("a")
        _ = try work.git("a", "lfs", "track", "*.bin")
        try work.write(work.random.bytes(500_000), to: "a/large.bin")
        try work.commit("a", "first")
        _ = try work.git("a", "push", "--quiet", "origin", "HEAD")
        let vintage = "cd '\(work.folder.path("shared"))' && '\(Playground.binary)'"
        let names = try work.folder.files("shared/.vintage/store/files")
        let name = try #require(names.keys.first)
        let place = "shared/.vintage/store/files/\(name)"
        let text = try #require(names[name])
        try work.write(Array(text.dropLast()) + [0x21], to: place)
        #expect(try work.folder.run("bash", "-c", "\(vintage) fsck", expecting: 1).contains("checksum"))
        try work.folder.run("bash", "-c", "\(vintage) gc", expecting: 1)
        try work.write(text, to: place)
        try work.folder.run("bash", "-c", "\(vintage) fsck")

        for folder in ["packs", "indexes"] {
            try work.folder.path("shared/.vintage/store/\(folder)").removeAll()
            try work.folder.path("shared/.vintage/store/\(folder)").makeDirectories()
        }
        let oid = String(name.suffix(64))
        #expect(try work.folder.run("bash", "-c", "\(vintage) fsck", expecting: 1).contains("sha256:\(oid)"))
        // Pushing again mends it.
        _ = try work.git("a", "lfs", "push", "--all", "origin")
        try work.folder.run("bash", "-c", "\(vintage) fsck --data")
    }

    @Test("an agent that is killed loses nothing that it has said to be complete")
    func kill() throws {
        let work = try LargeFileWork(seed: 4)
        try work.folder.run("git", "init", "--quiet", "a")
        let store = work.folder.path("shared").string
        var requests: [String: String] = [:]
        for number in 0..<30 {
            let path = work.folder.path("file-\(number)")
            try path.replaceContents(with: work.random.bytes(number % 3 == 0 ? 900_000 : 20_000), isDurable: false)
            let output = try work.folder.run("sha256sum", path.string)
            let name = String(output.prefix(64))
            let size = try #require(try path.status()).size
            requests[name] = #"{"event":"upload","oid":"\#(name)","size":\#(size),"path":"\#(path)","action":null}"#
        }
        let greeting =
            #"{"event":"init","operation":"upload","remote":"origin","concurrent":true,"concurrenttransfers":3}"#
        let uploads = [greeting] + requests.values.sorted()
        try work.folder.write(uploads.joined(separator: "\n") + "\n", to: "requests")
        let agent = "exec '\(Playground.binary)' lfs-agent --store '\(store)'"
        var kills = 0
        var isKept: Set<String> = []
        // On a slow machine the first kills come before the first file.
        for round in 1...60 where kills < 8 || isKept.isEmpty {
            let running = try work.folder.start(["bash", "-c", "cd a && \(agent) <../requests"])
            usleep(UInt32.random(in: 5_000...60_000, using: &work.random) * UInt32(1 + round / 8))
            running.signal(SIGKILL)
            let (status, output) = try running.wait()
            if status == 128 + SIGKILL { kills += 1 } else { #expect(status == 0, "\(output)") }
            for line in output.split(separator: "\n").dropFirst() where line.contains(#""event":"complete""#) {
                #expect(!line.contains("error"), "\(line)")
                isKept.formUnion(requests.keys.filter { line.contains($0) })
            }
            try work.folder.run("bash", "-c", "cd shared && '\(Playground.binary)' fsck --data")
        }
        #expect(kills > 0)
        #expect(!isKept.isEmpty)
        let download = greeting.replacing("upload", with: "download")
        let asked = isKept.sorted().map { requests[$0]!.replacing("\"upload\"", with: "\"download\"") }
        try work.folder.write(([download] + asked).joined(separator: "\n") + "\n", to: "requests")
        let answers = try work.folder.run("bash", "-c", "cd a && \(agent) <../requests")
        #expect(answers.split(separator: "\n").count { $0.contains(#""path":""#) } == isKept.count, "\(answers)")
        // git-lfs takes them away; here they are looked at.
        for (name, bytes) in try work.folder.files("a/.git/lfs/tmp") {
            let original = try work.folder.run("bash", "-c", "sha256sum file-* | grep ^\(name.prefix(64))")
            let file = String(original.split(separator: " ").last ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
            #expect(try work.folder.path(file).contents() == bytes)
        }
    }

    @Test("what cannot be moved is told through git-lfs, in words that help")
    func refusals() throws {
        let work = try LargeFileWork(seed: 5)
        try work.clone("a", store: nil)
        _ = try work.git("a", "lfs", "track", "*.bin")
        try work.write(work.random.bytes(500_000), to: "a/large.bin")
        try work.commit("a", "first")
        #expect(try work.git("a", "push", "origin", "HEAD", expecting: nil).contains("vintage init"))
        #expect(try work.git("origin.git", "branch").isEmpty)

        // Without the link's name the arguments begin with the command's.
        _ = try work.git("a", "config", "lfs.customtransfer.vintage.path", Playground.binary)
        let arguments = "lfs-agent --store \(work.folder.path("shared"))"
        _ = try work.git("a", "config", "lfs.customtransfer.vintage.args", arguments)
        _ = try work.git("a", "push", "--quiet", "origin", "HEAD")
        try work.folder.path("shared/.vintage/store/files").removeAll()
        let words = ["git", "clone"] + work.settings() + [work.folder.path("origin.git").string, "b"]
        #expect(try work.folder.start(words).wait().output.contains("git lfs push --all"))

        // A file that changed since git-lfs named it.
        let agent = "cd a && '\(Playground.binary)' lfs-agent --store ../shared"
        let zeros = String(repeating: "0", count: 64)
        func ask(_ lines: String..., expecting: Int32 = 0) throws -> String {
            try work.folder.write(lines.joined(separator: "\n") + "\n", to: "requests")
            return try work.folder.run("bash", "-c", "\(agent) <../requests", expecting: expecting)
        }
        let greeting =
            #"{"event":"init","operation":"upload","remote":"origin","concurrent":true,"concurrenttransfers":3}"#
        let path = work.folder.path("a/large.bin")
        let wrong = #"{"event":"upload","oid":"\#(zeros)","size":500000,"path":"\#(path)","action":null}"#
        #expect(try ask(greeting, wrong).contains("its bytes have the SHA-256"))
        #expect(try work.folder.files("shared/.vintage/store/files").isEmpty)
        let escaping = wrong.replacing(zeros, with: "../../../../etc/passwd")
        #expect(try ask(greeting, escaping).contains("64 hexadecimal digits"))
        #expect(try ask("{", expecting: 2).contains("no JSON"))
        #expect(try ask(#"{"event":"upload"}"#, expecting: 2).contains("git-lfs"))
        #expect(try ask(greeting, #"{"event":"dance"}"#, expecting: 2).contains("dance"))
    }
}
