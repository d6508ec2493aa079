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
    /// Opens the repository that `directory` lies in, as git would if it were run there.
    ///
    /// `GIT_DIR`, `GIT_WORK_TREE`, `GIT_INDEX_FILE`, `GIT_OBJECT_DIRECTORY`, `GIT_ALTERNATE_OBJECT_DIRECTORIES`,
    /// `GIT_CEILING_DIRECTORIES` and `GIT_DISCOVERY_ACROSS_FILESYSTEM` mean what they mean to git.
    ///
    /// - Returns: `nil` if there is no repository above `directory`.
    /// - Throws: ``GitError/untrustedOwner(_:)``, ``GitError/unsupported(_:)``, or ``GitError/notARepository(_:)`` if
    ///   `GIT_DIR` names none.
    public static func discover(from directory: FilePath) throws(GitError) -> Repository? {
        try discover(from: directory, environment: .process)
    }

    /// Opens the repository that `directory` lies in under the given environment.
    package static func discover(
        from directory: FilePath, environment: GitEnvironment
    ) throws(GitError) -> Repository? {
        try Library.start()
        let directory = absolute(directory)
        if environment.path("GIT_COMMON_DIR") != nil {
            throw .unsupported("GIT_COMMON_DIR is not supported; unset it and run this inside the working tree")
        }
        guard let pointer = try open(from: directory, environment) else { return nil }
        do {
            try applyWorkTree(to: pointer, from: directory, environment)
            try applyConfiguration(to: pointer, environment)
            try applyIndexFile(to: pointer, from: directory, environment)
            try applyObjectDirectories(to: pointer, from: directory, environment)
            try PromisorObjects.attach(to: pointer, environment)
        } catch {
            git_repository_free(pointer)
            throw error
        }
        return Repository(owning: pointer, environment: environment)
    }

    /// Makes a repository with a working tree at `directory`, which is made too if need be.
    ///
    /// A repository that is there already is opened and left as it is.
    ///
    /// - Parameter branch: The first branch; `nil` for what `init.defaultBranch` says, or git's own default.
    public static func initialize(at directory: FilePath, branch: String? = nil) throws(GitError) -> Repository {
        try initialize(at: directory, branch: branch, environment: .process)
    }

    /// Makes a repository under the given environment.
    package static func initialize(
        at directory: FilePath, branch: String? = nil, environment: GitEnvironment
    ) throws(GitError) -> Repository {
        try Library.start()
        if let branch { try requireValidBranchName(branch) }
        let first = if let branch { branch } else { try defaultBranch(environment) }
        var options = git_repository_init_options()
        try check(
            git_repository_init_options_init(&options, UInt32(GIT_REPOSITORY_INIT_OPTIONS_VERSION)),
            "making a repository")
        options.flags =
            GIT_REPOSITORY_INIT_MKPATH.rawValue | GIT_REPOSITORY_INIT_MKDIR.rawValue
            | GIT_REPOSITORY_INIT_EXTERNAL_TEMPLATE.rawValue
        var pointer: OpaquePointer?
        let path = absolute(directory).cString
        let code =
            if let first {
                first.withCString { name in
                    options.initial_head = name
                    return git_repository_init_ext(&pointer, path, &options)
                }
            } else {
                git_repository_init_ext(&pointer, path, &options)
            }
        try check(code, "making a repository at \(directory)")
        guard let pointer else { throw .failed(operation: "making a repository", message: "libgit2 gave none") }
        do {
            try applyConfiguration(to: pointer, environment)
        } catch {
            git_repository_free(pointer)
            throw error
        }
        return Repository(owning: pointer, environment: environment)
    }

    private static func open(
        from directory: FilePath, _ environment: GitEnvironment
    ) throws(GitError) -> OpaquePointer? {
        var pointer: OpaquePointer?
        let named = environment.path("GIT_DIR").map { directory.pushing($0) }
        var flags: UInt32 = 0
        if named != nil {
            flags = GIT_REPOSITORY_OPEN_NO_SEARCH.rawValue | GIT_REPOSITORY_OPEN_NO_DOTGIT.rawValue
        } else if let across = environment.text("GIT_DISCOVERY_ACROSS_FILESYSTEM"),
            ["1", "true", "yes", "on"].contains(across.lowercased())
        {
            flags = GIT_REPOSITORY_OPEN_CROSS_FS.rawValue
        }
        let ceilings = environment.path("GIT_CEILING_DIRECTORIES")?.cString ?? [0]
        let place = (named ?? directory).cString
        var code = Library.opening.withLock { _ in git_repository_open_ext(&pointer, place, flags, ceilings) }
        if code >= 0 { return pointer }
        var message = GitError.lastMessage
        if isAboutOwner(code, message), try gitTrusts(directory, environment) {
            code = Library.opening.withLock { _ in
                cgit2_check_owner(0)
                defer { cgit2_check_owner(1) }
                return git_repository_open_ext(&pointer, place, flags, ceilings)
            }
            if code >= 0 { return pointer }
            message = GitError.lastMessage
        }
        if isAboutOwner(code, message) {
            throw .untrustedOwner(Self.place(above: named ?? directory, flags, ceilings))
        }
        if code == GIT_ENOTFOUND.rawValue {
            if let named { throw .notARepository(named) }
            return nil
        }
        throw openingError(message)
    }

    /// Without any `safe.directory` in the configuration, libgit2 reports another owner as not found.
    private static func isAboutOwner(_ code: Int32, _ message: String) -> Bool {
        code == GIT_EOWNER.rawValue || (code == GIT_ENOTFOUND.rawValue && message.contains("safe.directory"))
    }

    /// Whether git itself opens the repository. It understands what libgit2 1.5 does not: `safe.directory = *`, the
    /// same on the command line, and the owner of a `sudo`.
    private static func gitTrusts(_ directory: FilePath, _ environment: GitEnvironment) throws(GitError) -> Bool {
        // What git has to say of a repository that it does not trust would stand beside our own line.
        let call = ProcessCall(
            purpose: "running git", program: "/bin/sh", arguments: ["-c", "exec git rev-parse --git-dir 2>/dev/null"],
            folder: directory, environment: environment.assignments(replacing: [:]))
        return try call.runForOutput(input: nil).status == 0
    }

    /// The folder that `safe.directory` must name: the one with the repository in it, or a bare repository itself.
    private static func place(above directory: FilePath, _ flags: UInt32, _ ceilings: [CChar]) -> FilePath {
        var buffer = git_buf()
        defer { git_buf_dispose(&buffer) }
        let crosses: Int32 = flags & GIT_REPOSITORY_OPEN_CROSS_FS.rawValue == 0 ? 0 : 1
        guard git_repository_discover(&buffer, directory.cString, crosses, ceilings) == 0,
            let found = FilePath(gitPath: buffer.ptr)
        else { return directory }
        return found.lastComponent == ".git" ? found.removingLastComponent() : found
    }

    private static func openingError(_ message: String) -> GitError {
        let lowercased = message.lowercased()
        if lowercased.contains("objectformat") {
            return .unsupported(
                "this git repository names its objects by SHA-256, which is not supported; use a repository made with "
                    + "git init --object-format=sha1")
        }
        if lowercased.contains("refstorage") {
            return .unsupported(
                "this git repository keeps its branches in a reftable, which is not supported; convert it with "
                    + "git refs migrate --ref-format=files")
        }
        if lowercased.contains("unsupported") {
            return .unsupported("this git repository cannot be opened: \(message); use a repository without it")
        }
        return .failed(operation: "opening the git repository", message: message)
    }

    /// Puts the working tree where `GIT_WORK_TREE` says, or where git looks for it when only `GIT_DIR` is set.
    private static func applyWorkTree(
        to pointer: OpaquePointer, from directory: FilePath, _ environment: GitEnvironment
    ) throws(GitError) {
        if let workTree = environment.path("GIT_WORK_TREE") {
            let path = directory.pushing(workTree)
            try check(git_repository_set_workdir(pointer, path.cString, 0), "using GIT_WORK_TREE \(path)")
        } else if environment.path("GIT_DIR") != nil, git_repository_is_bare(pointer) == 0,
            git_repository_is_worktree(pointer) == 0, try value(ofKey: "core.worktree", in: pointer) == nil
        {
            try check(git_repository_set_workdir(pointer, directory.cString, 0), "using \(directory) as working tree")
        }
    }

    private static func applyIndexFile(
        to pointer: OpaquePointer, from directory: FilePath, _ environment: GitEnvironment
    ) throws(GitError) {
        guard let named = environment.path("GIT_INDEX_FILE") else { return }
        // git works from the root of the working tree, so that is what a relative path is relative to.
        let base = FilePath(gitPath: git_repository_workdir(pointer)) ?? directory
        var index: OpaquePointer?
        try check(git_index_open(&index, base.pushing(named).cString), "opening GIT_INDEX_FILE \(named)")
        defer { git_index_free(index) }
        try check(git_repository_set_index(pointer, index), "using GIT_INDEX_FILE \(named)")
    }

    /// Adds the object folders that git names while it receives a push, so that hooks see what has come in.
    private static func applyObjectDirectories(
        to pointer: OpaquePointer, from directory: FilePath, _ environment: GitEnvironment
    ) throws(GitError) {
        var folders = environment.path("GIT_OBJECT_DIRECTORY").map { [$0] } ?? []
        if let list = environment.path("GIT_ALTERNATE_OBJECT_DIRECTORIES") {
            folders += list.cString.dropLast().split(separator: CChar(UInt8(ascii: ":"))).map { part in
                FilePath(nulTerminated: Array(part) + [0])
            }
        }
        if folders.isEmpty { return }
        var database: OpaquePointer?
        try check(git_repository_odb(&database, pointer), "opening the object database")
        defer { git_odb_free(database) }
        for folder in folders {
            try check(
                git_odb_add_disk_alternate(database, directory.pushing(folder).cString), "opening objects at \(folder)")
        }
    }

    /// A path made absolute against the process's current folder.
    static func absolute(_ path: FilePath) -> FilePath {
        if path.isAbsolute { return path }
        guard let current = getcwd(nil, 0) else { return path }
        defer { free(current) }
        return FilePath(platformString: current).pushing(path)
    }
}
