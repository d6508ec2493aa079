/// How a record's payload is stored.
package enum PayloadEncoding: UInt8, Sendable {
    case raw = 0
    case zstd = 1
}

/// What a pack says of one object, in its index and before its payload.
package struct RecordHeader: Equatable, Sendable {
    package var key: ObjectKey
    package var encoding: PayloadEncoding
    package var rawLength: UInt32
    package var storedLength: UInt32

    package func encode(into buffer: UnsafeMutableRawBufferPointer) {
        buffer[0] = key.kind.rawValue
        buffer[1] = encoding.rawValue
        buffer[2] = 0
        buffer[3] = 0
        buffer.storeBytes(of: rawLength.littleEndian, toByteOffset: 4, as: UInt32.self)
        buffer.storeBytes(of: storedLength.littleEndian, toByteOffset: 8, as: UInt32.self)
        key.id.store(into: buffer, at: 12)
    }

    package init(key: ObjectKey, encoding: PayloadEncoding, rawLength: UInt32, storedLength: UInt32) {
        self.key = key
        self.encoding = encoding
        self.rawLength = rawLength
        self.storedLength = storedLength
    }

    /// Reads a header; `nil` if the bytes are none.
    package init?(decoding bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= PackFormat.recordHeaderCount, let kind = ObjectKind(rawValue: bytes[0]),
            let encoding = PayloadEncoding(rawValue: bytes[1]), bytes[2] == 0, bytes[3] == 0
        else { return nil }
        key = ObjectKey(ObjectID(loading: bytes, at: 12), kind)
        self.encoding = encoding
        rawLength = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        storedLength = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
        guard Int(rawLength) <= PackFormat.maximumObjectSize, Int(storedLength) <= PackFormat.maximumObjectSize,
            encoding != .raw || rawLength == storedLength
        else { return nil }
    }
}

/// Where an object's record stands.
package struct RecordLocation: Sendable {
    package var header: RecordHeader
    /// The pack's id.
    package var pack: ObjectID
    /// Where the record's header starts in the pack.
    package var offset: UInt32
}
