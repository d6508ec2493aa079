import FileSystem
import Foundation
import SystemPackage
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A temporary folder with a home of its own, in which programs are started directly, without a shell in between, so
/// that they can be killed at any moment.
final class CommandFolder {
    /// Everything of the test.
    let base: FilePath
    /// Where programs are started.
    let root: FilePath
    private let environment: [String]
    private var outputs = 0

    /// - Parameter at: a folder to use instead, such as one where a file system is mounted.
    init(at place: FilePath? = nil) throws {
        let memory = "/dev/shm"
        let parent = FileManager.default.isWritableFile(atPath: memory) ? memory : NSTemporaryDirectory()
        base = try FilePath(parent).resolved().appending("vintage-command-\(UUID().uuidString)")
        root = place ?? base.appending("work")
        let home = base.appending("home")
        try home.makeDirectories()
        try root.makeDirectories()
        let settings = "[user]\n\tname = Test\n\temail = test@example.com\n[init]\n\tdefaultBranch = main\n"
        try home.appending(".gitconfig").replaceContents(with: Array(settings.utf8))
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        environment = [
            "PATH=\(path)", "HOME=\(home)", "TZ=UTC", "LC_ALL=C.UTF-8", "TERM=dumb", "GIT_CONFIG_NOSYSTEM=1",
            "GIT_CEILING_DIRECTORIES=\(base)",
        ]
    }

    deinit { try? FileManager.default.removeItem(atPath: base.string) }

    func path(_ text: String) -> FilePath { root.appending(FilePath(text).components) }

    func write(_ text: String, to path: String) throws {
        let place = self.path(path)
        try place.removingLastComponent().makeDirectories()
        try place.replaceContents(with: Array(text.utf8), isDurable: false)
    }

    func text(_ path: String) throws -> String? {
        try self.path(path).contentsIfPresent().map { String(decoding: $0, as: UTF8.self) }
    }

    /// The files below a path, by name from there; folders are left out.
    func files(_ path: String) throws -> [String: [UInt8]] {
        var found: [String: [UInt8]] = [:]
        func visit(_ folder: FilePath, _ name: String) throws {
            guard let status = try folder.status() else { return }
            if status.kind != .directory {
                found[name] = try folder.contents()
                return
            }
            for child in try Directory(folder).listing() {
                let text = String(decoding: child, as: UTF8.self)
                try visit(folder.appending(bytes: child), name.isEmpty ? text : "\(name)/\(text)")
            }
        }
        try visit(self.path(path), "")
        return found
    }

    // MARK: Programs

    /// A program that was started.
    final class Running {
        let process: pid_t
        let output: FilePath
        private var status: Int32?

        init(process: pid_t, output: FilePath) {
            self.process = process
            self.output = output
        }

        func signal(_ number: Int32) { if status == nil { kill(process, number) } }

        /// Waits for the end.
        ///
        /// - Returns: the exit status; for a program that a signal ended, 128 and the signal's number.
        func wait() throws -> (status: Int32, output: String) {
            if status == nil {
                var raw: Int32 = 0
                while waitpid(process, &raw, 0) < 0, errno == EINTR {}
                let signal = raw & 0x7f
                status = signal == 0 ? (raw >> 8) & 0xff : 128 + signal
            }
            let text = String(decoding: try output.contents(), as: UTF8.self)
            try output.remove()
            return (status!, text)
        }
    }

    /// Starts a program; what it prints goes to a file.
    func start(_ words: [String]) throws -> Running {
        outputs += 1
        let output = base.appending("output-\(outputs)")
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output.string, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // glibc's action that changes the folder is hidden from Swift: 'env' does it, and becomes the program.
        #if canImport(Darwin)
            posix_spawn_file_actions_addchdir_np(&actions, root.string)
            let words = words
        #else
            let words = ["env", "-C", root.string] + words
        #endif
        var arguments = words.map { strdup($0) } + [nil]
        var variables = environment.map { strdup($0) } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var process: pid_t = 0
        let code = posix_spawnp(&process, words[0], &actions, nil, &arguments, &variables)
        guard code == 0 else { throw Errno(rawValue: code) }
        return Running(process: process, output: output)
    }

    func vintage(_ words: [String]) throws -> Running { try start([Playground.binary] + words) }

    /// Runs a program to its end.
    @discardableResult
    func run(_ words: String..., expecting expected: Int32? = 0, at line: SourceLocation = #_sourceLocation) throws
        -> String
    {
        let program = words[0] == "vintage" ? [Playground.binary] + words.dropFirst() : words
        let (status, output) = try start(program).wait()
        if let expected, status != expected {
            Issue.record("\(words.joined(separator: " ")): status \(status)\n\(output)", sourceLocation: line)
            throw Failed(words: words, status: status)
        }
        return output
    }

    struct Failed: Error {
        let words: [String]
        let status: Int32
    }

    /// The lock files that a killed git operation leaves, which git asks the user to remove.
    func removeStaleGitLocks() throws -> Int {
        var found = 0
        let names = FileManager.default.enumerator(atPath: path(".git").string)?.compactMap { $0 as? String } ?? []
        for name in names where name.hasSuffix(".lock") {
            try path(".git").appending(FilePath(name).components).remove()
            found += 1
        }
        return found
    }

    /// Names that only something unfinished has, outside of git and the store.
    func leftovers() throws -> [String] {
        let names = FileManager.default.enumerator(atPath: root.string)?.compactMap { $0 as? String } ?? []
        return names.filter { !$0.hasPrefix(".vintage/") && ("/" + $0).contains("/" + temporaryPrefix) }
    }
}

/// A small seeded generator, so that a test chooses the same each time.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// Bytes that do not compress.
    mutating func bytes(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        while bytes.count < count { withUnsafeBytes(of: next()) { bytes.append(contentsOf: $0) } }
        bytes.removeLast(bytes.count - count)
        return bytes
    }
}
