/// Sorts pairs of a key and a row number by key, keeping the order of equal keys: a byte-wise radix sort that skips the
/// bytes in which all keys agree.
///
/// The time is linear in the number of pairs; the memory is that of two buffers as long as the longest run sorted so far.
struct RadixSorter: ~Copyable {
    private var spareKeys = FixedArray<UInt64>(uninitializedCount: 0)
    private var spareRows = FixedArray<Int32>(uninitializedCount: 0)
    private let counts = FixedArray<Int32>(uninitializedCount: 1 << Self.digitBits)

    private static var digitBits: Int { 11 }

    /// Sorts both buffers, which are of one length, by `keys`.
    mutating func sort(_ keys: UnsafeMutableBufferPointer<UInt64>, _ rows: UnsafeMutableBufferPointer<Int32>) {
        let count = keys.count
        guard count > 1 else { return }
        if count <= 32 { return Self.insertionSort(keys, rows) }
        var isSorted = true
        var least = keys[0]
        var greatest = keys[0]
        for index in 1..<count {
            let key = keys[index]
            if key < keys[index - 1] { isSorted = false }
            least = min(least, key)
            greatest = max(greatest, key)
        }
        if isSorted { return }
        if spareKeys.values.count < count {
            spareKeys = FixedArray(uninitializedCount: count)
            spareRows = FixedArray(uninitializedCount: count)
        }
        // A short run does not repay clearing a long table of counts.
        let digitBits = count < 4096 ? 8 : Self.digitBits
        let spread = UInt64.bitWidth - (greatest - least).leadingZeroBitCount
        var from = (keys: keys, rows: rows)
        var to = (keys: spareKeys.values, rows: spareRows.values)
        for shift in stride(from: 0, to: spread, by: digitBits) {
            let mask: UInt64 = (1 << digitBits) - 1
            for digit in 0..<(1 << digitBits) { counts[digit] = 0 }
            for index in 0..<count { counts[Int((from.keys[index] &- least) >> shift & mask)] &+= 1 }
            var place: Int32 = 0
            for digit in 0..<(1 << digitBits) {
                let found = counts[digit]
                counts[digit] = place
                place &+= found
            }
            for index in 0..<count {
                let key = from.keys[index]
                let digit = Int((key &- least) >> shift & mask)
                let place = Int(counts[digit])
                counts[digit] &+= 1
                to.keys[place] = key
                to.rows[place] = from.rows[index]
            }
            swap(&from, &to)
        }
        if from.keys.baseAddress != keys.baseAddress {
            for index in 0..<count {
                keys[index] = from.keys[index]
                rows[index] = from.rows[index]
            }
        }
    }

    private static func insertionSort(
        _ keys: UnsafeMutableBufferPointer<UInt64>, _ rows: UnsafeMutableBufferPointer<Int32>
    ) {
        for index in 1..<keys.count {
            let key = keys[index]
            guard key < keys[index - 1] else { continue }
            let row = rows[index]
            var place = index
            while place > 0 && keys[place - 1] > key {
                keys[place] = keys[place - 1]
                rows[place] = rows[place - 1]
                place -= 1
            }
            keys[place] = key
            rows[place] = row
        }
    }
}

extension Int64 {
    /// An unsigned number that sorts as this one does.
    var sortKey: UInt64 { UInt64(bitPattern: self) ^ (1 << 63) }
}

extension UInt64 {
    /// The number whose ``Swift/Int64/sortKey`` this is.
    var fromSortKey: Int64 { Int64(bitPattern: self ^ (1 << 63)) }
}
