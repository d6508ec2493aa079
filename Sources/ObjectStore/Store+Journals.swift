import FileSystem
import SystemPackage

extension Store {
    /// Completes what killed writers left in their journals: what they had persisted is in the store afterwards.
    ///
    /// - Parameter isAlone: whether the caller holds the store's lock alone, so that no further one can be had.
    /// - Returns: whether there is a journal whose writer lives.
    @discardableResult
    func adoptJournals(isAlone: Bool) throws(StoreError) -> Bool {
        var areAlive = false
        for path in try withFileErrors({ () throws(FileError) in try layout.journals() }) {
            guard let journal = try opened(path) else { continue }
            let isOurs: Bool
            do throws(FileError) {
                isOurs = try journal.lock(exclusively: true, waits: false)
                // Another process may have completed and removed it since it was opened.
                if isOurs, try path.status()?.inode != journal.status().inode { continue }
            } catch {
                throw .file(error)
            }
            guard isOurs else {
                areAlive = true
                continue
            }
            guard let writer = try makeAdoptingWriter(isAlone: isAlone) else { continue }
            try adopt(path, writer)
            try withFileErrors { () throws(FileError) in try path.remove() }
        }
        return areAlive
    }

    /// Whether a process writes to the store whose objects are not all to be seen yet.
    public func hasLiveJournals() throws(StoreError) -> Bool { try adoptJournals(isAlone: false) }

    private func opened(_ path: FilePath) throws(StoreError) -> File? {
        do throws(FileError) {
            return try File(reading: path)
        } catch {
            if error.isNotFound { return nil }
            throw .file(error)
        }
    }

    /// A writer that does not wait; `nil` while the store is cleaned up by somebody else.
    private func makeAdoptingWriter(isAlone: Bool) throws(StoreError) -> StoreWriter? {
        let lock = try withFileErrors { () throws(FileError) in try File(openingOrCreating: self.layout.lock) }
        if !isAlone {
            let isShared: Bool
            do throws(FileError) {
                isShared = try lock.lock(exclusively: false, waits: false)
            } catch {
                throw .file(error)
            }
            guard isShared else { return nil }
        }
        return StoreWriter(
            store: self, level: Store.standardCompressionLevel, targetSize: PackFormat.targetSize, lock: lock)
    }

    /// Takes the whole records at a journal's beginning; a record that was being written is where it ends.
    private func adopt(_ path: FilePath, _ writer: StoreWriter) throws(StoreError) {
        var walker = try PackWalker.open(path, readsPayloads: true)
        guard walker.hasHeader else { return }
        var scratch = ReadScratch()
        while case .record(let header, _, let record) = try walker.next() {
            let payload = UnsafeRawBufferPointer(rebasing: record[PackFormat.recordHeaderCount...])
            // After a power cut a journal may hold anything.
            guard (try? Self.content(of: payload, header, &scratch)) != nil else { break }
            if location(of: header.key) != nil { continue }
            switch header.encoding {
            case .raw: try writer.put(payload, kind: header.key.kind)
            case .zstd: try writer.copy(record, header: header)
            }
        }
        _ = try writer.completePacks()
    }
}
