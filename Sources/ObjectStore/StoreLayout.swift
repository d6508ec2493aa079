import FileSystem
import SystemPackage

/// Where the files of a store stand below its root.
package struct StoreLayout: Sendable {
    package let root: FilePath

    package init(root: FilePath) { self.root = root }

    /// The store's description.
    package var format: FilePath { root.appending("format") }
    /// The file whose advisory lock writers share and the clean-up takes alone.
    package var lock: FilePath { root.appending("lock") }
    package var packs: FilePath { root.appending("packs") }
    package var indexes: FilePath { root.appending("indexes") }
    package var temporary: FilePath { root.appending("tmp") }
    package var tags: FilePath { root.appending("tags") }

    /// What says which files are kept by the hash of all their bytes.
    package var keptFiles: FilePath { root.appending("files") }

    package func keptFile(_ digest: ObjectID) -> FilePath {
        let hex = digest.description
        return keptFiles.appending(String(hex.prefix(2))).appending(hex)
    }

    package func pack(_ id: ObjectID) -> FilePath {
        let hex = id.description
        return packs.appending(String(hex.prefix(2))).appending(hex + ".pack")
    }

    package func index(_ id: ObjectID) -> FilePath {
        indexes.appending(id.description + ".index")
    }

    /// The journal of a writer, under a name of its own.
    package func journal(_ name: String) -> FilePath { temporary.appending(Self.journalPrefix + name) }

    private static let journalPrefix = "journal"

    /// The journals of writers that live or were killed.
    package func journals() throws(FileError) -> [FilePath] {
        let listing = try Directory(temporary).listing()
        return listing.filter { $0.starts(with: Self.journalPrefix.utf8) }.map { temporary.appending(bytes: $0) }
    }

    /// Every index file, in no particular order.
    package func indexFiles() throws(StoreError) -> [FilePath] {
        try withFileErrors { () throws(FileError) in
            let listing = try Directory(indexes).listing()
            return listing.filter { $0.count == 70 && $0.suffix(6).elementsEqual(".index".utf8) }
                .map { indexes.appending(bytes: $0) }
        }
    }

    /// Every pack that is in place, with its size.
    package func packFiles() throws(StoreError) -> [PackIndex.Pack] {
        try withFileErrors { () throws(FileError) in
            var found: [PackIndex.Pack] = []
            let root = try Directory(packs)
            for name in try root.listing() {
                guard try root.status(name)?.kind == .directory else { continue }
                let folder = try root.directory(name)
                for name in try folder.listing() {
                    guard name.count == 69, name.suffix(5).elementsEqual(".pack".utf8),
                        let id = ObjectID(hex: String(decoding: name.prefix(64), as: UTF8.self)),
                        let status = try folder.status(name)
                    else { continue }
                    found.append(PackIndex.Pack(id: id, size: UInt64(status.size)))
                }
            }
            return found
        }
    }
}
