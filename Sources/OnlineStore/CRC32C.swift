/// The cyclic redundancy check of RFC 3720, appendix B.4: it tells that bytes were changed by accident.
enum CRC32C {
    /// The checks of each byte, and of each byte before up to seven zero bytes.
    private static let tables: [[UInt32]] = {
        var tables: [[UInt32]] = [
            (0..<256).map { byte in
                (0..<8).reduce(UInt32(byte)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0x82f6_3b78 : sum >> 1 }
            }
        ]
        for _ in 1..<8 {
            let first = tables[0]
            tables.append(tables[tables.count - 1].map { $0 >> 8 ^ first[Int($0 & 0xff)] })
        }
        return tables
    }()

    private static let flat = tables.flatMap { $0 }

    /// The checksum of bytes.
    ///
    /// - Parameter before: the checksum of what goes before them, if anything does.
    static func checksum(_ bytes: UnsafeRawBufferPointer, after before: UInt32 = 0) -> UInt32 {
        flat.withUnsafeBufferPointer { tables in
            var (sum, place) = (~before, 0)
            while place + 8 <= bytes.count {
                let word =
                    UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)) ^ UInt64(sum)
                sum = 0
                for byte in 0..<8 { sum ^= tables[(7 - byte) << 8 + Int(word >> UInt64(8 * byte) & 0xff)] }
                place += 8
            }
            while place < bytes.count {
                sum = sum >> 8 ^ tables[Int((sum ^ UInt32(bytes[place])) & 0xff)]
                place += 1
            }
            return ~sum
        }
    }
}
