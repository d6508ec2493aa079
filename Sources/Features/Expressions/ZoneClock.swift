import Foundation

/// What the clocks of a zone showed, from one moment to another. Moments and what clocks show are in microseconds.
struct ZoneClock {
    /// A time in which clocks were the same ahead of UTC.
    private struct Stretch {
        let start: Int64
        let offset: Int64
    }

    /// At least one, by their starts; the first has none.
    private let stretches: [Stretch]

    /// The clocks of a zone, where ``isZone(_:)`` says that it is one; else those of UTC.
    ///
    /// - Parameters:
    ///   - name: `UTC`, an offset such as `+05:30`, or a name such as `America/New_York`.
    ///   - moments: from the first to the last moment that will be asked for.
    init(_ name: String, _ moments: ClosedRange<Int64>) {
        guard let zone = Self.zone(name) else {
            stretches = [Stretch(start: .min, offset: Self.offset(name) ?? 0)]
            return
        }
        // Before the first rules and long after today nothing changes that anybody knows of.
        let years = -3_786_825_600.0...7_258_118_400.0
        func date(_ moment: Int64, _ days: Double) -> Date {
            Date(
                timeIntervalSince1970: min(max(Double(moment) / 1e6, years.lowerBound), years.upperBound) + days
                    * 86_400)
        }
        // A year before, since the beginning of the year may be asked for.
        var moment = date(moments.lowerBound, -370)
        let end = date(moments.upperBound, 2)
        func offset(_ date: Date) -> Int64 { Int64(zone.secondsFromGMT(for: date)) * 1_000_000 }
        var found = [Stretch(start: .min, offset: offset(moment))]
        while let next = zone.nextDaylightSavingTimeTransition(after: moment), next > moment, next < end {
            if offset(next) != found[found.count - 1].offset {
                found.append(
                    Stretch(
                        start: Int64(next.timeIntervalSince1970.rounded()) * 1_000_000, offset: offset(next)))
            }
            moment = next
        }
        stretches = found
    }

    /// Whether clocks can be asked for by a name.
    static func isZone(_ name: String) -> Bool { name == "UTC" || offset(name) != nil || zone(name) != nil }

    private static func zone(_ name: String) -> TimeZone? {
        name.contains("/") && TimeZoneName.isKnown(name) ? TimeZone(identifier: name) : nil
    }

    private static func offset(_ name: String) -> Int64? {
        guard let sign = name.first, sign == "+" || sign == "-", TimeZoneName.isKnown(name) else { return nil }
        let parts = name.dropFirst().split(separator: ":").compactMap { Int64($0) }
        guard parts.count == 2 else { return nil }
        return (sign == "-" ? -1 : 1) * (parts[0] * 60 + parts[1]) * 60_000_000
    }

    /// What clocks showed at a moment; the moment itself where that cannot be told in 64 bits.
    func local(_ moment: Int64) -> Int64 {
        var (low, high) = (0, stretches.count - 1)
        while low < high {
            let middle = (low + high + 1) / 2
            if stretches[middle].start <= moment { low = middle } else { high = middle - 1 }
        }
        let (shown, isPast) = moment.addingReportingOverflow(stretches[low].offset)
        return isPast ? moment : shown
    }

    /// The first moment at which clocks showed this, or later where they left it out.
    func first(showing local: Int64) -> Int64 {
        for (place, stretch) in stretches.enumerated() {
            let (shown, isPast) = local.subtractingReportingOverflow(stretch.offset)
            let moment = max(isPast ? local : shown, stretch.start)
            if place + 1 == stretches.count || moment < stretches[place + 1].start { return moment }
        }
        return local
    }
}
