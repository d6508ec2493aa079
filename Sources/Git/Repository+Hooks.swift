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

extension Repository {
    /// Runs a hook as git would, and waits for it.
    ///
    /// It runs in the root of the working tree (in a bare repository, the git directory). It finds the index through
    /// `GIT_INDEX_FILE` and, in a linked working tree, the repository through `GIT_DIR`. What it writes to standard
    /// output goes to standard error, as with git.
    ///
    /// - Parameters:
    ///   - name: The hook, such as `commit-msg`.
    ///   - arguments: What follows the hook's name on its command line.
    ///   - input: Its standard input; `nil` for none.
    /// - Returns: The exit status, 128 and the signal's number if one ended it; `nil` if there is no such hook, or it is
    ///   not executable.
    public func runHook(
        _ name: String, arguments: [FilePath] = [], input: [UInt8]? = nil
    ) throws(GitError) -> Int32? {
        let folder = workingDirectory ?? gitDirectory
        let hook = try hooksDirectory().appending(name)
        var information = stat()
        guard stat(hook.cString, &information) == 0, information.st_mode & S_IFMT == S_IFREG,
            access(hook.cString, X_OK) == 0
        else { return nil }

        var variables: [String: FilePath] = ["GIT_EDITOR": ":"]
        if let index = try indexFile() { variables["GIT_INDEX_FILE"] = index }
        if isLinkedWorktree || environment.path("GIT_DIR") != nil { variables["GIT_DIR"] = gitDirectory }
        if environment.path("GIT_WORK_TREE") != nil, let workingDirectory {
            variables["GIT_WORK_TREE"] = workingDirectory
        }
        let call = HookCall(
            program: hook, arguments: arguments, folder: folder,
            environment: environment.assignments(replacing: variables))
        return try call.run(input: input)
    }

    /// The folder of hooks: that of `core.hooksPath`, taken from the folder that hooks run in, else git's own, which
    /// linked working trees share.
    public func hooksDirectory() throws(GitError) -> FilePath {
        let path = try configPath("core.hooksPath") ?? commonDirectory.appending("hooks")
        return (workingDirectory ?? gitDirectory).pushing(path).lexicallyNormalized()
    }

    private func indexFile() throws(GitError) -> FilePath? {
        try readIndex { (index) throws(GitError) in FilePath(gitPath: git_index_path(index)) }
    }
}

/// A hook about to be run.
private struct HookCall {
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

    /// Runs the hook and returns its exit status.
    func run(input: [UInt8]?) throws(GitError) -> Int32 {
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
        posix_spawn_file_actions_adddup2(&actions, 2, 1)
        cgit2_spawn_in_folder(&actions, folder.cString)

        // A program that ignores a broken pipe would pass that on to the hook.
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
        let code = posix_spawn(&process, words[0].cString, &actions, &attributes, &arguments, &variables)
        return (process, code)
    }

    /// A nameless file positioned at its start: unlike a pipe, it holds any input without anyone reading it.
    private func temporaryFile(holding bytes: [UInt8]) throws(GitError) -> Int32 {
        let folder = getenv("TMPDIR").map { FilePath(platformString: $0) } ?? "/tmp"
        var template = folder.appending("hook-input-XXXXXX").cString
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw failure(errno) }
        unlink(template)
        do {
            let file = FileDescriptor(rawValue: descriptor)
            _ = try file.writeAll(bytes)
            try file.seek(offset: 0, from: .start)
        } catch {
            close(descriptor)
            throw .failed(operation: "running the hook \(program)", message: "\(error)")
        }
        return descriptor
    }

    private func failure(_ code: Int32) -> GitError {
        .failed(operation: "running the hook \(program)", message: String(cString: strerror(code)))
    }
}
