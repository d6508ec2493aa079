import FileSystem
import Foundation
import SystemPackage

import Git

/// A folder with a git repository in it, where the real `git` and the room under test work side by side.
///
/// Neither sees the configuration of the machine or of the user. The folder goes away with the value.
final class TestRepository {
    /// The folder that holds everything.
    let folder: FilePath
    /// The root of the working tree.
    let root: FilePath
    /// The variables that git and the room run under.
    var variables: [String: String]

    /// Makes a repository with one branch, `main`, and no commit.
    init(bare: Bool = false, options: [String] = []) throws {
        let name = "git-tests-\(UUID().uuidString)"
        folder = FilePath(NSTemporaryDirectory()).appending(name)
        root = folder.appending("work")
        variables = [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin",
            "HOME": folder.string,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": folder.appending("gitconfig").string,
            "TZ": "UTC",
        ]
        try FileManager.default.createDirectory(atPath: root.string, withIntermediateDirectories: true)
        let config = """
            [user]
            name = Ada
            email = ada@example.com
            [init]
            defaultBranch = main
            [merge]
            conflictStyle = merge
            """
        try config.write(toFile: folder.appending("gitconfig").string, atomically: true, encoding: .utf8)
        try git(["init", "-q"] + options + (bare ? ["--bare"] : []))
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder.string)
    }

    /// What a program left behind.
    struct Output {
        let status: Int32
        let bytes: [UInt8]
        let errors: String
        /// The output as text, without the newline at its end.
        var text: String {
            let text = String(decoding: bytes, as: UTF8.self)
            return text.hasSuffix("\n") ? String(text.dropLast()) : text
        }
    }

    /// A command that did not end with status 0.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Runs git or another program, and returns what it says whatever its status.
    func run(
        program: String = "git", _ arguments: [String], in place: FilePath? = nil, adding more: [String: String] = [:]
    ) throws -> Output {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: (place ?? root).string)
        process.environment = variables.merging(more) { $1 }
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        let messages = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Output(
            status: process.terminationStatus, bytes: Array(bytes), errors: String(decoding: messages, as: UTF8.self))
    }

    /// Runs git, which must end with status 0, and returns its output.
    @discardableResult
    func git(_ arguments: [String], in place: FilePath? = nil, adding more: [String: String] = [:]) throws -> String {
        let output = try run(arguments, in: place, adding: more)
        guard output.status == 0 else {
            throw Failure(description: "git \(arguments) ended with \(output.status): \(output.errors)\(output.text)")
        }
        return output.text
    }

    /// Runs git with the words given.
    @discardableResult
    func git(_ words: String...) throws -> String { try git(words) }

    /// Opens the repository, as the room does.
    func open(from place: FilePath? = nil, adding more: [String: String] = [:]) throws -> Repository {
        let found = try Repository.discover(
            from: place ?? root, environment: GitEnvironment(variables.merging(more) { $1 }))
        guard let found else { throw Failure(description: "no repository was found") }
        return found
    }

    /// Writes a file of the working tree, and makes the folders above it.
    func write(_ path: RelativePath, _ text: String, in place: FilePath? = nil) throws {
        var folder = place ?? root
        if let parent = path.parent, !parent.isRoot {
            folder = self.path(parent, in: place)
            try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
        }
        let file = try FileDescriptor.open(
            self.path(path, in: place), .writeOnly, options: [.create, .truncate],
            permissions: [.ownerReadWrite, .groupRead, .otherRead])
        try file.closeAfter { _ = try file.writeAll(text.utf8) }
    }

    /// The text of a file of the working tree; `nil` if there is none.
    func read(_ path: RelativePath, in place: FilePath? = nil) throws -> String? {
        guard let file = try? FileDescriptor.open(self.path(path, in: place), .readOnly) else { return nil }
        return try file.closeAfter {
            var bytes: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 4096)
            while case let count = try buffer.withUnsafeMutableBytes({ try file.read(into: $0) }), count > 0 {
                bytes += buffer[..<count]
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    /// Writes files, commits them with git, and returns the commit.
    @discardableResult
    func commit(_ files: [String: String], _ message: String = "change") throws -> GitObjectID {
        for (path, text) in files { try write(RelativePath(path), text) }
        try git("add", "-A")
        try git("commit", "-q", "-m", message)
        return try id("HEAD")
    }

    /// The id that git resolves a revision to.
    func id(_ revision: String) throws -> GitObjectID {
        guard let id = GitObjectID(hex: try git("rev-parse", "--verify", revision)) else {
            throw Failure(description: "git gave no id for \(revision)")
        }
        return id
    }

    /// Installs an executable hook.
    func hook(_ name: String, _ script: String, in place: FilePath? = nil) throws {
        let path = (place ?? root.appending(".git/hooks")).appending(name)
        try FileManager.default.createDirectory(
            atPath: path.removingLastComponent().string, withIntermediateDirectories: true)
        try script.write(toFile: path.string, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path.string)
    }

    /// What `git status` lists.
    var status: String {
        get throws { try git("status", "--porcelain") }
    }

    private func path(_ path: RelativePath, in place: FilePath?) -> FilePath {
        let root = place ?? self.root
        return (path.bytes + [0]).map(CChar.init(bitPattern:)).withUnsafeBufferPointer {
            root.appending(FilePath(platformString: $0.baseAddress!).components)
        }
    }
}

/// Names that a file may have and that programs get wrong.
let hostileNames: [[UInt8]] = [
    Array("two words".utf8), Array("line\nbreak".utf8), [0x66, 0xff, 0xfe], Array("-leading".utf8),
    Array("back\\slash".utf8), Array("quo\"te'".utf8), Array("[a]*?".utf8), Array("über".utf8), Array(":(top)x".utf8),
    Array("!not".utf8), Array("#hash".utf8), Array(" ".utf8),
]

/// Reads a path that is known to be valid.
func path(_ text: String) throws -> RelativePath { try RelativePath(text) }

/// A person with a fixed time.
let ada = GitSignature(name: "Ada", email: "ada@example.com", seconds: 1_370_044_800, offsetMinutes: 120)
