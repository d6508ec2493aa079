import FileSystem
import ObjectStore
import SystemPackage
import Workspace

/// A workspace's store as git-lfs sees it: files by the SHA-256 of all their bytes.
///
/// What is put here is kept by the clean-up and checked by `fsck` until somebody lets go of it: other clones may need it.
final class LargeFileStore {
    private let store: Store
    private let contents: FilteredContents

    /// Told of bytes as they pass.
    typealias Progress = (_ bytes: UInt64) throws(FileError) -> Void

    init(_ workspace: Workspace) {
        store = workspace.store
        contents = FilteredContents(workspace)
    }

    /// Whether something was put that other processes cannot read yet.
    var hasUnfinished: Bool { contents.hasUnfinished }

    /// Completes what was put: everybody sees it from now on, and no power cut loses it.
    func finish() throws(StoreError) { try contents.finish() }

    /// The content that the store has for a name.
    ///
    /// A file of one chunk is found by its name alone, whoever stored it: a chunk has the SHA-256 of its bytes as id.
    func content(named name: ObjectID, size: UInt64) throws(StoreError) -> FileReference? {
        if let kept = try store.keptFile(name), contents.isPresent(kept.content) { return kept.content }
        if size == 0 { return name == .empty ? .empty : nil }
        let chunk = FileReference(id: name, size: size, level: 0)
        return size <= UInt64(store.parameters.maximum) && contents.isPresent(chunk) ? chunk : nil
    }

    /// Stores a file, unless the store keeps it already.
    ///
    /// When this returns, a kill of this process does not lose it any more.
    ///
    /// - Throws: ``LargeFileError/wrongContent(_:expected:found:)`` if its bytes do not have the name; nothing is kept then.
    func put(_ path: FilePath, named name: ObjectID, size: UInt64, _ progress: Progress) throws {
        if let kept = try store.keptFile(name), kept.content.size == size, contents.isPresent(kept.content) {
            return try progress(size)
        }
        let file = try File(reading: path)
        file.expectSequentialReads()
        var digest = ContentDigest()
        let content = try contents.store { (space) throws(StoreError) in
            do throws(FileError) {
                let count = try file.read(into: space)
                digest.take(UnsafeRawBufferPointer(rebasing: space[..<count]))
                if count > 0 { try progress(UInt64(count)) }
                return count
            } catch {
                throw .file(error)
            }
        }
        guard digest.value == name else {
            throw LargeFileError.wrongContent(displayed(path), expected: name, found: digest.value)
        }
        guard digest.count == size else {
            throw LargeFileError.wrongSize(name, expected: size, found: digest.count)
        }
        try store.keep(KeptFile(digest: name, content: content))
    }

    /// Writes a file's bytes, each checked, and the whole against its name.
    ///
    /// - Throws: ``LargeFileError/missing(_:store:)``, or what is wrong with the stored content. What was written then is
    ///   not to be used.
    func write(_ name: ObjectID, size: UInt64, to file: borrowing File, _ progress: Progress) throws {
        guard let content = try content(named: name, size: size) else {
            throw LargeFileError.missing(name, store: store.path)
        }
        guard content.size == size else {
            throw LargeFileError.wrongSize(name, expected: size, found: content.size)
        }
        var digest = ContentDigest()
        if content.size > 0 {
            try contents.read(content) { (bytes) throws(StoreError) in
                digest.take(bytes)
                do throws(FileError) {
                    try file.write(bytes)
                    try progress(UInt64(bytes.count))
                } catch {
                    throw .file(error)
                }
            }
        }
        guard digest.value == name else {
            throw LargeFileError.wrongContent("the store", expected: name, found: digest.value)
        }
    }
}
