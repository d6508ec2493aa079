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
        let call = ProcessCall(
            purpose: "running the hook \(hook)", program: hook, arguments: arguments, folder: folder,
            environment: environment.assignments(replacing: variables))
        return try call.run(input: input)
    }

    /// Runs the `git` command in the root of the working tree, for what libgit2 cannot do, and waits for it.
    ///
    /// What it writes to standard output goes to standard error.
    ///
    /// - Parameter input: its standard input; `nil` for none.
    /// - Returns: the exit status, 128 and the signal's number if one ended it.
    public func runGit(_ arguments: [FilePath], input: [UInt8]? = nil) throws(GitError) -> Int32 {
        try git(arguments).run(input: input)
    }

    /// Runs the `git` command as ``runGit(_:input:)`` does, and takes what it writes to standard output.
    ///
    /// - Throws: ``GitError/failed(operation:message:)`` unless it ends with status 0.
    public func outputOfGit(_ arguments: [FilePath], input: [UInt8]? = nil) throws(GitError) -> [UInt8] {
        let (status, output) = try resultOfGit(arguments, input: input)
        if status == 0 { return output }
        throw .failed(operation: "running git \(arguments.first ?? "")", message: "it ended with status \(status)")
    }

    /// Runs the `git` command as ``runGit(_:input:)`` does, and returns its exit status and its standard output.
    ///
    /// - Parameter variables: what its environment has besides this process's.
    func resultOfGit(
        _ arguments: [FilePath], input: [UInt8]? = nil, variables: [String: FilePath] = [:]
    ) throws(GitError) -> (status: Int32, output: [UInt8]) {
        try git(arguments, variables).runForOutput(input: input)
    }

    private func git(_ arguments: [FilePath], _ variables: [String: FilePath] = [:]) -> ProcessCall {
        // Relative ones are relative to where the user stands, and git runs in the root.
        var variables = variables
        if environment.path("GIT_DIR") != nil { variables["GIT_DIR"] = gitDirectory }
        if environment.path("GIT_WORK_TREE") != nil, let workingDirectory {
            variables["GIT_WORK_TREE"] = workingDirectory
        }
        return ProcessCall(
            purpose: "running git", program: "git", arguments: arguments, folder: workingDirectory ?? gitDirectory,
            environment: environment.assignments(replacing: variables))
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
