import CGit2
import SystemPackage

extension Repository {
    /// The value of a configuration key such as `core.hooksPath`, from the nearest file that has one.
    public func configValue(_ key: String) throws(GitError) -> String? {
        try Self.value(ofKey: key, in: pointer)
    }

    /// The value of a key that is `true` or `false`, or another word that git takes for one of them.
    func configFlag(_ key: String) throws(GitError) -> Bool? {
        try Self.read(key, in: pointer) { config in
            var value: CInt = 0
            return (git_config_get_bool(&value, config, key), value != 0)
        }
    }

    /// Sets a key in the repository's own configuration file.
    public func setConfigValue(_ key: String, to value: String) throws(GitError) {
        var config: OpaquePointer?
        try check(git_repository_config(&config, pointer), "reading git's configuration")
        defer { git_config_free(config) }
        var local: OpaquePointer?
        try check(
            git_config_open_level(&local, config, GIT_CONFIG_LEVEL_LOCAL), "opening the repository's configuration")
        defer { git_config_free(local) }
        try check(git_config_set_string(local, key, value), "setting \(key)")
    }

    /// The value of a key that holds a path, with `~` put out in full.
    func configPath(_ key: String) throws(GitError) -> FilePath? {
        try Self.read(key, in: pointer) { config in
            var buffer = git_buf()
            defer { git_buf_dispose(&buffer) }
            let code = git_config_get_path(&buffer, config, key)
            return (code, code == 0 ? FilePath(gitPath: buffer.ptr) : nil)
        } ?? nil
    }

    static func value(ofKey key: String, in pointer: OpaquePointer) throws(GitError) -> String? {
        try read(key, in: pointer) { config in
            var value: UnsafePointer<CChar>?
            let code = git_config_get_string(&value, config, key)
            return (code, value.map { String(cString: $0) } ?? "")
        }
    }

    /// Reads a key from the repository's configuration as it is now.
    ///
    /// - Parameter get: asks libgit2 for the value; its answer's code says whether there is one.
    /// - Returns: `nil` for a key that is not set.
    private static func read<Value>(
        _ key: String, in pointer: OpaquePointer, _ get: (OpaquePointer?) -> (code: CInt, value: Value)
    ) throws(GitError) -> Value? {
        var config: OpaquePointer?
        try check(git_repository_config_snapshot(&config, pointer), "reading git's configuration")
        defer { git_config_free(config) }
        let (code, value) = get(config)
        if code == GIT_ENOTFOUND.rawValue { return nil }
        try check(code, "reading \(key)")
        return value
    }

    /// Reads what libgit2 would not: the files that `GIT_CONFIG_SYSTEM` and `GIT_CONFIG_GLOBAL` name, and the
    /// configuration of one working tree.
    static func applyConfiguration(
        to pointer: OpaquePointer, _ environment: GitEnvironment
    ) throws(GitError) {
        let hasOwnFile = try value(ofKey: "extensions.worktreeConfig", in: pointer) == "true"
        guard hasOwnFile || namesOtherFiles(environment) else { return }
        let config = try userConfiguration(environment)
        defer { git_config_free(config) }
        let shared = FilePath(gitPath: git_repository_commondir(pointer))?.appending("config")
        try add(shared, GIT_CONFIG_LEVEL_LOCAL, to: config, of: pointer)
        if hasOwnFile {
            // The one level above the repository's own; nothing is written at it.
            let own = FilePath(gitPath: git_repository_path(pointer))?.appending("config.worktree")
            try add(own, GIT_CONFIG_LEVEL_APP, to: config, of: pointer)
        }
        try check(git_repository_set_config(pointer, config), "reading git's configuration")
    }

    /// The first branch of a new repository, if the environment names configuration that libgit2 would not read.
    static func defaultBranch(_ environment: GitEnvironment) throws(GitError) -> String? {
        guard namesOtherFiles(environment) else { return nil }
        let config = try userConfiguration(environment)
        defer { git_config_free(config) }
        var buffer = git_buf()
        defer { git_buf_dispose(&buffer) }
        guard git_config_get_string_buf(&buffer, config, "init.defaultBranch") == 0, let name = buffer.ptr else {
            return "master"
        }
        return String(cString: name)
    }

    private static func namesOtherFiles(_ environment: GitEnvironment) -> Bool {
        ["GIT_CONFIG_SYSTEM", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM"].contains { environment.text($0) != nil }
    }

    /// The machine's and the user's configuration, which the caller frees.
    private static func userConfiguration(_ environment: GitEnvironment) throws(GitError) -> OpaquePointer? {
        var config: OpaquePointer?
        try check(git_config_new(&config), "reading git's configuration")
        do throws(GitError) {
            if environment.text("GIT_CONFIG_NOSYSTEM") == nil {
                let system = environment.path("GIT_CONFIG_SYSTEM") ?? found(git_config_find_system)
                try add(system, GIT_CONFIG_LEVEL_SYSTEM, to: config)
            }
            if let global = environment.path("GIT_CONFIG_GLOBAL") {
                try add(global, GIT_CONFIG_LEVEL_GLOBAL, to: config)
            } else {
                try add(found(git_config_find_xdg), GIT_CONFIG_LEVEL_XDG, to: config)
                try add(found(git_config_find_global), GIT_CONFIG_LEVEL_GLOBAL, to: config)
            }
        } catch {
            git_config_free(config)
            throw error
        }
        return config
    }

    private static func add(
        _ path: FilePath?, _ level: git_config_level_t, to config: OpaquePointer?, of repository: OpaquePointer? = nil
    ) throws(GitError) {
        guard let path else { return }
        let code = git_config_add_file_ondisk(config, path.cString, level, repository, 0)
        if code != GIT_ENOTFOUND.rawValue { try check(code, "reading \(path)") }
    }

    private static func found(_ find: (UnsafeMutablePointer<git_buf>) -> Int32) -> FilePath? {
        var buffer = git_buf()
        defer { git_buf_dispose(&buffer) }
        return find(&buffer) == 0 ? FilePath(gitPath: buffer.ptr) : nil
    }
}
