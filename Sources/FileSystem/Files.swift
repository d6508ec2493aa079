import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension FilePath {
    /// This path with bytes appended as further components.
    public func appending(bytes: some Collection<UInt8>) -> FilePath {
        if bytes.isEmpty { return self }
        return withCName(bytes) { text in appending(FilePath(platformString: text).components) }
    }

    /// This path with a relative path below it.
    public func appending(_ relative: RelativePath) -> FilePath {
        appending(bytes: relative.bytes)
    }

    /// The path's bytes.
    public var bytes: [UInt8] {
        withPlatformString { text in
            UnsafeBufferPointer(start: text, count: cLength(text)).map { UInt8(bitPattern: $0) }
        }
    }

    /// What the file system says of the path, not following a link; `nil` if nothing is there.
    public func status() throws(FileError) -> FileStatus? {
        if let status = withPlatformString(linkStatus) { return status }
        if errno == ENOENT || errno == ENOTDIR { return nil }
        throw FileError("examine", self)
    }

    /// Whether something is there, be it a link that points nowhere.
    public var exists: Bool { withPlatformString(linkStatus) != nil }

    /// The whole content of a small file.
    public func contents() throws(FileError) -> [UInt8] {
        try File(reading: self).readToEnd()
    }

    /// The whole content of a small file, or `nil` if it is not there.
    public func contentsIfPresent() throws(FileError) -> [UInt8]? {
        do throws(FileError) {
            return try contents()
        } catch {
            if error.isNotFound { return nil }
            throw error
        }
    }

    /// Makes the folder and those above it that are missing.
    public func makeDirectories() throws(FileError) {
        if withPlatformString({ mkdir($0, 0o777) }) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, !removingLastComponent().isEmpty else { throw FileError("make the folder", self) }
        try removingLastComponent().makeDirectories()
        if withPlatformString({ mkdir($0, 0o777) }) != 0 && errno != EEXIST { throw FileError("make the folder", self) }
    }

    /// Renames, replacing a file that is there.
    public func rename(to new: FilePath) throws(FileError) {
        let result = withPlatformString { old in
            new.withPlatformString { new in
                #if canImport(Glibc)
                    Glibc.rename(old, new)
                #elseif canImport(Musl)
                    Musl.rename(old, new)
                #else
                    Darwin.rename(old, new)
                #endif
            }
        }
        guard result == 0 else { throw FileError("rename to", new) }
    }

    /// Gives the file a further name, unless that is taken.
    ///
    /// - Returns: `false` if it is.
    public func linkUnlessTaken(_ new: FilePath) throws(FileError) -> Bool {
        let result = withPlatformString { old in new.withPlatformString { new in systemLink(old, new) } }
        if result == 0 { return true }
        if errno == EEXIST { return false }
        throw FileError("link to", new)
    }

    /// Gives the file a further name; nothing happens if there is something of that name.
    ///
    /// - Returns: `false` if the file system knows no further names.
    public func link(to new: FilePath) throws(FileError) -> Bool {
        let result = withPlatformString { old in new.withPlatformString { new in systemLink(old, new) } }
        if result == 0 || errno == EEXIST { return true }
        if [EPERM, ENOTSUP, EOPNOTSUPP, ENOSYS, EMLINK].contains(errno) { return false }
        throw FileError("link to", new)
    }

    /// Removes a file; nothing happens if it is not there.
    public func remove() throws(FileError) {
        guard withPlatformString({ unlink($0) }) == 0 || errno == ENOENT else { throw FileError("remove", self) }
    }

    /// Removes whatever is there, a folder with all below it.
    public func removeAll() throws(FileError) {
        guard let name = lastComponent else { return }
        let folder: Directory
        do throws(FileError) {
            folder = try Directory(removingLastComponent().isEmpty ? "." : removingLastComponent())
        } catch {
            if error.isNotFound { return }
            throw error
        }
        try folder.removeAll(FilePath(root: nil, CollectionOfOne(name)).bytes)
    }

    /// Replaces the file's content in one step: written beside it, flushed, renamed over it.
    ///
    /// - Parameter isDurable: whether to wait for the disk, so that the new content survives a power cut.
    public func replaceContents(with bytes: [UInt8], isDurable: Bool = true) throws(FileError) {
        let folder = removingLastComponent().isEmpty ? "." : removingLastComponent()
        let temporary = folder.appending(temporaryName())
        do throws(FileError) {
            let file = try File(creating: temporary)
            try file.write(bytes)
            if isDurable { try file.synchronize() }
            try temporary.rename(to: self)
        } catch {
            try? temporary.remove()
            throw error
        }
        if isDurable { try Directory(folder).synchronize() }
    }
}

/// A fresh name for a file that will be renamed: it starts with `.vintage-tmp-`, so that a walk can pass over leftovers.
public func temporaryName() -> String {
    "\(temporaryPrefix)\(getpid())-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
}

/// How every temporary name starts.
public let temporaryPrefix = ".vintage-tmp-"

extension FilePath {
    /// The absolute path without symbolic links, `.` and `..`.
    public func resolved() throws(FileError) -> FilePath {
        let resolved = (isEmpty ? "." : self).withPlatformString { realpath($0, nil) }
        guard let resolved else { throw FileError("find", self) }
        defer { free(resolved) }
        return FilePath(platformString: resolved)
    }

    /// The absolute path without symbolic links in its folders; the last component may be missing, or a link itself.
    public func resolvedParent() throws(FileError) -> FilePath {
        guard let last = lastComponent else { return try resolved() }
        var parent = removingLastComponent()
        var rest = [last]
        // Of folders that are missing, the names are taken as they are.
        while true {
            do throws(FileError) {
                var path = try parent.resolved()
                for component in rest.reversed() { path.append(component) }
                return path
            } catch {
                guard error.isNotFound, let name = parent.lastComponent else { throw error }
                rest.append(name)
                parent = parent.removingLastComponent()
            }
        }
    }
}

/// `link` by a name that no extension of `FilePath` hides.
private func systemLink(_ old: UnsafePointer<CChar>, _ new: UnsafePointer<CChar>) -> Int32 { link(old, new) }
