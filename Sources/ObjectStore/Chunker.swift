import Crypto

/// Cuts files where their content says so, so that an insertion moves boundaries only near it.
///
/// FastCDC with normalised chunking (Xia et al., "The Design of Fast Content-Defined Chunking for Data Deduplication
/// Based Storage Systems", IEEE TPDS 2020). From a chunk's start, `minimum` bytes are skipped. Then, byte by byte from
/// a hash of 0, the hash becomes `2 × hash + gear[byte]` modulo 2⁶⁴, and the chunk ends after the first byte at which
/// the hash's highest *k* bits are zero. With an average of 2ᵃ bytes, *k* is a + 2 while the chunk has at most `average`
/// bytes, that byte included, and a − 2 after. It ends at `maximum` bytes at the latest.
package struct Chunker: Sendable {
    private let parameters: ChunkingParameters
    private let strictLimit: UInt64
    private let looseLimit: UInt64
    private let gear: GearTable

    package init(_ parameters: ChunkingParameters) {
        self.parameters = parameters
        let bits = parameters.average.trailingZeroBitCount
        strictLimit = 1 << UInt64(64 - bits - 2)
        looseLimit = 1 << UInt64(64 - bits + 2)
        gear = .shared
    }

    /// The length of the first chunk.
    ///
    /// - Parameter bytes: at least `maximum` bytes, unless the file ends with them.
    /// - Returns: 0 for no bytes, else a length from 1 to `maximum`.
    /// - Complexity: O(length).
    package func firstCut(in bytes: UnsafeRawBufferPointer) -> Int {
        guard bytes.count > parameters.minimum else { return bytes.count }
        let end = min(bytes.count, parameters.maximum)
        var hash: UInt64 = 0
        if let cut = cut(bytes, parameters.minimum, min(end, parameters.average), strictLimit, &hash) { return cut }
        if end > parameters.average, let cut = cut(bytes, parameters.average, end, looseLimit, &hash) { return cut }
        return end
    }

    /// Looks for a cut in a range: the position past the first byte at which the hash is below the limit.
    @inline(__always)
    private func cut(
        _ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int, _ limit: UInt64, _ hash: inout UInt64
    ) -> Int? {
        let data = bytes.baseAddress!.assumingMemoryBound(to: UInt8.self)
        let gear = gear.values
        var position = start
        var state = hash
        // Four bytes a step: their sums do not wait for the state, which shortens the chain of dependent operations.
        while position + 4 <= end {
            let first = gear[Int(data[position])]
            let second = first &* 2 &+ gear[Int(data[position + 1])]
            let third = second &* 2 &+ gear[Int(data[position + 2])]
            let fourth = third &* 2 &+ gear[Int(data[position + 3])]
            let afterFirst = state &* 2 &+ first
            let afterSecond = state &* 4 &+ second
            let afterThird = state &* 8 &+ third
            let afterFourth = state &* 16 &+ fourth
            if min(min(afterFirst, afterSecond), min(afterThird, afterFourth)) < limit {
                if afterFirst < limit { return position + 1 }
                if afterSecond < limit { return position + 2 }
                if afterThird < limit { return position + 3 }
                return position + 4
            }
            state = afterFourth
            position += 4
        }
        while position < end {
            state = state &* 2 &+ gear[Int(data[position])]
            position += 1
            if state < limit { return position }
        }
        hash = state
        return nil
    }
}

/// 256 random-looking numbers, one a byte: the first 8 bytes, big-endian, of SHA-256 of `vintage gear ` and the byte.
///
/// `@unchecked Sendable`: the memory is written once, before the table is shared, and never freed.
final class GearTable: @unchecked Sendable {
    let values: UnsafePointer<UInt64>

    static let shared = GearTable()

    private init() {
        let table = UnsafeMutablePointer<UInt64>.allocate(capacity: 256)
        for byte in UInt8.min...UInt8.max {
            table[Int(byte)] = ObjectID(of: Array("vintage gear ".utf8) + [byte]).words.0
        }
        values = UnsafePointer(table)
    }
}
