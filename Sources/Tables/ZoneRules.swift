import Foundation

/// How far the clocks of a time zone were ahead of UTC, and when that changed.
struct ZoneRules: Sendable {
    private enum Kind: Sendable {
        case offset(seconds: Int64)
        case zone(TimeZone)
    }

    private let kind: Kind

    /// - Parameter name: a name such as `Europe/Berlin`, `UTC`, or an offset such as `+02:00`.
    init(named name: String) throws(TableError) {
        if ["UTC", "Z", "Etc/UTC", "GMT"].contains(name) {
            kind = .offset(seconds: 0)
        } else if let offset = Self.offset(name) {
            kind = .offset(seconds: offset)
        } else if name.contains("/"), let zone = TimeZone(identifier: name) {
            kind = .zone(zone)
        } else {
            throw .noZone(name)
        }
    }

    private static func offset(_ name: String) -> Int64? {
        guard let sign = name.first, sign == "+" || sign == "-" else { return nil }
        let parts = name.dropFirst().split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.count == 2 }), let hours = Int64(parts[0]),
            let minutes = Int64(parts[1]), (0...23).contains(hours), (0...59).contains(minutes)
        else { return nil }
        return (sign == "-" ? -1 : 1) * (hours * 3600 + minutes * 60)
    }

    /// A stretch of time in which clocks did not change.
    private struct Stretch {
        /// What clocks showed when it began, in seconds.
        let localStart: Int64
        /// How many seconds they were ahead of UTC.
        let offset: Int64
    }

    /// The stretches that what clocks showed from one second to another may lie in.
    private func stretches(_ first: Int64, _ last: Int64) -> [Stretch] {
        switch kind {
        case .offset(let seconds): return [Stretch(localStart: .min, offset: seconds)]
        case .zone(let zone):
            // Before the first rules and long after today nothing changes that anybody knows of.
            let years: ClosedRange<Int64> = -3_786_825_600...7_258_118_400
            let from = max(min(first, years.upperBound), years.lowerBound) - 172_800
            let until = Date(
                timeIntervalSince1970: Double(max(min(last, years.upperBound), years.lowerBound) + 172_800))
            var moment = Date(timeIntervalSince1970: Double(from))
            var found = [Stretch(localStart: .min, offset: Int64(zone.secondsFromGMT(for: moment)))]
            while let next = zone.nextDaylightSavingTimeTransition(after: moment), next > moment, next < until {
                let offset = Int64(zone.secondsFromGMT(for: next))
                if offset != found[found.count - 1].offset {
                    found.append(
                        Stretch(localStart: Int64(next.timeIntervalSince1970.rounded()) + offset, offset: offset))
                }
                moment = next
            }
            return found
        }
    }

    /// Moments in UTC of what clocks showed.
    ///
    /// What clocks showed twice, because they were set back, is taken as the later moment; what they never showed is as
    /// far after the change as it would have been without it. So no row seems to be known earlier than it was.
    ///
    /// - Returns: `nil` if a moment does not fit the unit.
    func moments(ofLocal column: Column, _ unit: TimeUnit, zone: String) -> Column? {
        let type = ColumnType.timestamp(unit, zone: zone)
        if case .offset(0) = kind { return column.relabelled(type) }
        let perSecond = unit.perSecond
        return column.withValues(as: Int64.self) { values -> Column? in
            var (least, greatest) = (Int64.max, Int64.min)
            for row in values.indices where !column.isNull(at: row) {
                least = min(least, values[row])
                greatest = max(greatest, values[row])
            }
            let buffer = ColumnBuffer(type, count: column.count)
            if least > greatest { return buffer.finish() }
            let stretches = stretches(least / perSecond - 1, greatest / perSecond + 1)
            let target = buffer.values(as: Int64.self)
            var current = 0
            for row in values.indices where !column.isNull(at: row) {
                let second = values[row] >= 0 ? values[row] / perSecond : (values[row] + 1) / perSecond - 1
                // Rows are often in order of time, so the last stretch is tried first.
                if second < stretches[current].localStart { current = 0 }
                while current + 1 < stretches.count, second >= stretches[current + 1].localStart { current += 1 }
                let (moment, overflow) = values[row].subtractingReportingOverflow(stretches[current].offset * perSecond)
                if overflow { return nil }
                target[row] = moment
            }
            copyBits(column.validity, column.offset, column.count, to: buffer.validity, 0)
            return buffer.finish()
        }
    }
}
