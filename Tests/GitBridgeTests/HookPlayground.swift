import FileSystem
import Foundation
import SystemPackage

import Git
import GitBridge
import Workspace

/// A git repository in a temporary folder, whose hooks are looked at and run. The folder goes away with the value.
final class HookPlayground {
    /// The folder that holds everything.
    let folder: FilePath
    /// The root of the working tree.
    let root: FilePath
    /// Where hooks are.
    let hookFolder: FilePath

    /// The hooks that settings name.
    static var settingNames: [String] { ConfigurationKey.hookNames }

    /// Makes a repository.
    ///
    /// - Parameter movesHooks: whether `core.hooksPath` names another folder.
    init(movesHooks: Bool = false) throws {
        // A space, since scripts trip over it.
        folder = FilePath(NSTemporaryDirectory()).appending("vintage hooks \(UUID().uuidString)")
        root = folder.appending("work")
        hookFolder = root.appending(movesHooks ? "tools/hooks" : ".git/hooks")
        try root.makeDirectories()
        try git("init", "-q", "-b", "main")
        try root.appending(".git/hooks").removeAll()
        try hookFolder.makeDirectories()
        for (key, value) in [("user.name", "Ada"), ("user.email", "ada@example.com")] { try git("config", key, value) }
        if movesHooks { try git("config", "core.hooksPath", "tools/hooks") }
    }

    deinit { try? folder.removeAll() }

    func repository() throws -> Repository {
        guard let found = try Repository.discover(from: root) else { throw GitError.notARepository(root) }
        return found
    }

    func hook(_ name: String) -> FilePath { hookFolder.appending(name) }

    /// Writes a hook.
    func write(_ name: String, _ text: String, mode: Int) throws {
        try place(text, at: hook(name))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: hook(name).string)
    }

    /// Writes a script by another process: a child that a test beside this one starts could hold a file open that this
    /// process writes, and nobody can run it meanwhile.
    private func place(_ text: String, at path: FilePath) throws {
        let source = folder.appending("text")
        try source.replaceContents(with: Array(text.utf8), isDurable: false)
        let copy = try Process.run(URL(filePath: "/bin/cp"), arguments: [source.string, path.string])
        copy.waitUntilExit()
        guard copy.terminationStatus == 0 else { throw GitError.failed(operation: "cp", message: "\(path)") }
    }

    struct Entry: Equatable {
        let name: String
        let mode: Int
        let modified: Date?
        let contents: [UInt8]
        let link: String?
    }

    /// All there is to know of the folder of hooks.
    func listing() throws -> [Entry] {
        try FileManager.default.contentsOfDirectory(atPath: hookFolder.string).sorted().map { name in
            let path = hook(name)
            let attributes = try FileManager.default.attributesOfItem(atPath: path.string)
            return Entry(
                name: name, mode: (attributes[.posixPermissions] as? Int) ?? -1,
                modified: attributes[.modificationDate] as? Date, contents: try path.contents(),
                link: try? FileManager.default.destinationOfSymbolicLink(atPath: path.string))
        }
    }

    // MARK: Running

    /// Puts a program called `vintage` on the `PATH` of hooks that are run.
    func writeProgram(_ text: String) throws {
        let path = folder.appending("bin/vintage")
        try folder.appending("bin").makeDirectories()
        try place(text, at: path)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path.string)
    }

    /// What hooks and programs noted.
    func record() throws -> String {
        String(decoding: try folder.appending("record").contentsIfPresent() ?? [], as: UTF8.self)
    }

    /// Runs a hook as git would.
    func run(_ name: String, _ arguments: [String], input: String = "") throws -> (status: Int32, errors: String) {
        let process = Process()
        process.executableURL = URL(filePath: hook(name).string)
        process.arguments = arguments
        process.currentDirectoryURL = URL(filePath: root.string)
        process.environment = [
            "PATH": "\(folder.string)/bin:/usr/bin:/bin", "RECORD": folder.appending("record").string,
        ]
        // A file, not a pipe: a hook may end before it has read its input.
        let inputFile = folder.appending("input")
        try inputFile.replaceContents(with: Array(input.utf8), isDurable: false)
        let errors = Pipe()
        process.standardInput = FileHandle(forReadingAtPath: inputFile.string)
        process.standardError = errors
        try process.run()
        let message = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, message)
    }

    func git(_ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["git"] + arguments
        process.currentDirectoryURL = URL(filePath: root.string)
        process.standardInput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw GitError.failed(operation: "git", message: "\(arguments)") }
    }
}
