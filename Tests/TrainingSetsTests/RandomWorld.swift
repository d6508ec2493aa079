/// A small source and a few labels, with what tends to go wrong: times that tie, facts known late and corrected, nulls
/// everywhere, clocks that were set forward and back, a leap day.
struct RandomWorld {
    struct Row {
        /// What a clock in New York showed, in minutes since 1970; `nil` for no time.
        var local: Int?
        /// When the row was known, in minutes since 1970 in UTC.
        var known: Int
        var name: String?
        var number: Int?
        var group: String?
        var event: Int?
        var part: String?
        var isRetracted: Bool?
        var weight: Int?
        var value: Int?
        var measure: Double?
        var text: String?
    }

    struct Label {
        var name: String?
        var number: Int?
        var group: String?
        /// In minutes since 1970 in UTC.
        var time: Int
    }

    enum Availability: CaseIterable { case none, column, lag, columnWithLag }

    var rows: [Row]
    var labels: [Label]
    var availability: Availability
    /// How many columns name one fact.
    var eventKeyCount: Int
    var hasTwoKeys: Bool
    var hasSourceFilter: Bool
    var hasViewFilter: Bool
    /// In minutes.
    var timeToLive: Int?
    /// In minutes.
    var embargo: Int
    /// Whether the event time is derived: half an hour for each unit of weight after the clock's.
    var isDerived: Bool

    static let lag = 45
    static let windows = [60, 180, 1440]

    /// Midnight in New York, as clocks show it: a leap day, clocks set forward, clocks set back.
    private static let days = [22_174_560, 22_190_400, 22_533_120]
    private static let texts = ["", "a", "b", "ab", "é", "say \"x\", y"]

    static func random(using generator: inout SeededGenerator) -> RandomWorld {
        func chance(_ count: Int) -> Bool { Int.random(in: 0..<count, using: &generator) == 0 }
        func maybe<Value>(_ value: Value, _ count: Int = 5) -> Value? { chance(count) ? nil : value }
        let day = days.randomElement(using: &generator)!
        func local() -> Int { day + 30 * Int.random(in: -8...12, using: &generator) }
        func text() -> String { texts.randomElement(using: &generator)! }
        let rows = (0..<Int.random(in: 0...24, using: &generator)).map { _ in
            let time = local()
            let known = time + 240 + 30 * Int.random(in: -2...12, using: &generator)
            return Row(
                local: maybe(time, 200), known: known, name: maybe(text(), 8),
                number: maybe(Int.random(in: 0...1, using: &generator), 8),
                group: maybe(text()), event: maybe(Int.random(in: 0...3, using: &generator), 8),
                part: maybe(["p", "q"].randomElement(using: &generator)!, 8),
                isRetracted: maybe(chance(5)), weight: maybe(Int.random(in: 0...3, using: &generator)),
                value: maybe(Int.random(in: -5...9, using: &generator), 3),
                measure: maybe(Double(Int.random(in: -8...8, using: &generator)) / 2, 3), text: maybe(text(), 3))
        }
        let labels = (0..<Int.random(in: 0...8, using: &generator)).map { _ in
            Label(
                name: maybe(text(), 8), number: maybe(Int.random(in: 0...1, using: &generator), 8),
                group: maybe(text()), time: local() + 300)
        }
        return RandomWorld(
            rows: rows, labels: labels, availability: Availability.allCases.randomElement(using: &generator)!,
            eventKeyCount: Int.random(in: 0...2, using: &generator), hasTwoKeys: chance(2),
            hasSourceFilter: chance(2), hasViewFilter: chance(2),
            timeToLive: maybe(30 * Int.random(in: 0...10, using: &generator), 2),
            embargo: [0, 0, 30, 45].randomElement(using: &generator)!, isDerived: chance(3))
    }

    // MARK: As files

    private func quoted(_ text: String?) -> String {
        text.map { "\"" + $0.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\"" }
            ?? ""
    }

    private func plain<Value>(_ value: Value?) -> String { value.map { "\($0)" } ?? "" }

