import FileSystem
import Foundation
import SystemPackage
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Whether file systems can be mounted here, which takes root and Linux.
let canMount: Bool = {
    #if os(Linux)
        guard geteuid() == 0, let probe = try? MountedFolder(megabytes: 1) else { return false }
        return withExtendedLifetime(probe) { true }
    #else
        return false
    #endif
}()

/// A file system in memory with a size of its own, gone when it is let go.
final class MountedFolder {
    let path: FilePath
    private var mounts: [String] = []

    init(megabytes: Int) throws {
        path = FilePath(
            "\(NSTemporaryDirectory())/vintage-mount-\(UUID().uuidString)".replacingOccurrences(of: "//", with: "/"))
        try path.makeDirectories()
        try call(["mount", "-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", path.string])
        mounts.append(path.string)
    }

    deinit {
        for mount in mounts.reversed() { try? call(["umount", "-l", mount]) }
        try? FileManager.default.removeItem(atPath: path.string)
    }

    /// Shows a folder of it read-only.
    func makeReadOnly(_ folder: FilePath) throws {
        try call(["mount", "--bind", folder.string, folder.string])
        mounts.append(folder.string)
        try call(["mount", "-o", "remount,ro,bind", folder.string])
    }

    func makeWritable(_ folder: FilePath) throws {
        try call(["umount", "-l", folder.string])
        mounts.removeAll { $0 == folder.string }
    }

    private func call(_ words: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Errno.notPermitted }
    }
}

