/// Draws a history as git does, newest first: a column for each line of work that is open.
///
///     * merge
///     |\
///     | * other
///     * | one
///     |/
///     * first
struct HistoryGraph<ID: Hashable> {
    /// What each open column waits for.
    private var columns: [ID] = []

    /// The lines of one version: its first line has the mark, the others go beside further text.
    ///
    /// - Parameters:
    ///   - id: The version; each one comes before its parents.
    ///   - parents: The versions it follows.
    ///   - text: The lines to say of it.
    mutating func lines(for id: ID, parents: [ID], text: [String]) -> [String] {
        var lines: [String] = []
        if !columns.contains(id) { columns.append(id) }
        let column = columns.firstIndex(of: id)!
        // Columns that wait for the same version run together.
        while let other = columns.lastIndex(of: id), other != column {
            lines.append(joiningRow(other, into: column))
            columns.remove(at: other)
        }
        for (index, line) in (text.isEmpty ? [""] : text).enumerated() {
            if index == 1 { advance(column, to: parents, &lines) }
            let prefix = index == 0 ? markedRow(column) : row
            lines.append((prefix + line).trimmingTrailingSpaces)
        }
        if text.count < 2 { advance(column, to: parents, &lines) }
        return lines
    }

    /// Puts a version's parents in the place of its column.
    private mutating func advance(_ column: Int, to parents: [ID], _ lines: inout [String]) {
        guard let first = parents.first else {
            if column < columns.count - 1 { lines.append(closingRow(column)) }
            columns.remove(at: column)
            return
        }
        columns[column] = first
        for (offset, parent) in parents.dropFirst().enumerated() {
            lines.append(openingRow(column + offset))
            columns.insert(parent, at: column + offset + 1)
        }
    }

    private var row: String { columns.map { _ in "| " }.joined() }

    private func markedRow(_ column: Int) -> String {
        columns.indices.map { $0 == column ? "* " : "| " }.joined()
    }

    /// A row in which a new column leaves another, and those after it move right.
    private func openingRow(_ column: Int) -> String {
        columns.indices.map { $0 < column ? "| " : $0 == column ? "|\\" : " \\" }.joined()
    }

    /// A row in which a column joins one before it, and those after it move left.
    private func joiningRow(_ column: Int, into target: Int) -> String {
        let row = columns.indices.map { index -> String in
            let own = index < column ? "|" : " "
            if index >= column - 1 && index < columns.count - 1 { return own + "/" }
            return own + (index >= target && index < column ? "_" : " ")
        }
        return row.joined().trimmingTrailingSpaces
    }

    /// A row in which the columns after one that ends move left.
    private func closingRow(_ column: Int) -> String {
        columns.indices.map { $0 < column ? "| " : $0 < columns.count - 1 ? " /" : "" }.joined()
    }
}
