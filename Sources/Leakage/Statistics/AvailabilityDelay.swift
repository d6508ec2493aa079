import Features
import Tables

/// Looks for signs that a source's rows became known later than their events, where nobody declared when.
struct AvailabilityDelay {
    let source: FeatureSource
    let table: GuardTable
    let service: String
    let settings: LeakageSettings

    init(_ source: FeatureSource, _ table: GuardTable, _ service: String, _ settings: LeakageSettings) {
        (self.source, self.table, self.service, self.settings) = (source, table, service, settings)
    }

    /// Parts of names that say when a row was written or a fact became known.
    private static let knowledge = [
        "ingest", "created", "updated", "modified", "loaded", "load_time", "received", "recorded", "reported",
        "published",
        "posted", "known", "available", "availability", "processed", "inserted", "arrived", "landed", "settled",
        "finished", "completed", "closed", "synced", "written",
    ]
    /// Parts of names that say what is planned, and known beforehand.
    private static let plans = [
        "sched", "plan", "due", "expir", "until", "valid", "deadline", "eta", "expected", "forecast", "target", "next",
        "renew",
    ]

    private static let mostRows = 5_000
    private static let leastRows = 30

    /// A column that lies after the event time.
    struct Delay {
        let column: String
        /// In how many rows it is later, of those that have both times.
        let later: Int
        let rows: Int
        /// The delays of the middle and the last row, in microseconds.
        let median: Int64
        let longest: Int64
    }

    func findings() throws -> [LeakageFinding] {
        if source.availability != nil { return [] }
        return try delays().map(finding)
    }

    /// The times that lie after the event time in most rows, and before it in nearly none, unless their names say that they
    /// are planned.
    func delays() throws -> [Delay] {
        let types = table.types
        let ofEvent = source.columnsOfData(for: [source.eventTime])
        let others = table.schema.names.filter { types[$0] == .timestamp && !ofEvent.contains($0) }
        if others.isEmpty { return [] }
        let (rows, _) = try table.sampledRows(
            limit: Self.mostRows, seed: settings.seed, readRows: settings.readRows)
        let needed = (ofEvent + others).filter { types[$0] != nil }
        let columns = try table.values(needed, rows: rows)
        guard let event = try eventTimes(columns, rows.count) else { return [] }
        return others.compactMap { name in columns[name].flatMap { delay(name, $0, event) } }
    }

    private func eventTimes(_ columns: [String: ExpressionVector], _ count: Int) throws -> ExpressionVector? {
        var batch = ExpressionBatch(count: count, columns: columns)
        var types = columns.mapValues(\.type)
        var vectors = columns
        for column in source.derivedColumns(for: [source.eventTime]) {
            guard let bound = try? column.expression.bound(to: ColumnTypes(types)) else { return nil }
            let vector = try bound.evaluate(batch)
            batch.add(column.name, vector)
            types[column.name] = vector.type
            vectors[column.name] = vector
        }
        return vectors[source.eventTime]
    }

    private func delay(_ name: String, _ column: ExpressionVector, _ event: ExpressionVector) -> Delay? {
        let word = name.lowercased()
        if Self.plans.contains(where: { word.contains($0) }) { return nil }
        var delays: [Int64] = []
        for row in 0..<column.count {
            if let happened = event.moment(row), let other = column.moment(row) { delays.append(other - happened) }
        }
        delays.sort()
        let later = delays.count { $0 > 0 }
        let notBefore = delays.count { $0 >= 0 }
        guard delays.count >= Self.leastRows, notBefore * 100 >= delays.count * 99, later * 2 >= delays.count else {
            return nil
        }
        return Delay(
            column: name, later: later, rows: delays.count, median: delays[delays.count / 2],
            longest: delays[delays.count - 1])
    }

    private func finding(_ delay: Delay) -> LeakageFinding {
        let (name, word) = (delay.column, delay.column.lowercased())
        let isTelling = Self.knowledge.contains { word.contains($0) }
        return LeakageFinding(
            .availabilityUndeclared, service: service, subject: source.name,
            "its column '\(name)' is \(span(delay.median)) after the event time in the middle row; if rows are known "
                + "then, declare 'availability: \(name)', and 'availability: {lag: 0s}' if they are known at once",
            evidence: [
                .init("column", name), .init("later-rows", "\(delay.later) of \(delay.rows)"),
                .init("median-delay", span(delay.median)), .init("longest-delay", span(delay.longest)),
            ], severity: isTelling ? .error : .warning, place: source.place)
    }
}
