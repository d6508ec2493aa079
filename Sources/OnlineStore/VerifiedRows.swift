import Features
import ObjectStore
import Tables
import TrainingSets

/// What a store holds of an entity.
struct HeldRows {
    /// The first moment that the store answers for.
    let horizon: Int64
    private let mark: ViewMark
    private let origins: [RowOrigin]
    private let rows: RecordBatch

    /// Reads the bytes.
    ///
    /// - Throws: ``OnlineStoreError/damaged(store:what:)`` with the entity, if they are no rows.
    init(
        _ bytes: [UInt8]?, _ plan: ViewPlan, _ mark: ViewMark, _ entity: [UInt8], in storage: any OnlineStorage
    ) throws {
        self.mark = mark
        var columns = mark.fields.map { GrowingColumn($0.type) }
        var found = (horizon: mark.horizon, origins: [RowOrigin]())
        if let bytes {
            let key = OnlineKey(space: mark.space, entity: entity)
            guard let read = EntityRows.read(bytes, at: key, into: &columns) else {
                throw OnlineStoreError.damagedRows(of: key, plan, in: storage)
            }
            found = (read.horizon, read.origins)
        }
        (horizon, origins) = (max(found.horizon, mark.horizon), found.origins)
        rows = RecordBatch(Schema(mark.fields), columns.map { $0.finish() }, count: origins.count)
    }

    /// The rows that a value is of.
    func sources(
        of column: Int, _ plan: ViewPlan, at spine: SpineTable, row: Int, _ files: NumberedFiles
    ) throws -> [RowSource] {
        let view = try PreparedView(plan, fields: mark.fields, name: "the online store")
        guard plan.columns[column].window != nil else {
            let question = try SpineTable(
                RecordBatch(
                    spine.columns.schema, spine.columns.columns.map { $0.gather([Int32(row)], workers: 1) }, count: 1),
                name: spine.name, time: spine.timeColumn)
            guard let latest = try view.features(of: rows, at: question).latest, latest[0] >= 0 else { return [] }
            return [files.source(of: origins[Int(latest[0])])]
        }
        let times = try FactTimes(view, rows)
        return times.rows(inWindow: plan.columns[column], plan, at: spine.labelTimes[row], origins.indices).map {
            files.source(of: origins[$0])
        }
    }
}

/// When the facts of rows happened and became known, in microseconds.
struct FactTimes {
    var events: [Int64] = []
    var availabilities: [Int64] = []
    /// Which of them can be facts of the view.
    private var areCounted: [Bool] = []

    /// Of no rows.
    init() {}

    init(_ view: PreparedView, _ rows: RecordBatch) throws {
        try view.source(rows).forEachBatch { facts in
            events += facts.eventTimes
            availabilities += facts.availabilityTimes
            areCounted += facts.isCounted ?? Array(repeating: true, count: facts.count)
        }
    }

    /// Whether one of some rows is a fact that is known at a moment.
    func isAnyKnown(of rows: Range<Int>, at moment: Int64) -> Bool {
        rows.contains { areCounted[$0] && events[$0] <= moment && availabilities[$0] <= moment }
    }

    /// The rows of the window of an aggregation at a moment that were known then, the newest first.
    func rows(
        inWindow column: ViewPlan.Column, _ plan: ViewPlan, at moment: Int64, _ rows: some Sequence<Int>
    ) -> [Int] {
        guard let window = column.window else { return [] }
        let cut = moment - plan.view.embargo.seconds * 1_000_000
        let (start, isBeforeAllTime) = cut.subtractingReportingOverflow(window.span.seconds * 1_000_000)
        let first = isBeforeAllTime ? .min : start
        return rows.filter { availabilities[$0] < cut && events[$0] >= first && events[$0] < cut }
            .sorted { (events[$0], availabilities[$0], $0) > (events[$1], availabilities[$1], $1) }
    }
}

/// All rows of some entities, of files and of pushes, for the join.
struct OfflineRows {
    let view: PreparedView
    let rows: RecordBatch
    let origins: [RowOrigin]
    private let times: FactTimes
    private let rowsOfEntity: [[Int]]
    private let plan: ViewPlan

    var eventTimes: [Int64] { times.events }

