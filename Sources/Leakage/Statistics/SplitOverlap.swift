import Features
import Tables

/// Compares training and test rows: the same rows, the same entities, and horizons that meet.
struct SplitOverlap {
    let set: JudgedSet
    let split: JudgedSet.Split

    init(_ set: JudgedSet, _ split: JudgedSet.Split) { (self.set, self.split) = (set, split) }

    private struct Side {
        var times: [Int64] = []
        /// The keys of each row, for each way to find an entity.
        var entities: [[UInt64]]
        /// What tells a row from others.
        var identities: [UInt64] = []
        /// All columns of a row.
        var whole: [UInt64] = []

        init(entityCount: Int) { entities = Array(repeating: [], count: entityCount) }
    }

    private var keys: [[String]] {
        var keys: [[String]] = []
        for view in set.plan.views {
            let columns = view.keys.map(\.spineColumn)
            if !keys.contains(columns) { keys.append(columns) }
        }
        return keys
    }

    func findings() throws -> [LeakageFinding] {
        guard let label = set.plan.label, let time = set.timeColumn else { return [] }
        let keys = keys
        var (train, test) = (Side(entityCount: keys.count), Side(entityCount: keys.count))
        switch split {
        case .column(let name):
            guard set.table.types[name] != nil else { throw MissingColumn(column: name, table: set.table.name) }
            try read(set.table, label, time, keys, split: name, train: &train, test: &test)
        case .test(let table):
            var none = Side(entityCount: keys.count)
            try read(set.table, label, time, keys, split: nil, train: &train, test: &none)
            try read(table, label, time, keys, split: nil, train: &test, test: &none)
        }
        if train.times.isEmpty || test.times.isEmpty { return [] }
        var findings: [LeakageFinding] = []
        func found(_ rule: LeakageRule, _ message: String, _ evidence: [LeakageFinding.Evidence]) {
            findings.append(LeakageFinding(rule, service: set.plan.service.name, message, evidence: evidence))
        }
        let sizes: [LeakageFinding.Evidence] = [
            .init("train-rows", "\(train.times.count)"), .init("test-rows", "\(test.times.count)"),
        ]
        let repeated = repeatedRows(train, test, label)
        if repeated > 0 {
            found(
                .duplicateRows, "\(repeated) test rows are in the training set too; split without duplicates",
                sizes + [.init("rows", "\(repeated)")])
        }
        // A split by groups keeps one kind of entity apart; others, such as carriers of planes, may be on both sides.
        let shared = keys.indices.map { Set(train.entities[$0]).intersection(test.entities[$0]).count }
        if shared.contains(0) { return findings }
        let finest = keys.indices.max { Set(test.entities[$0]).count < Set(test.entities[$1]).count } ?? 0
        let mix = Self.interleaving(train.times, test.times)
        if mix >= 0.1 {
            found(
                .sharedEntity,
                "\(shared[finest]) entities (\(keys[finest].joined(separator: ", "))) are in both parts, which share their time; "
                    + "split by time or by groups",
                sizes + [.init("entities", "\(shared[finest])"), .init("interleaved", "\(rounded(mix, 3))")])
        }
        let horizon = label.horizon.seconds * 1_000_000
        let meeting = Self.meeting(train.times, test.times, horizon)
        if meeting > 0 {
            found(
                .overlappingHorizon,
                "\(meeting) training rows have a time within \(label.horizon) of a test row's, so their labels share an outcome; "
                    + "purge them", sizes + [.init("rows", "\(meeting)"), .init("horizon", "\(label.horizon)")])
        }
        return findings
    }