@Suite("When the environment fails, the command says so and nothing is lost")
struct EnvironmentFailureTests {
    /// Expects one line of error and exit status 3.
    private func expectFailure(_ folder: CommandFolder, _ words: [String], says part: String? = nil) throws {
        let (status, output) = try folder.vintage(words).wait()
        #expect(status == 3, "\(words): \(output)")
        let lines = output.split(separator: "\n").filter { $0.hasPrefix("vintage: ") }
        #expect(lines.count == 1 && output.split(separator: "\n").last == lines.last, "\(words): \(output)")
        if let part { #expect(output.contains(part), "\(words): \(output)") }
    }

    @Test("a full disk while adding", .enabled(if: canMount))
    func fullDiskWhileAdding() throws {
        let mount = try MountedFolder(megabytes: 12)
        let folder = try CommandFolder(at: mount.path.appending("work"))
        var random = SplitMix(seed: 3)
        try folder.run("vintage", "init")
        try folder.write("small", to: "d/f")
        try folder.run("vintage", "add", "d")
        try folder.run("vintage", "commit", "-m", "small")
        let lock = try folder.text("vintage.lock")
        try folder.path("d/large").replaceContents(with: random.bytes(7 << 20))
        for command in [["add", "d"], ["commit", "-m", "large"], ["add", "d"]] {
            try expectFailure(folder, command, says: "free some space")
            #expect(try folder.text("vintage.lock") == lock)
            try folder.run("vintage", "fsck", "--data")
            #expect(try folder.run("vintage", "cat", "HEAD:d/f") == "small")
            #expect(try folder.run("vintage", "status", "--json").contains("d/large"))
        }
        try folder.path("d/large").remove()
        try folder.write("other", to: "d/f")
        try folder.run("vintage", "commit", "-m", "other")
        #expect(try folder.run("vintage", "cat", "HEAD~1:d/f") == "small")
        try folder.run("vintage", "fsck", "--data")
        try folder.run("git", "fsck")
    }

    @Test("a full disk while checking out tears no file, and the checkout can be done again", .enabled(if: canMount))
    func fullDiskWhileCheckingOut() throws {
        let mount = try MountedFolder(megabytes: 24)
        let folder = try CommandFolder(at: mount.path.appending("work"))
        var random = SplitMix(seed: 4)
        try folder.run("vintage", "init")
        var versions: [[String: [UInt8]]] = []
        for size in [10_000, 300_000] {
            for number in 0..<20 {
                try folder.path("d").makeDirectories();
                try folder.path("d/\(number)").replaceContents(with: random.bytes(size), isDurable: false)
            }
            versions.append(try folder.files("d"))
            try folder.run("vintage", "add", "d")
            try folder.run("vintage", "commit", "-m", "\(size)")
        }
        try folder.run("vintage", "checkout", "HEAD~1")
        // Little room is left.
        var filler = 0
        while let file = try? File(creating: mount.path.appending("filler-\(filler)")),
            (try? file.write([UInt8](repeating: 1, count: 1 << 20))) != nil
        {
            filler += 1
        }
        for number in 0..<3 { try mount.path.appending("filler-\(filler - 1 - number)").remove() }
        try expectFailure(folder, ["checkout", "main"], says: "free some space")
        for (name, bytes) in try folder.files("d") {
            #expect(versions.contains { $0[name] == bytes }, "torn: \(name)")
        }
        for number in 0...filler { try mount.path.appending("filler-\(number)").remove() }
        try folder.run("vintage", "fsck", "--data")
        try folder.run("vintage", "checkout", "main")
        #expect(try folder.files("d") == versions[1])
        #expect(try folder.leftovers().isEmpty)
        try folder.run("vintage", "checkout", "HEAD~1")
        #expect(try folder.files("d") == versions[0])
    }

    @Test("a workspace that is mounted read-only can be read, checked and not changed", .enabled(if: canMount))
    func readOnlyWorkspace() throws {
        let mount = try MountedFolder(megabytes: 12)
        let folder = try CommandFolder(at: mount.path.appending("work"))
        try folder.run("vintage", "init")
        for text in ["one", "two"] {
            try folder.write(text, to: "d/f")
            try folder.run("vintage", "add", "d")
            try folder.run("vintage", "commit", "-m", text)
        }
        try folder.write("three", to: "d/f")
        try mount.makeReadOnly(folder.root)
        #expect(try folder.run("vintage", "cat", "HEAD~1:d/f") == "one")
        #expect(try folder.run("vintage", "status", "--json").contains("d/f"))
        try folder.run("vintage", "ls", "HEAD:d")
        try folder.run("vintage", "log")
        try folder.run("vintage", "diff", "HEAD~1", "HEAD")
        try folder.run("vintage", "fsck", "--data")
        try folder.run("vintage", "du")
        for words in [
            ["add", "d"], ["commit", "-m", "three"], ["checkout", "--force", "HEAD~1"], ["restore", "d"], ["gc"],
            ["undo"],
            ["tag", "d@v1"], ["rm", "--force", "d"], ["mv", "d", "e"],
        ] {
            try expectFailure(folder, words)
        }
        #expect(try folder.text("d/f") == "three")
        try mount.makeWritable(folder.root)
        try folder.run("vintage", "commit", "-m", "three")
        #expect(try folder.run("vintage", "cat", "HEAD:d/f") == "three")
        try folder.run("vintage", "fsck", "--data")
    }

    @Test("a folder that cannot be written stops a checkout with the other files whole", .enabled(if: canMount))
    func unwritableFolder() throws {
        let mount = try MountedFolder(megabytes: 12)
        let folder = try CommandFolder(at: mount.path.appending("work"))
        try folder.run("vintage", "init")
        for text in ["one", "two"] {
            for name in ["d/a", "d/locked/b", "d/z"] { try folder.write(text, to: name) }
            try folder.run("vintage", "add", "d")
            try folder.run("vintage", "commit", "-m", text)
        }
        try mount.makeReadOnly(folder.path("d/locked"))
        try expectFailure(folder, ["checkout", "HEAD~1"], says: "read-only")
        #expect(try folder.text("d/locked/b") == "two")
        for name in ["d/a", "d/z"] { #expect(["one", "two"].contains(try folder.text(name))) }
        try folder.run("vintage", "fsck", "--data")
        try mount.makeWritable(folder.path("d/locked"))
        // The checkout is done again, or taken back.
        try folder.run("vintage", "undo")
        for name in ["d/a", "d/locked/b", "d/z"] { #expect(try folder.text(name) == "two") }
        try folder.run("vintage", "checkout", "HEAD~1")
        for name in ["d/a", "d/locked/b", "d/z"] { #expect(try folder.text(name) == "one") }
        #expect(try folder.leftovers().isEmpty)
    }

    @Test("a limit on the size of files is an error, as a full disk is")
    func fileSizeLimit() throws {
        let folder = try CommandFolder()
        var random = SplitMix(seed: 5)
        try folder.run("vintage", "init")
        try folder.write("small", to: "d/f")
        try folder.run("vintage", "add", "d")
        let lock = try folder.text("vintage.lock")
        try folder.path("d/large").replaceContents(with: random.bytes(3 << 20))
        // In blocks of 512 bytes, or of 1024 in some shells.
        let limited = try folder.start(["sh", "-c", "ulimit -f 1000; exec \"$0\" add d", Playground.binary]).wait()
        #expect(limited.status == 3, "\(limited.output)")
        #expect(limited.output.split(separator: "\n").count == 1, "\(limited.output)")
        #expect(try folder.text("vintage.lock") == lock)
        try folder.run("vintage", "fsck", "--data")
        try folder.run("vintage", "add", "d")
        #expect(try folder.text("vintage.lock") != lock)
    }

    @Test("a file that may not be read is named, and nothing of the folder is stored", .enabled(if: geteuid() != 0))
    func unreadableFile() throws {
        let folder = try CommandFolder()
        try folder.run("vintage", "init")
        try folder.write("secret", to: "d/f")
        chmod(folder.path("d/f").string, 0)
        try expectFailure(folder, ["add", "d"], says: "d/f")
        chmod(folder.path("d/f").string, 0o644)
        try folder.run("vintage", "add", "d")
    }
}
