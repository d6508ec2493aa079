import FileSystem
import SystemPackage

/// A remote that is a folder: on this disk, on a removable one, or on a file server.
///
/// An object is written under `tmp/`, flushed, and linked to its name, which fails if the name is taken: so it is there
/// as a whole or not at all, and of many writers one wins, also over NFS.
public struct FolderRemote: Remote {
    /// The folder.
    public let root: FilePath

    /// Names a folder, which need not exist yet.
    public init(_ root: FilePath) { self.root = root }

    /// The folder's path.
    public var location: String { displayed(root) }

    /// A disk is not made faster by many requests: as many as there are cores.
    public var parallelRequests: Int { availableCores }

    private var temporary: FilePath { root.appending("tmp") }

    private func path(_ name: String) -> FilePath {
        precondition(
            name.utf8.allSatisfy { (0x2d...0x39).contains($0) || (0x61...0x7a).contains($0) }
                && name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
                    .allSatisfy { !$0.isEmpty && $0.first != UInt8(ascii: ".") },
            "'\(name)' is no name of a remote's object")
        return root.appending(name)
    }

    /// Makes the folder, if the one around it exists, and removes what pushes that were killed long ago left.
    public func prepare() throws(RemoteError) {
        if root.exists {
            let names = try withFileErrors { () throws(FileError) in try Directory(root).listing().map(Array.init) }
            // A temporary file is all that an attempt to make it may have left; or another made it just now.
            let isRemote = names.contains(Array(RemoteLayout.description.utf8))
            guard isRemote || names.allSatisfy({ $0.elementsEqual("tmp".utf8) }) else {
                throw .notARemote(location: location)
            }
            return try removeLeftovers()
        }
        let parent = root.removingLastComponent()
        guard parent.isEmpty || parent.exists else { throw .noFolder(location: displayed(parent)) }
        try withFileErrors { () throws(FileError) in try root.makeDirectories() }
    }

    /// No push takes a week for one pack.
    private static let leftoverAge: Int64 = 7 * 24 * 3600 * 1_000_000_000

    private func removeLeftovers() throws(RemoteError) {
        try withFileErrors { () throws(FileError) in
            guard temporary.exists else { return }
            let oldest = fileSystemClock() - Self.leftoverAge
            let folder = try Directory(temporary)
            for name in try folder.listing() where name.starts(with: temporaryPrefix.utf8) {
                if let status = try folder.status(name), status.modified < oldest { try folder.remove(name) }
            }
        }
    }

    /// Lists the files below a folder. Those that are being written stand elsewhere.
    public func list(_ prefix: String) throws(RemoteError) -> [RemoteObject] {
        var found: [RemoteObject] = []
        let name = String(prefix.dropLast())
        do throws(FileError) {
            try append(Directory(path(name)), prefix, &found)
        } catch {
            if !error.isNotFound { throw .file(error) }
        }
        return found
    }

    private func append(
        _ folder: borrowing Directory, _ prefix: String, _ found: inout [RemoteObject]
    ) throws(FileError) {
        for name in try folder.listing() where name.first != UInt8(ascii: ".") {
            guard let text = String(validating: name, as: UTF8.self), let status = try folder.status(name) else {
                continue
            }
            switch status.kind {
            case .regular: found.append(RemoteObject(name: prefix + text, size: UInt64(status.size)))
            case .directory: try append(folder.directory(name), prefix + text + "/", &found)
            case .symbolicLink, .other: break
            }
        }
    }

    /// The size of a file.
    public func size(of name: String) throws(RemoteError) -> UInt64? {
        let status = try withFileErrors { () throws(FileError) in try path(name).status() }
        return status.map { UInt64($0.size) }
    }

    /// Reads a part of a file.
    public func read(
        _ name: String, at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(RemoteError) -> Int? {
        do throws(FileError) {
            return try File(reading: path(name)).read(into: buffer, at: Int64(offset))
        } catch {
            if error.isNotFound { return nil }
            throw .file(error)
        }
    }

    /// Writes a file beside and links it to its name.
    public func create(_ name: String, _ bytes: UnsafeRawBufferPointer) throws(RemoteError) -> Bool {
        let place = path(name)
        if place.exists { return false }
        return try withFileErrors { () throws(FileError) in
            try temporary.makeDirectories()
            let folder = place.removingLastComponent()
            if !folder.exists {
                try folder.makeDirectories()
                try Directory(folder.removingLastComponent()).synchronize()
            }
            let unnamed = temporary.appending(temporaryName())
            let file = try File(creating: unnamed, permissions: 0o444)
            defer { try? unnamed.remove() }
            try file.write(bytes)
            try file.synchronize()
            guard try unnamed.linkUnlessTaken(place) else { return false }
            try Directory(folder).synchronize()
            return true
        }
    }
}
