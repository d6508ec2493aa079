import CGit2
import SystemPackage

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Objects that a partial clone has left at its remote, which libgit2 1.5 does not know how to get.
///
/// They stand behind the repository's own objects: whatever libgit2 does not find there, the `git` command is asked for,
/// which fetches it and keeps it, so that it is asked for once.
final class PromisorObjects {
    private let gitDirectory: FilePath
    private let environment: GitEnvironment

    private init(gitDirectory: FilePath, environment: GitEnvironment) {
        self.gitDirectory = gitDirectory
        self.environment = environment
    }

    /// Puts them behind a repository's objects, if it is a partial clone.
    static func attach(to repository: OpaquePointer, _ environment: GitEnvironment) throws(GitError) {
        guard try isPartial(repository), let gitDirectory = FilePath(gitPath: git_repository_path(repository))
        else { return }
        var database: OpaquePointer?
        try check(git_repository_odb(&database, repository), "opening the object database")
        defer { git_odb_free(database) }
        let structure = UnsafeMutablePointer<cgit2_promisor_backend>.allocate(capacity: 1)
        structure.initialize(to: cgit2_promisor_backend())
        // libgit2 knows the beginning of the structure, and hands the callbacks a pointer to it.
        let backend = UnsafeMutableRawPointer(structure).assumingMemoryBound(to: git_odb_backend.self)
        git_odb_init_backend(backend, UInt32(GIT_ODB_BACKEND_VERSION))
        backend.pointee.read = { data, length, kind, backend, id in
            guard let data, let length, let kind, let backend, let id else { return GIT_ENOTFOUND.rawValue }
            let objects = Unmanaged<PromisorObjects>.fromOpaque(whole(backend).pointee.owner).takeUnretainedValue()
            guard let object = objects.read(GitObjectID(id.pointee)),
                let copy = git_odb_backend_data_alloc(backend, max(1, object.content.count))
            else { return GIT_ENOTFOUND.rawValue }
            object.content.withUnsafeBytes { bytes in
                if let start = bytes.baseAddress { copy.copyMemory(from: start, byteCount: bytes.count) }
            }
            (data.pointee, length.pointee, kind.pointee) = (copy, object.content.count, object.kind)
            return 0
        }
        // What is here is in the other places, and libgit2 asks each of them.
        backend.pointee.foreach = { _, _, _ in 0 }
        backend.pointee.free = { backend in
            guard let backend else { return }
            Unmanaged<PromisorObjects>.fromOpaque(whole(backend).pointee.owner).release()
            whole(backend).deallocate()
        }
        // Given back by `free`, which libgit2 calls once, when it lets go of the database.
        let objects = PromisorObjects(gitDirectory: gitDirectory, environment: environment)
        structure.pointee.owner = Unmanaged.passRetained(objects).toOpaque()
        let code = git_odb_add_backend(database, backend, lastPriority)
        if code < 0 { backend.pointee.free(backend) }
        try check(code, "adding the remote's objects")
    }

    /// Whether the configuration names a remote that objects were left at.
    private static func isPartial(_ repository: OpaquePointer) throws(GitError) -> Bool {
        var config: OpaquePointer?
        try check(git_repository_config_snapshot(&config, repository), "reading git's configuration")
        defer { git_config_free(config) }
        var matches: OpaquePointer?
        // The second form is that of the first versions of git that knew partial clones.
        let names = "^(remote\\..*\\.promisor|extensions\\.partialclone)$"
        try check(git_config_iterator_glob_new(&matches, config, names), "reading git's configuration")
        defer { git_config_iterator_free(matches) }
        var entry: UnsafeMutablePointer<git_config_entry>?
        return git_config_next(&entry, matches) == 0
    }

    /// After git's own loose objects (1) and packs (2): the higher ones are asked first.
    private static let lastPriority: Int32 = 0

    /// Reads an object as git has it, which fetches it if need be.
    ///
    /// - Returns: `nil` if git cannot get it either; what it has to say about that went to standard error.
    private func read(_ id: GitObjectID) -> (kind: git_object_t, content: ArraySlice<UInt8>)? {
        let call = ProcessCall(
            purpose: "running git cat-file", program: "git", arguments: ["cat-file", "--batch"], folder: gitDirectory,
            environment: environment.assignments(replacing: ["GIT_DIR": gitDirectory]))
        guard let (status, output) = try? call.runForOutput(input: Array("\(id)\n".utf8)), status == 0,
            let end = output.firstIndex(of: UInt8(ascii: "\n"))
        else { return nil }
        // A line of id, kind and size, then the content and a line feed; or the id and `missing`.
        let words = String(decoding: output[..<end], as: UTF8.self).split(separator: " ")
        guard words.count == 3, words[0] == id.description, let size = Int(words[2]), size >= 0,
            output.count - end - 2 == size
        else { return nil }
        return (git_object_string2type(String(words[1])), output[(end + 1)..<(end + 1 + size)])
    }
}

/// The whole structure that begins with what libgit2 knows of it.
private func whole(_ backend: UnsafeMutablePointer<git_odb_backend>) -> UnsafeMutablePointer<cgit2_promisor_backend> {
    // Only backends that `attach` made have these callbacks.
    UnsafeMutableRawPointer(backend).assumingMemoryBound(to: cgit2_promisor_backend.self)
}
