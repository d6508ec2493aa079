import CGit2
import FileSystem
import SystemPackage

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A program about to be run.
struct ProcessCall {
    /// What it is run for, as the beginning of an error: `running the hook x`.
    let purpose: String
    /// A path, or a name to be looked up in `PATH`.
    let program: FilePath
    let arguments: [FilePath]
    let folder: FilePath
    let environment: [[CChar]]

    #if canImport(Darwin)
        private typealias Actions = posix_spawn_file_actions_t?
        private typealias Attributes = posix_spawnattr_t?
        private static let noActions: Actions = nil
        private static let noAttributes: Attributes = nil
    #else
        private typealias Actions = posix_spawn_file_actions_t
        private typealias Attributes = posix_spawnattr_t
        private static var noActions: Actions { Actions() }
        private static var noAttributes: Attributes { Attributes() }
    #endif

    /// Runs the program and returns its exit status. What it writes to standard output goes to standard error.
    func run(input: [UInt8]?) throws(GitError) -> Int32 {
        try run(input: input, output: 2)
    }

    /// Runs the program and returns its exit status and what it wrote to standard output.
    func runForOutput(input: [UInt8]?) throws(GitError) -> (status: Int32, output: [UInt8]) {
        let output = try temporaryFile(holding: [])
        let file = FileDescriptor(rawValue: output)
        defer { try? file.close() }
        let status = try run(input: input, output: output)
        do {
            try file.seek(offset: 0, from: .start)
            var bytes: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while case let count = try buffer.withUnsafeMutableBytes({ try file.read(into: $0) }), count > 0 {
                bytes += buffer[..<count]
            }
            return (status, bytes)
        } catch {
            throw .failed(operation: purpose, message: "\(error)")
        }
    }

    private func run(input: [UInt8]?, output: Int32) throws(GitError) -> Int32 {
        var actions = Self.noActions
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let standardInput = try input.map { (bytes) throws(GitError) in try temporaryFile(holding: bytes) }
        defer { if let standardInput { close(standardInput) } }
        if let standardInput {
            posix_spawn_file_actions_adddup2(&actions, standardInput, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        cgit2_spawn_in_folder(&actions, folder.cString)

        // A program that ignores a broken pipe would pass that on.
        var attributes = Self.noAttributes
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var defaults = sigset_t()
        sigemptyset(&defaults)
        sigaddset(&defaults, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))

        var (process, code) = spawn([program] + arguments, &actions, &attributes)
        if code == ENOEXEC {
            // A script without a #! line is the shell's.
            (process, code) = spawn(["/bin/sh", program] + arguments, &actions, &attributes)
        }
        guard code == 0 else { throw failure(code) }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 {
            if errno != EINTR { throw failure(errno) }
        }
        // The wait status: a signal in the low seven bits, else the exit status in the next byte.
        let signal = status & 0x7f
        return signal == 0 ? (status >> 8) & 0xff : 128 + signal
    }

    private func spawn(
        _ words: [FilePath], _ actions: inout Actions, _ attributes: inout Attributes
    ) -> (process: pid_t, code: Int32) {
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0.cString) } + [nil]
        defer { arguments.forEach { free($0) } }
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
        defer { variables.forEach { free($0) } }
        var process: pid_t = 0
        var code: Int32 = 0
        for _ in 0..<Self.attempts {
            code = posix_spawnp(&process, words[0].cString, &actions, &attributes, &arguments, &variables)
            if code != ETXTBSY { break }
            pause(milliseconds: 10)
        }
        return (process, code)
    }

    /// How often a program is tried that another process has open for writing: it has just been written, and a process
    /// that was forked meanwhile may hold the descriptor until it begins its own program.
    private static let attempts = 50

    /// A nameless file positioned at its start: unlike a pipe, it holds any input without anyone reading it.
    private func temporaryFile(holding bytes: [UInt8]) throws(GitError) -> Int32 {
        let folder = getenv("TMPDIR").map { FilePath(platformString: $0) } ?? "/tmp"
        var template = folder.appending("git-input-XXXXXX").cString
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw failure(errno) }
        unlink(template)
        do {
            let file = FileDescriptor(rawValue: descriptor)
            _ = try file.writeAll(bytes)
            try file.seek(offset: 0, from: .start)
        } catch {
            close(descriptor)
            throw .failed(operation: purpose, message: "\(error)")
        }
        return descriptor
    }

    private func failure(_ code: Int32) -> GitError {
        .failed(operation: purpose, message: String(cString: strerror(code)))
    }
}
