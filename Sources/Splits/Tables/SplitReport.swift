import TextFormats

/// All that was decided of a split, for people and for scripts.
public struct SplitReport: Sendable {
    /// One part, with what the rows in it are about.
    public struct Part: Sendable, Equatable {
        /// Its name: `train`, `validation` or `test`.
        public let name: String
        /// How many rows it has.
        public let rows: Int
        /// The times of its earliest and its latest row, where the column of times is known.
        public let extent: Extent?
    }

    /// The earliest and the latest time of some rows.
    public struct Extent: Sendable, Equatable {
        /// The earliest.
        public let first: String
        /// The latest.
        public let last: String
    }

    /// What happens when one fold judges.
    public struct Fold: Sendable, Equatable {
        /// Its number, from 1.
        public let number: Int
        /// How many rows have each role, those of ``RowRole/allCases`` in order.
        public let counts: [Int]
        /// The times of its rows.
        public let extent: Extent?

        /// How many rows have a role.
        public subscript(role: RowRole) -> Int { counts[Int(role.rawValue)] }
    }

    /// The rows of one stratum.
    public struct Stratum: Sendable, Equatable {
        /// Its values.
        public let value: String
        /// How many rows it has.
        public let rows: Int
        /// How many of them each part or fold judges or learns from.
        public let partRows: [Int]
    }

    /// The table, as it was named.
    public let table: String
    /// The artifact of the training set that the table is, and its snapshot, where that is known.
    public var trainingSet: (artifact: String, snapshot: String)?
    /// What was asked for.
    public let request: SplitRequest
    /// How many rows there are.
    public let rows: Int
    /// The parts; none where there are folds.
    public private(set) var parts: [Part] = []
    /// The folds; none where there are parts.
    public private(set) var folds: [Fold] = []
    /// How many rows of a split into parts are left out for each reason that was looked for.
    public private(set) var leftOut: [(role: RowRole, rows: Int)] = []
    /// When each part or fold but the first begins.
    public let borders: [String]
    /// How many groups there are, where there are groups.
    public let groupCount: Int?
    /// How many strata there are, where there are strata.
    public let strataCount: Int?
    /// The largest strata, at most ``strataLimit``.
    public private(set) var strata: [Stratum] = []

    /// How many strata a report lists.
    public static let strataLimit = 50

    init(
        table: String, _ request: SplitRequest, _ outcome: TableSplit.Outcome, _ axis: TimeAxis?, borders: [Int64],
        groupCount: Int?, _ keys: RowKeys?
    ) {
        (self.table, self.request, self.groupCount) = (table, request, groupCount)
        self.borders = borders.map { axis?.text(of: $0) ?? "" }
        strataCount = keys?.categories.count
        switch outcome {
        case .holdOut(let split):
            rows = split.roles.count
            let tally = Tally(rows, axis) { split.roles[$0] }
            let count = split.roles.contains(.validation) ? 3 : 2
            parts = RowRole.parts(count).map { Part(name: $0.name, rows: tally[$0], extent: tally.extent(of: $0)) }
            if request.horizon.seconds > 0 || request.embargo.seconds > 0 {
                leftOut = [(.purged, tally[.purged]), (.embargoed, tally[.embargoed])]
            }
            if groupCount != nil, request.method == .time { leftOut.append((.shared, tally[.shared])) }
            let numbers = RowRole.parts(count).enumerated().reduce(into: [Int](repeating: 0, count: 6)) {
                $0[Int($1.element.rawValue)] = $1.offset
            }
            if let keys { strata = Self.strata(keys, count) { numbers[Int(split.roles[$0].rawValue)] } }
        case .folds(let split):
            rows = split.fold.count
            folds = (0..<split.count).map { number in
                let tally = Tally(rows, axis) { split.role(of: $0, in: number) }
                return Fold(number: number + 1, counts: tally.counts, extent: tally.extent(of: .test))
            }
            if let keys { strata = Self.strata(keys, split.count) { Int(split.fold[$0]) } }
        }
    }

