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
    /// Copies a repository by running `git clone`, which knows the user's credentials, proxies and transports.
    ///
    /// What git has to say goes to standard error.
    ///
    /// - Parameters:
    ///   - url: What `git clone` takes.
    ///   - directory: The new folder; `nil` for the one that git would choose, below `folder`.
    ///   - folder: What relative paths start from.
    ///   - branch: The branch to check out; the repository's own by default.
    /// - Returns: The new folder.
    public static func clone(
        _ url: String, to directory: FilePath?, from folder: FilePath, branch: String? = nil
    ) throws(GitError) -> FilePath {
        let target = folder.pushing(directory ?? FilePath(defaultFolder(of: url)))
        var words = ["git", "clone"]
        if let branch { words += ["--branch", branch] }
        let arguments = (words + ["--", url]).map { FilePath($0) } + [target]
        let status = try run(arguments, in: folder)
        guard status == 0 else {
            throw .failed(operation: "cloning \(url)", message: "git clone ended with status \(status)")
        }
        return target
    }

    /// The folder that `git clone` makes for a URL: its last part, without `.git`.
    static func defaultFolder(of url: String) -> String {
        var rest = url[...]
        while rest.last == "/" { rest.removeLast() }
        if rest.hasSuffix("/.git") { rest = rest.dropLast(5) }
        let name = rest.split { $0 == "/" || $0 == ":" }.last ?? "clone"
        return String(name.hasSuffix(".git") ? name.dropLast(4) : name)
    }

    private static func run(_ words: [FilePath], in folder: FilePath) throws(GitError) -> Int32 {
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
        #else
            var actions = posix_spawn_file_actions_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, 2, 1)
        cgit2_spawn_in_folder(&actions, folder.cString)
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0.cString) } + [nil]
        defer { arguments.forEach { free($0) } }
        var process: pid_t = 0
        let code = posix_spawnp(&process, "git", &actions, nil, &arguments, cgit2_environment())
        guard code == 0 else {
            throw .failed(operation: "running git clone", message: String(cString: strerror(code)))
        }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 {
            guard errno == EINTR else {
                throw .failed(operation: "running git clone", message: String(cString: strerror(errno)))
            }
        }
        // The wait status: a signal in the low seven bits, else the exit status in the next byte.
        let signal = status & 0x7f
        return signal == 0 ? (status >> 8) & 0xff : 128 + signal
    }
}
