import FileSystem
import SystemPackage

/// A file that others can complete once its writer is gone: it is locked as long as the writer lives.
///
/// It is laid out as a pack. ``Store/adoptJournals(isAlone:)`` is the other end.
struct JournalFile: ~Copyable {
    let file: File
    let path: FilePath

    init(_ layout: StoreLayout) throws(StoreError) {
        let name = temporaryName()
        path = layout.journal(name)
        file = try withFileErrors { () throws(FileError) in
            let temporary = layout.temporary.appending(name)
            let file = try File(creating: temporary, permissions: 0o444)
            // Locked before it has the name by which others look for what killed writers left.
            _ = try file.lock(exclusively: true, waits: true)
            try temporary.rename(to: layout.journal(name))
            return file
        }
    }
}
