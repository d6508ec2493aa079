extension Store {
    /// Calls `body` with each chunk of a file, in order, reading its manifest on the way.
    package func forEachChunk(
        of file: FileReference, _ body: (Manifest.Entry) throws(StoreError) -> Void
    ) throws(StoreError) {
        if file.size == 0 { return }
        try forEachChunk(Manifest.Entry(id: file.id, size: file.size), level: file.level, body)
    }

    private func forEachChunk(
        _ entry: Manifest.Entry, level: UInt8, _ body: (Manifest.Entry) throws(StoreError) -> Void
    ) throws(StoreError) {
        if level == 0 { return try body(entry) }
        for child in try children(of: entry, level: level) { try forEachChunk(child, level: level - 1, body) }
    }

    private func children(of entry: Manifest.Entry, level: UInt8) throws(StoreError) -> [Manifest.Entry] {
        let manifest = try manifest(entry.id, level: level)
        guard manifest.size == entry.size else {
            throw .malformed(entry.id, reason: "its chunks do not add up to the size it is named with")
        }
        return manifest.entries
    }

    /// Calls `body` with the bytes of a range of a file, piece by piece, reading only the chunks that the range touches.
    ///
    /// - Parameter range: a range of bytes; what lies past the file's end is left out.
    public func read(
        _ file: FileReference, range: Range<UInt64> = 0..<UInt64.max,
        _ body: (UnsafeRawBufferPointer) throws(StoreError) -> Void
    ) throws(StoreError) {
        let range = range.clamped(to: 0..<file.size)
        if range.isEmpty { return }
        var scratch = ReadScratch()
        try read(Manifest.Entry(id: file.id, size: file.size), file.level, at: 0, range, &scratch, body)
    }

    private func read(
        _ entry: Manifest.Entry, _ level: UInt8, at start: UInt64, _ range: Range<UInt64>,
        _ scratch: inout ReadScratch, _ body: (UnsafeRawBufferPointer) throws(StoreError) -> Void
    ) throws(StoreError) {
        if level == 0 {
            let bytes = try read(ObjectKey(entry.id, .chunk), &scratch)
            guard UInt64(bytes.count) == entry.size else {
                throw .malformed(entry.id, reason: "a file states another length for it than it has")
            }
            let part = range.clamped(to: start..<start + entry.size)
            return try body(
                UnsafeRawBufferPointer(rebasing: bytes[Int(part.lowerBound - start)..<Int(part.upperBound - start)]))
        }
        var position = start
        for child in try children(of: entry, level: level) {
            let covered = position..<position + child.size
            if covered.overlaps(range) { try read(child, level - 1, at: position, range, &scratch, body) }
            position = covered.upperBound
        }
    }

    /// The whole content of a file that is known to be small, such as a link's target.
    public func contents(of file: FileReference) throws(StoreError) -> [UInt8] {
        var contents: [UInt8] = []
        try read(file) { (bytes) throws(StoreError) in contents.append(contentsOf: bytes) }
        return contents
    }
}
