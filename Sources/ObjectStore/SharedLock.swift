import FileSystem

/// Keeps the clean-up away for as long as it lives; writers hold one too.
final class SharedLock: Sendable {
    private let file: File

    /// Waits while the store is cleaned up.
    init(_ layout: StoreLayout) throws(StoreError) {
        file = try withFileErrors { () throws(FileError) in
            // Opened for reading alone where it can be, so that a store that is mounted read-only can be checked.
            let file = try layout.lock.exists ? File(reading: layout.lock) : File(openingOrCreating: layout.lock)
            _ = try file.lock(exclusively: false, waits: true)
            return file
        }
    }
}