    init(
        of entities: [[UInt8]], _ source: ViewSource, _ plan: ViewPlan, _ mark: ViewMark, _ pushes: [PushID]
    ) throws {
        self.plan = plan
        let places = Dictionary(uniqueKeysWithValues: entities.enumerated().map { ($1, $0) })
        // By the numbers that a coder gives, so that the names of entities are made once for each.
        var (coder, placeOfCode) = (EntityCoder(plan), [Int??]())
        var (numbers, rowsOfEntity) = ([Int32](), entities.map { _ in [Int]() })
        try source.forEachBatch { facts in
            let isPushed = source.fileRowCount.map { facts.firstRow >= $0 } ?? false
            let codes = try coder.codes(of: facts)
            placeOfCode += repeatElement(nil, count: coder.count - placeOfCode.count)
            for (row, code) in codes.enumerated() where code >= 0 {
                let place = placeOfCode[Int(code)] ?? facts.entityKey(ofRow: row).flatMap { places[$0] }
                placeOfCode[Int(code)] = .some(place)
                guard let entity = place else { continue }
                if let until = mark.until, !isPushed, facts.availabilityTimes[row] > until { continue }
                rowsOfEntity[entity].append(numbers.count)
                numbers.append(Int32(truncatingIfNeeded: facts.firstRow + row))
            }
        }
        let first = source.fileRowCount ?? 0
        origins = numbers.map { Int($0) < first ? .file($0) : .push(pushes[Int($0) - first]) }
        rows = try source.rows(numbers)
        view = try PreparedView(plan, fields: source.fields, name: plan.source.name)
        times = try FactTimes(view, rows)
        self.rowsOfEntity = rowsOfEntity
    }

    /// Where rows of an entity come from that an aggregation may take at a moment, the newest first.
    func origins(
        inWindow column: ViewPlan.Column, _ plan: ViewPlan, of entity: Int, at moment: Int64
    ) -> [RowOrigin] {
        times.rows(inWindow: column, plan, at: moment, rowsOfEntity[entity]).map { origins[$0] }
    }

    /// The moments at which an entity may be asked for.
    func moments(of entity: Int, _ plan: ViewPlan, from first: Int64, to last: Int64) -> MomentDraw {
        var spans: [Int64] = [0]
        if let timeToLive = plan.view.timeToLive { spans.append(timeToLive.seconds) }
        spans += Set(plan.columns.compactMap { $0.window?.span.seconds }).sorted()
        let embargo = plan.view.embargo.seconds * 1_000_000
        let known = rowsOfEntity[entity].map { max(times.events[$0], times.availabilities[$0]) &+ embargo }
        // A window is counted from the cut, a time to live from the label.
        let aged = rowsOfEntity[entity].flatMap { row in spans.map { times.events[row] &+ $0 &* 1_000_000 } }
        let edges = (known + aged + aged.map { $0 &+ embargo }).flatMap { [$0, $0 &+ 1] }
        return MomentDraw(first: first, last: last, edges: edges.filter { first <= $0 && $0 <= last })
    }

    /// What is asked for: entities at moments, each with the group of one of its rows.
    func spine(_ pairs: [Int], _ moments: [Int64], _ entities: [[UInt8]], seed: UInt64) throws -> SpineTable {
        guard var columns = EntityKey.columns(of: pairs.map { entities[$0] }, by: plan.keys) else {
            throw TrainingSetError.misuse("the online store has rows of what is no entity of '\(plan.view.name)'")
        }
        let groups = pairs.enumerated().map { number, entity -> Int32? in
            let own = rowsOfEntity[entity]
            if own.isEmpty { return nil }
            let chance = EntitySample.chance(seed &+ UInt64(number), entities[entity]).bytes
            return Int32(own[(Int(chance[0]) << 8 | Int(chance[1])) % own.count])
        }
        for (name, column) in try view.source(rows).groupColumns() where !columns.contains(where: { $0.name == name }) {
            columns.append((name, column.gather(groups.map { $0 ?? -1 }, workers: 1)))
        }
        var time = "time"
        while columns.contains(where: { $0.name == time }) { time += "_of_label" }
        columns.append((time, Column(moments.map { Optional($0) }, .timestamp(.microsecond, zone: "UTC"))))
        return try SpineTable(RecordBatch(columns), name: "the entities that were drawn", time: time)
    }
}

/// Draws moments of an entity.
struct MomentDraw {
    let first: Int64
    let last: Int64
    /// Those at which a row may begin or cease to count, and those right after them.
    let edges: [Int64]

    /// A moment by chance: mostly one of the edges; else the last one or any.
    func moment(_ seed: UInt64, _ entity: [UInt8], _ number: Int) -> Int64 {
        let bytes = EntitySample.chance(seed, entity + withUnsafeBytes(of: number.littleEndian) { Array($0) }).bytes
        let chance = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self).littleEndian }
        if bytes[0] < 32 { return last }
        if bytes[0] < 96 || edges.isEmpty { return first + Int64(chance % UInt64(last - first + 1)) }
        return edges[Int(chance % UInt64(edges.count))]
    }
}
