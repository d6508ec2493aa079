import Tables

/// The values of a category that a model knows, each with a code.
///
/// Code 0 is for values that are not known, code 1 for a missing one; the values follow.
public struct Vocabulary: Sendable, Equatable {
    /// The values, in the order of their codes.
    public let values: [String]
    private let places: [String: Int32]

    /// How many codes stand for no value.
    public static let reservedCodes = 2
    private static let unknown: Int32 = 0
    static let missing: Int32 = 1

    /// Takes values, each once.
    ///
    /// - Returns: `nil` if one is there twice.
    public init?(_ values: [String]) {
        var places: [String: Int32] = [:]
        for (place, value) in values.enumerated() {
            if places.updateValue(Int32(place + Self.reservedCodes), forKey: value) != nil { return nil }
        }
        (self.values, self.places) = (values, places)
    }

    /// Learns the values of some rows: the most frequent first, of two as frequent the one whose bytes come first.
    ///
    /// - Parameters:
    ///   - minimumCount: how many rows a value has at least; rarer ones stay unknown.
    ///   - maximumSize: how many values are learned at most.
    init(learning column: Column, rows: [Int32], minimumCount: Int, maximumSize: Int) {
        var counts: [String: Int] = [:]
        Self.forEachText(of: column, rows) { text in if let text { counts[text, default: 0] += 1 } }
        let ordered = counts.filter { $0.value >= minimumCount }.sorted { left, right in
            if left.value != right.value { return left.value > right.value }
            return left.key.utf8.lexicographicallyPrecedes(right.key.utf8)
        }
        let values = ordered.prefix(maximumSize).map(\.key)
        self.values = values
        places = Dictionary(
            uniqueKeysWithValues: values.enumerated().map { ($1, Int32($0 + Self.reservedCodes)) })
    }

    /// How many codes there are.
    public var codeCount: Int { values.count + Self.reservedCodes }

    /// The code of each row.
    func codes(of column: Column) -> [Int32] {
        var codes: [Int32] = []
        codes.reserveCapacity(column.count)
        Self.forEachText(of: column, nil) { text in
            codes.append(text.map { places[$0] ?? Self.unknown } ?? Self.missing)
        }
        return codes
    }

    /// Calls `body` with the text of each row, `nil` for a null.
    private static func forEachText(of column: Column, _ rows: [Int32]?, _ body: (String?) -> Void) {
        let rows: any Sequence<Int> = rows.map { $0.lazy.map { Int($0) } } ?? 0..<column.count
        let isDone: Void? = column.withDictionary { numbers, dictionary in
            let texts = (0..<dictionary.count).map { dictionary.type.text(of: dictionary.cell(at: $0)) }
            for row in rows { body(column.isNull(at: row) ? nil : texts[Int(numbers[row])]) }
        }
        if isDone != nil { return }
        for row in rows { body(column.isNull(at: row) ? nil : column.type.text(of: column.cell(at: row))) }
    }
}
