// What leaves a store, or comes into it, as whole records: nothing is compressed again.
extension Store {
    /// Keeps the clean-up away until the value is let go.
    package func keepingCleanUpAway() throws(StoreError) -> some Sendable {
        let lock = try SharedLock(layout)
        // A clean-up may have run until just now: see what it left.
        try refresh()
        return lock
    }

    /// Copies a record as it stands in its pack, once its object is known to be whole.
    ///
    /// - Parameter target: as long as the record is.
    /// - Throws: ``StoreError/damaged(_:_:reason:)``; what the target holds then means nothing.
    package func copyRecord(
        _ location: RecordLocation, into target: UnsafeMutableRawBufferPointer, _ scratch: inout ReadScratch
    ) throws(StoreError) {
        let payload = try packs.read(location, into: &scratch.record)
        _ = try Self.content(of: payload, location.header, &scratch)
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: scratch.record.bytes[..<target.count]))
    }
}

extension RecordHeader {
    /// The object that a record holds, checked against the id that it is named with.
    ///
    /// - Parameter record: header and payload.
    /// - Returns: the object's bytes, valid until the scratch is used again and as long as the record is.
    /// - Throws: ``StoreError/damaged(_:_:reason:)`` unless it is the record of this header and holds its object.
    package func content(
        ofRecord record: UnsafeRawBufferPointer, _ scratch: inout ReadScratch
    ) throws(StoreError) -> UnsafeRawBufferPointer {
        guard RecordHeader(decoding: record) == self, record.count == Int(recordBytes) else {
            throw .damaged(key.id, key.kind, reason: "its record names something else")
        }
        let payload = UnsafeRawBufferPointer(rebasing: record[PackFormat.recordHeaderCount...])
        return try Store.content(of: payload, self, &scratch)
    }
}