    private func read(
        _ table: GuardTable, _ label: Label, _ timeColumn: String, _ keys: [[String]], split: String?,
        train: inout Side, test: inout Side
    ) throws {
        let schema = table.schema
        let all = schema.names.filter { $0 != split && table.types[$0] != nil }.sorted()
        if let missing = (keys.flatMap { $0 } + [timeColumn]).first(where: { !all.contains($0) }) {
            throw MissingColumn(column: missing, table: table.name)
        }
        let event = label.event.map(\.spine).filter { all.contains($0) }
        let identity = (event.isEmpty ? Array(Set(keys.flatMap { $0 })).sorted() : event) + [timeColumn]
        try table.forEachBatch(all + (split.map { [$0] } ?? [])) { batch in
            let count = batch.count
            let place = Dictionary(all.enumerated().map { ($0.element, $0.offset) }) { first, _ in first }
            func hashes(_ names: [String]) -> [UInt64] {
                let chosen = names.compactMap { name in place[name].map { (name: name, column: batch.columns[$0]) } }
                return chosen.isEmpty ? Array(repeating: 0, count: count) : KeyHash.ofRows(.init(chosen))
            }
            var times = VectorBuilder(.timestamp, capacity: count)
            times.append(batch.columns[place[timeColumn] ?? 0])
            let moments = times.vector
            let (whole, identities, entities) = (hashes(all), hashes(identity), keys.map(hashes))
            for row in 0..<count {
                guard let time = moments.moment(row) else { continue }
                var side = true
                if split != nil {
                    guard let isTrain = Self.isTrain(batch.columns[all.count].cell(at: row)) else { continue }
                    side = isTrain
                }
                func add(_ part: inout Side) {
                    part.times.append(time)
                    part.whole.append(whole[row])
                    part.identities.append(identities[row])
                    for place in entities.indices { part.entities[place].append(entities[place][row]) }
                }
                if side { add(&train) } else { add(&test) }
            }
        }
    }

    private static func isTrain(_ cell: Tables.Cell) -> Bool? {
        switch cell {
        case .text("train"), .text("training"), .boolean(true): true
        case .text(""), .text("purged"), .text("embargo"), .text("embargoed"), .text("shared"), .text("unused"),
            .text("none"), .null:
            nil
        default: false
        }
    }

    /// How many test rows the training set has too.
    private func repeatedRows(_ train: Side, _ test: Side, _ label: Label) -> Int {
        let identities = Set(train.identities)
        // Keys and time tell rows only where no two training rows have the same; else the whole row does.
        let areUnique = !label.event.isEmpty || identities.count * 1000 >= train.identities.count * 999
        if areUnique { return test.identities.count { identities.contains($0) } }
        let whole = Set(train.whole)
        return test.whole.count { whole.contains($0) }
    }

    /// The share of the smaller part whose rows lie among the other's in time: of a random split nearly all, of blocks
    /// next to each other nearly none.
    private static func interleaving(_ train: [Int64], _ test: [Int64]) -> Double {
        var counts: [Int64: (train: Int, test: Int)] = [:]
        for time in train { counts[time, default: (0, 0)].train += 1 }
        for time in test { counts[time, default: (0, 0)].test += 1 }
        var (mixed, changes) = (0, 0)
        var last: Bool?
        for (_, count) in counts.sorted(by: { $0.key < $1.key }) {
            if count.train > 0, count.test > 0 {
                mixed += min(count.train, count.test)
                continue
            }
            let isTrain = count.train > 0
            if let last, last != isTrain { changes += 1 }
            last = isTrain
        }
        // Two blocks meet once; what changes from row to row does so at every second.
        return Double(mixed + max(0, changes - 20) / 2) / Double(max(1, min(train.count, test.count)))
    }

    /// How many training rows have a test row whose interval from time to time + horizon meets theirs.
    private static func meeting(_ train: [Int64], _ test: [Int64], _ horizon: Int64) -> Int {
        let sorted = test.sorted()
        return train.count { time in
            var (low, high) = (0, sorted.count)
            while low < high {
                let middle = (low + high) / 2
                if sorted[middle] <= time - horizon { low = middle + 1 } else { high = middle }
            }
            return low < sorted.count && sorted[low] < time + horizon
        }
    }
}