    /// The source as CSV.
    var sourceText: String {
        var text = "t,k,name,number,g,e,p,r,w,v,x,s\n"
        for row in rows {
            let fields: [String] = [
                plain(row.local.map(Calendar.text)), Calendar.text(row.known) + "Z", quoted(row.name),
                plain(row.number), quoted(row.group), plain(row.event), quoted(row.part), plain(row.isRetracted),
                plain(row.weight), plain(row.value), plain(row.measure), quoted(row.text),
            ]
            text += fields.joined(separator: ",") + "\n"
        }
        return text
    }

    /// The labels as CSV.
    var spineText: String {
        var text = "name,number,g,at,row\n"
        for (index, label) in labels.enumerated() {
            let fields: [String] = [
                quoted(label.name), plain(label.number), quoted(label.group), Calendar.text(label.time) + "Z",
                "\(index)",
            ]
            text += fields.joined(separator: ",") + "\n"
        }
        return text
    }

    /// How the features are defined.
    var definitions: String {
        let availability =
            switch self.availability {
            case .none: ""
            case .column: "    availability: k\n"
            case .lag: "    availability: {lag: \(Self.lag)m}\n"
            case .columnWithLag: "    availability: {column: k, lag: \(Self.lag)m}\n"
            }
        let eventColumns = ["e", "p"].prefix(eventKeyCount).joined(separator: ", ")
        let eventKey = eventKeyCount == 0 ? "" : "    event_key: [\(eventColumns)]\n    retracted: r\n"
        let types =
            "t: timestamp, k: timestamp, name: string, number: int64, g: string, e: int64, p: string, r: boolean, "
            + "w: int64, v: int64, x: float64, s: string"
        let aggregations = """
                  rows: count()
                  values: count(v)
                  total: sum(v)
                  average: mean(x)
                  least: min(x)
                  most: max(v)
                  earliest: first(s)
                  newest: last(v + 1)
                  two: "last_k(v, 2)"
                  kinds: count_distinct(s)
                  spread: stddev(x)
                  middle: quantile(x, 0.5)
                  first_text: min(s)
                  big: {value: sum(v * 2), where: v > 2}
                  bigs: {value: count(), where: v > 2}
                  grouped: {value: count(), group_by: [g]}
            """
        return """
            entities:
              thing: {keys: {\(hasTwoKeys ? "name: string, number: int64" : "name: string")}}
            sources:
              rows:
                path: data/rows.csv
                zone: America/New_York
                columns: {\(types)}
                derive: {twice: x * 2, moved: "t + minutes(30 * coalesce(w, 0))"}
                event_time: \(isDerived ? "moved" : "t")
            \(availability)\(eventKey)\(hasSourceFilter ? "    where: w > 0\n" : "")
            views:
              facts:
                entity: thing
                source: rows
            \(timeToLive.map { "    ttl: \($0)m\n" } ?? "")    embargo: \(embargo)m
            \(hasViewFilter ? "    where: v > 2\n" : "")    windows: [1h, 3h, 24h]
                features:
                  v:
                  x:
                  s:
                  twice:
                  is_big: v > 2
                  filled: coalesce(v, -1)
            \(aggregations)
            labels:
              label: {column: row, time: at}
            services:
              service: {label: label, features: [facts]}
            """
    }
}

/// Moments as text, worked out here.
enum Calendar {
    /// A date and a time of day of a number of minutes since 1970.
    static func text(_ minutes: Int) -> String {
        var (year, day) = (1970, minutes / 1440)
        func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }
        while day >= (isLeap(year) ? 366 : 365) {
            day -= isLeap(year) ? 366 : 365
            year += 1
        }
        let lengths = [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        var month = 0
        while day >= lengths[month] {
            day -= lengths[month]
            month += 1
        }
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let time = "\(two(minutes % 1440 / 60)):\(two(minutes % 60)):00"
        return "\(year)-\(two(month + 1))-\(two(day + 1))T\(time)"
    }

    /// The moment at which a clock in New York showed a time in 2012, in minutes.
    static func moment(ofNewYork local: Int) -> Int {
        // Clocks were set forward on 11 March at 07:00 and back on 4 November at 06:00 in UTC.
        let summer = (22_190_400 + 420)..<(22_533_120 + 360)
        let (asSummer, asWinter) = (local + 240, local + 300)
        // What was shown twice is the later one; what was never shown is as far after the change.
        if !summer.contains(asWinter) || !summer.contains(asSummer) { return asWinter }
        return asSummer
    }
}
