import Tables

/// Features worked out row by row from the design's sentences, with no thought for speed: what the builder is held
/// against.
struct RowOracle {
    let world: RandomWorld

    /// A row of the source that is a fact, with its times in minutes in UTC.
    private struct Fact {
        let row: RandomWorld.Row
        let event: Int
        let known: Int
        let order: Int
    }

    /// The first row, from 1, that is a row of the source and has no time.
    var rowWithoutTime: Int? {
        world.rows.firstIndex { isRow($0) && $0.local == nil }.map { $0 + 1 }
    }

    /// "The rows for which it is not true are no rows of this source."
    private func isRow(_ row: RandomWorld.Row) -> Bool { !world.hasSourceFilter || (row.weight ?? 0) > 0 }

    private var facts: [Fact] {
        world.rows.enumerated().compactMap { order, row in
            guard isRow(row), let local = row.local else { return nil }
            var event = Calendar.moment(ofNewYork: local)
            if world.isDerived { event += 30 * (row.weight ?? 0) }
            let known =
                switch world.availability {
                case .none: event
                case .column: row.known
                case .lag: event + RandomWorld.lag
                case .columnWithLag: row.known + RandomWorld.lag
                }
            return Fact(row: row, event: event, known: known, order: order)
        }
    }

    /// Facts of a label's entity as they are known: "of those known by the cut, only the one known last counts, and none
    /// if it is a retraction", and of these only those of the view's filter.
    private func facts(of label: RandomWorld.Label, isKnown: (Fact) -> Bool) -> [Fact] {
        guard label.name != nil, !world.hasTwoKeys || label.number != nil else { return [] }
        let known = facts.filter {
            $0.row.name == label.name && (!world.hasTwoKeys || $0.row.number == label.number) && isKnown($0)
        }
        func key(_ fact: Fact) -> [String]? {
            switch world.eventKeyCount {
            case 0: return nil
            case 1: return fact.row.event.map { ["\($0)"] }
            default:
                guard let event = fact.row.event, let part = fact.row.part else { return nil }
                return ["\(event)", part]
            }
        }
        return known.filter { fact in
            if world.eventKeyCount > 0, fact.row.isRetracted == true { return false }
            if let own = key(fact) {
                let isReplaced = known.contains {
                    key($0) == own && ($0.known, $0.order) > (fact.known, fact.order)
                }
                if isReplaced { return false }
            }
            return !world.hasViewFilter || (fact.row.value ?? 0) > 2
        }
    }

    private static func order(_ left: Fact, _ right: Fact) -> Bool {
        (left.event, left.known, left.order) < (right.event, right.known, right.order)
    }

    /// All features of a label, in the order of the definition.
    func features(of label: RandomWorld.Label) -> [Cell] {
        let cut = label.time - world.embargo
        let latest = facts(of: label) { $0.known <= cut }.filter { $0.event <= cut }.max(by: Self.order)
            .flatMap { fact in
                world.timeToLive.map { label.time - fact.event <= $0 } ?? true ? fact.row : nil
            }
        var cells: [Cell] = [
            integer(latest?.value), number(latest?.measure), text(latest?.text), number(latest?.measure.map { $0 * 2 }),
            latest?.value.map { .boolean($0 > 2) } ?? .null, integer(latest.map { $0.value ?? -1 }),
        ]
        let windows = RandomWorld.windows.map { length in
            facts(of: label) { $0.known < cut }.filter { $0.event < cut && $0.event >= cut - length }
                .sorted(by: Self.order).map(\.row)
        }
        let functions: [([RandomWorld.Row]) -> Cell] = [
            { integer($0.count) }, { integer($0.compactMap(\.value).count) },
            { integer(sum($0.compactMap(\.value))) }, { number(mean($0.compactMap(\.measure))) },
            { number($0.compactMap(\.measure).min()) }, { integer($0.compactMap(\.value).max()) },
            { text($0.compactMap(\.text).first) }, { integer($0.compactMap(\.value).last.map { $0 + 1 }) },
            { list($0.compactMap(\.value).suffix(2).reversed()) }, { integer(Set($0.compactMap(\.text)).count) },
            { number(deviation($0.compactMap(\.measure))) }, { number(median($0.compactMap(\.measure))) },
            { text($0.compactMap(\.text).min { $0.utf8.lexicographicallyPrecedes($1.utf8) }) },
            { integer(sum($0.compactMap(\.value).filter { $0 > 2 }.map { $0 * 2 })) },
            { integer($0.filter { ($0.value ?? 0) > 2 }.count) },
            { integer($0.filter { $0.group != nil && $0.group == label.group }.count) },
        ]
        for function in functions { cells += windows.map(function) }
        return cells
    }
}

private func integer(_ value: Int?) -> Cell { value.map { .integer(Int64($0)) } ?? .null }
private func number(_ value: Double?) -> Cell { value.map { .number($0) } ?? .null }
private func text(_ value: String?) -> Cell { value.map { .text($0) } ?? .null }
private func list(_ values: [Int]) -> Cell {
    values.isEmpty ? .null : .text("[" + values.map { "\($0)" }.joined(separator: ",") + "]")
}
private func sum(_ values: [Int]) -> Int? { values.isEmpty ? nil : values.reduce(0, +) }
// The values are halves of small numbers, so that their sums and the sums of their squares are exact.
private func mean(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
}
private func deviation(_ values: [Double]) -> Double? {
    guard values.count > 1, let mean = mean(values) else { return nil }
    return (values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(values.count - 1)).squareRoot()
}
private func median(_ values: [Double]) -> Double? {
    let sorted = values.sorted()
    if sorted.isEmpty { return nil }
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}
