import Synchronization
import Tables

/// Pieces of columns that come from any thread in any order.
final class Parts: Sendable {
    private let columns: Mutex<[[Column?]]>

    init(columns: Int, pieces: Int) {
        self.columns = Mutex(Array(repeating: Array(repeating: nil, count: pieces), count: columns))
    }

    func set(_ part: Column, _ column: Int, _ piece: Int) { columns.withLock { $0[column][piece] = part } }

    /// The pieces of a column in order, which then are no longer kept here.
    func take(_ column: Int) -> [Column] {
        columns.withLock { columns in
            defer { columns[column] = [] }
            return columns[column].compactMap { $0 }
        }
    }
}
