import Features

/// Where the values of plain features come from that are not those of the current row.
struct PlainTrace {
    let audit: ValueAudit
    /// The columns of the view to look at.
    let places: [Int]

    /// Where a value can come from.
    private struct Origins {
        var future: Int?
        var expired: Int?
        var earlier: Int?
    }

    private struct Tally {
        var wrong = 0
        var traced = 0
        var future = 0
        var expired = 0
        var both = 0
        var example = ""
        var futureExample = ""
        var expiredExample = ""
        var furthest: Int64 = 0
    }

    mutating func findings() -> [LeakageFinding] {
        if places.isEmpty { return [] }
        var tallies = [Int: Tally]()
        for row in audit.rows {
            let current = audit.current(row)
            var wrong: [(place: Int, stored: GuardValue, expected: GuardValue)] = []
            for place in places {
                guard let stored = audit.frame.columns[audit.view.columns[place].name]?.value(row.row),
                    let values = audit.source.values[place]
                else { continue }
                let expected = current.map { values.value($0) } ?? .null
                // A column of single precision holds the nearest it can.
                if !stored.matches(expected, slack: 1e-6) { wrong.append((place, stored, expected)) }
            }
            for item in wrong { add(item, row, wrong, &tallies) }
        }
        return places.compactMap { place in tallies[place].map { finding(place, $0) } }
    }

    private func add(
        _ item: (place: Int, stored: GuardValue, expected: GuardValue),
        _ row: AuditedRow,
        _ wrong: [(place: Int, stored: GuardValue, expected: GuardValue)], _ tallies: inout [Int: Tally]
    ) {
        var tally = tallies[item.place] ?? Tally()
        defer { tallies[item.place] = tally }
        tally.wrong += 1
        if tally.example.isEmpty { tally.example = "\(audit.named(row)): \(item.stored), not \(item.expected)" }
        guard tally.traced < ValueAudit.mostTraced, item.stored != .null else { return }
        tally.traced += 1
        // A row that explains all wrong values of the label at once is more likely theirs than one that explains one.
        var origins = origins(row, wrong.filter { $0.stored != .null })
        if origins.future == nil, origins.expired == nil, origins.earlier == nil { origins = self.origins(row, [item]) }
        switch (origins.future, origins.expired, origins.earlier) {
        case (let future?, nil, nil):
            tally.future += 1
            tally.furthest = max(tally.furthest, lead(future, row.time))
        case (nil, .some, nil): tally.expired += 1
        case (.some, _, _): tally.both += 1
        default: break
        }
        if let future = origins.future, tally.futureExample.isEmpty {
            tally.futureExample =
                "\(audit.named(row)) has \(item.stored) of the row of \(moment(audit.source.eventTimes[future])), known "
                + moment(audit.source.availabilityTimes[future])
        }
        if let expired = origins.expired, tally.expiredExample.isEmpty {
            tally.expiredExample =
                "\(audit.named(row)) has \(item.stored) of the row of \(moment(audit.source.eventTimes[expired])), "
                + "\(span(row.time - audit.source.eventTimes[expired])) before"
        }
    }

    /// How long after the cut a row happened or became known.
    private func lead(_ candidate: Int, _ time: Int64) -> Int64 {
        max(audit.source.eventTimes[candidate], audit.source.availabilityTimes[candidate]) - audit.cut(time)
    }

    private func origins(
        _ row: AuditedRow,
        _ wanted: [(place: Int, stored: GuardValue, expected: GuardValue)]
    ) -> Origins {
        var origins = Origins()
        let cut = audit.cut(row.time)
        for candidate in audit.source.entities[row.hash] ?? [] {
            let explains = wanted.allSatisfy { item in
                audit.source.values[item.place].map { item.stored.matches($0.value(candidate), slack: 1e-6) } ?? false
            }
            if !explains { continue }
            if audit.source.eventTimes[candidate] > cut || audit.source.availabilityTimes[candidate] > cut {
                if origins.future.map({ lead(candidate, row.time) < lead($0, row.time) }) ?? true {
                    origins.future = candidate
                }
            } else if let limit = audit.view.view.timeToLive,
                row.time - audit.source.eventTimes[candidate] > limit.seconds * 1_000_000
            {
                origins.expired = candidate
            } else {
                origins.earlier = candidate
            }
        }
        return origins
    }

    private func finding(_ place: Int, _ tally: Tally) -> LeakageFinding {
        let column = audit.view.columns[place].name
        let rows = LeakageFinding.Evidence("rows", "\(tally.wrong) of \(audit.rows.count)")
        if tally.future > 0 || (tally.both > 0 && tally.expired == 0) {
            var evidence = [rows, .init("example", tally.futureExample)]
            if tally.furthest > 0 { evidence.append(.init("furthest-after-the-cut", span(tally.furthest))) }
            return audit.finding(
                .futureValue, column,
                "values come from rows of '\(audit.view.source.name)' that were not known at the cut; join again",
                evidence)
        }
        if tally.expired > 0 {
            return audit.finding(
                .valuePastTimeToLive, column,
                "values are older than the TTL of \(audit.view.view.timeToLive.map { "\($0)" } ?? "the view"); join again",
                [rows, .init("example", tally.expiredExample)])
        }
        return audit.finding(
            .unexplainedValue, column,
            "values are not what the source gives for these rows; build the training set again, or check it against the "
                + "revision that it was built from", [rows, .init("example", tally.example)])
    }
}
