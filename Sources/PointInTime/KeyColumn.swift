/// One column of a key, in memory that another owns: it must stay in place for the length of the call it is passed to.
///
/// What it holds at a null does not matter: the caller knows which keys are null, and overwrites their codes.
public enum KeyColumn {
    /// What a column holds.
    public enum Kind: Sendable, Equatable {
        /// Whole numbers; smaller ones, dates and times are widened.
        case integers
        /// Text or bytes.
        case bytes
    }

    /// Whole numbers.
    case integers(UnsafeBufferPointer<Int64>)
    /// Text or bytes as Arrow lays them out: row *i* is `values[offsets[i]..<offsets[i + 1]]`.
    case bytes(offsets: UnsafeBufferPointer<Int32>, values: UnsafeRawBufferPointer)

    /// What the column holds.
    public var kind: Kind {
        switch self {
        case .integers: .integers
        case .bytes: .bytes
        }
    }

    /// How many rows there are.
    public var count: Int {
        switch self {
        case .integers(let values): values.count
        case .bytes(let offsets, _): max(0, offsets.count - 1)
        }
    }

    /// Mixes the column's values into the hashes of some rows, those from `first` on.
    func mix(into hashes: UnsafeMutableBufferPointer<UInt64>, from first: Int) {
        switch self {
        case .integers(let values):
            for index in hashes.indices {
                hashes[index] = Hash.mix(hashes[index], UInt64(bitPattern: values[first &+ index]))
            }
        case .bytes(let offsets, let values):
            for index in hashes.indices {
                let bytes = Self.bytes(offsets, values, at: first &+ index)
                hashes[index] = Hash.mix(hashes[index], bytes)
            }
        }
    }

    @inline(__always)
    static func bytes(
        _ offsets: UnsafeBufferPointer<Int32>, _ values: UnsafeRawBufferPointer, at row: Int
    ) -> UnsafeRawBufferPointer {
        let (start, end) = (Int(offsets[row]), Int(offsets[row &+ 1]))
        // An empty run may have no address.
        guard end > start, let base = values.baseAddress else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(start: base + start, count: end &- start)
    }
}

/// A hash by wide multiplication: each step folds the two halves of a 128-bit product. It only spreads keys over a table;
/// codes do not depend on it.
enum Hash {
    static let seed: UInt64 = 0x9E37_79B9_7F4A_7C15

    @inline(__always)
    static func mix(_ hash: UInt64, _ word: UInt64) -> UInt64 {
        let product = (hash ^ word ^ 0xD6E8_FEB8_6659_FD93).multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
        return product.high ^ product.low
    }

    @inline(__always)
    static func mix(_ hash: UInt64, _ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hash = mix(hash, UInt64(truncatingIfNeeded: bytes.count))
        var place = 0
        while place &+ 8 <= bytes.count {
            hash = mix(hash, bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
            place &+= 8
        }
        guard place < bytes.count else { return hash }
        var rest: UInt64 = 0
        while place < bytes.count {
            rest = rest << 8 | UInt64(bytes[place])
            place &+= 1
        }
        return mix(hash, rest)
    }
}
