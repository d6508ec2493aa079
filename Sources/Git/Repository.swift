import CGit2
import FileSystem
import Synchronization
import SystemPackage

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A git repository, opened: its commits, its index, and the files beside it.
///
///     guard let repository = try Repository.discover(from: ".") else { return }
///     let head = try repository.resolve("HEAD")
///     let readme = try repository.contents(of: RelativePath("README.md"), at: head)
///
/// A repository belongs to the thread that opened it. Paths are relative to the root of the working tree. What other
/// git processes do meanwhile is seen by the next call.
public final class Repository {
    let pointer: OpaquePointer
    let environment: GitEnvironment

    /// The root of the working tree; `nil` for a bare repository.
    public let workingDirectory: FilePath?
    /// The folder that holds HEAD and the index of this working tree, usually `.git`.
    public let gitDirectory: FilePath
    /// The folder that holds objects, branches and configuration, which linked working trees share.
    public let commonDirectory: FilePath

    /// Takes ownership of an open repository.
    init(owning pointer: OpaquePointer, environment: GitEnvironment) {
        self.pointer = pointer
        self.environment = environment
        workingDirectory = FilePath(gitPath: git_repository_workdir(pointer))
        gitDirectory = FilePath(gitPath: git_repository_path(pointer)) ?? FilePath()
        commonDirectory = FilePath(gitPath: git_repository_commondir(pointer)) ?? gitDirectory
    }

    deinit {
        git_repository_free(pointer)
    }

    /// Whether the repository has no working tree.
    public var isBare: Bool { workingDirectory == nil }

    /// Whether the working tree was made by `git worktree add`.
    public var isLinkedWorktree: Bool { git_repository_is_worktree(pointer) == 1 }

    /// The root of the working tree that linked ones belong to, as far as the repository tells; `nil` if the repository
    /// is bare, or was put elsewhere by `git init --separate-git-dir`.
    public func mainWorkingDirectory() throws(GitError) -> FilePath? {
        if !isLinkedWorktree { return workingDirectory }
        // A submodule's repository lies in that of the project around it, and names its working tree.
        var shared: OpaquePointer?
        let file = commonDirectory.appending("config")
        try check(git_config_open_ondisk(&shared, file.cString), "reading git's configuration")
        defer { git_config_free(shared) }
        var text = git_buf()
        defer { git_buf_dispose(&text) }
        if git_config_get_string_buf(&text, shared, "core.worktree") == 0, let path = FilePath(gitPath: text.ptr) {
            return commonDirectory.pushing(path).lexicallyNormalized()
        }
        var isBare: Int32 = 0
        if git_config_get_bool(&isBare, shared, "core.bare") == 0, isBare != 0 { return nil }
        return commonDirectory.lastComponent == ".git" ? commonDirectory.removingLastComponent() : nil
    }

    /// The root of the working tree.
    ///
    /// - Throws: ``GitError/bareRepository`` if there is none.
    func requireWorkingDirectory() throws(GitError) -> FilePath {
        guard let workingDirectory else { throw .bareRepository }
        return workingDirectory
    }
}

/// libgit2 itself, which is set up once in a process.
enum Library {
    /// The extensions of a repository that change nothing this room does, or that it takes into account.
    private static let acceptedExtensions = ["worktreeconfig", "partialclone", "preciousobjects"]

    private static let status: Int32 = {
        let status = git_libgit2_init()
        guard status >= 0 else { return status }
        let names = acceptedExtensions.map { name in UnsafePointer(strdup(name)) }
        defer { names.forEach { free(UnsafeMutablePointer(mutating: $0)) } }
        var list = names
        let accepted = cgit2_accept_extensions(&list, list.count)
        return accepted < 0 ? accepted : cgit2_sync_writes(1)
    }()

    /// Held while a repository is opened: whether its owner is asked for is a setting of the whole process.
    static let opening = Mutex(())

    /// Sets libgit2 up, the first time it is called.
    static func start() throws(GitError) {
        try check(status, "starting libgit2")
    }
}
