/// Rows of a source that are wanted, each once, and where each is among them.
///
/// It is a bit for each row of the source and the number of bits before each word, so that it costs little for
/// tables of any length.
struct RowSelection {
    private var words: [UInt64]
    private var before: [Int32] = []
    /// How many rows are wanted.
    private(set) var count = 0

    /// Takes numbers of rows; negative ones are none.
    init(_ lists: [[Int32]]) {
        let greatest = lists.reduce(Int32(-1)) { max($0, $1.max() ?? -1) }
        words = [UInt64](repeating: 0, count: (Int(greatest) + 64) / 64)
        for list in lists {
            for row in list where row >= 0 { words[Int(row) >> 6] |= 1 << UInt64(row & 63) }
        }
        before.reserveCapacity(words.count)
        for word in words {
            before.append(Int32(count))
            count += word.nonzeroBitCount
        }
    }

    /// The rows, ascending.
    var rows: [Int32] {
        var rows: [Int32] = []
        rows.reserveCapacity(count)
        for (index, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                rows.append(Int32(index << 6 + rest.trailingZeroBitCount))
                rest &= rest - 1
            }
        }
        return rows
    }

    /// The place of each row among ``rows``; -1 for none.
    func places(of list: [Int32]) -> [Int32] {
        list.map { row in
            if row < 0 { return -1 }
            let (index, bit) = (Int(row) >> 6, UInt64(row & 63))
            return before[index] + Int32((words[index] & ((1 << bit) - 1)).nonzeroBitCount)
        }
    }
}