    private static func strata(_ keys: RowKeys, _ parts: Int, _ part: (Int) -> Int) -> [Stratum] {
        let count = keys.categories.count
        var counts = [Int](repeating: 0, count: count * parts)
        for (row, code) in keys.categories.codes.enumerated() { counts[Int(code) * parts + part(row)] += 1 }
        let sizes = keys.categories.sizes
        let largest = (0..<count).sorted { (sizes[$1], $0) < (sizes[$0], $1) }.prefix(strataLimit)
        return largest.map { code in
            Stratum(
                value: keys.text(of: code), rows: sizes[code],
                partRows: Array(counts[(code * parts)..<((code + 1) * parts)]))
        }
    }
}

/// How many rows have each role, and when.
private struct Tally {
    private(set) var counts = [Int](repeating: 0, count: RowRole.allCases.count)
    private var extents = [ClosedRange<Int64>?](repeating: nil, count: RowRole.allCases.count)
    private let axis: TimeAxis?

    init(_ rows: Int, _ axis: TimeAxis?, _ role: (Int) -> RowRole) {
        self.axis = axis
        for row in 0..<rows {
            let place = Int(role(row).rawValue)
            counts[place] += 1
            guard let time = axis?.times[row] else { continue }
            let known = extents[place] ?? time...time
            extents[place] = min(known.lowerBound, time)...max(known.upperBound, time)
        }
    }

    subscript(role: RowRole) -> Int { counts[Int(role.rawValue)] }

    func extent(of role: RowRole) -> SplitReport.Extent? {
        guard let axis, let extent = extents[Int(role.rawValue)] else { return nil }
        return SplitReport.Extent(first: axis.text(of: extent.lowerBound), last: axis.text(of: extent.upperBound))
    }
}

// MARK: - JSON

extension SplitReport {
    /// The report as it is written beside a split.
    package var json: JSONObject {
        var object = JSONObject()
        object["table"] = JSON(table)
        if let trainingSet {
            var origin = JSONObject()
            origin["artifact"] = JSON(trainingSet.artifact)
            origin["snapshot"] = JSON(trainingSet.snapshot)
            object["training_set"] = .object(origin)
        }
        object["method"] = JSON(request.method.rawValue)
        object["rows"] = JSON(rows)
        if request.isRandom {
            object["seed"] = JSON(request.seed)
            object["generator"] = JSON("splitmix64")
        }
        if let time = request.time { object["time"] = JSON(time) }
        if !request.group.isEmpty {
            object["group"] = JSON(request.group) { JSON($0) }
            object["groups"] = JSON(groupCount ?? 0)
        }
        if !request.stratify.isEmpty {
            object["stratify"] = JSON(request.stratify) { JSON($0) }
            object["strata_count"] = JSON(strataCount ?? 0)
        }
        if !request.isRandom {
            object["horizon"] = JSON("\(request.horizon)")
            object["embargo"] = JSON("\(request.embargo)")
            object["borders"] = JSON(borders) { JSON($0) }
        }
        if !request.isFolded, request.testFrom == nil {
            object["fractions"] = JSON(request.fractions ?? SplitRequest.defaultFractions) { JSON($0) }
        }
        if folds.isEmpty {
            object["parts"] = JSON(parts) { part in
                var object = JSONObject()
                object["name"] = JSON(part.name)
                object["rows"] = JSON(part.rows)
                object.add(part.extent)
                return .object(object)
            }
            for (role, rows) in leftOut { object[role.name] = JSON(rows) }
        } else {
            object["folds"] = JSON(folds) { fold in
                var object = JSONObject()
                object["fold"] = JSON(fold.number)
                for role in RowRole.allCases where role != .validation { object[role.name] = JSON(fold[role]) }
                object.add(fold.extent)
                return .object(object)
            }
        }
        if !strata.isEmpty {
            object["strata"] = JSON(strata) { stratum in
                var object = JSONObject()
                object["value"] = JSON(stratum.value)
                object["rows"] = JSON(stratum.rows)
                object[folds.isEmpty ? "parts" : "folds"] = JSON(stratum.partRows) { JSON($0) }
                return .object(object)
            }
        }
        return object
    }
}

extension JSONObject {
    fileprivate mutating func add(_ extent: SplitReport.Extent?) {
        guard let extent else { return }
        self["from"] = JSON(extent.first)
        self["to"] = JSON(extent.last)
    }
}
