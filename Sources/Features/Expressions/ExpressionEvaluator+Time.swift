// Parts of moments.

extension ExpressionEvaluator {
    func time(
        _ function: ExpressionFunction, _ moments: FixedVector<Int64>, _ nodes: [TypedExpression]
    ) -> ExpressionVector {
        let clock = clock(moments, nodes.count > (function == .truncate ? 2 : 1) ? nodes.last : nil)
        func parts(_ body: (Int64) -> Int64) -> ExpressionVector {
            guard let clock else { return .int64(FixedVector(map(moments.values, body), validity: moments.validity)) }
            return .int64(FixedVector(map(moments.values) { body(clock.local($0)) }, validity: moments.validity))
        }
        let day = CivilDay.microseconds
        switch function {
        case .year: return parts { CivilDay(of: $0).year }
        case .month: return parts { CivilDay(of: $0).month }
        case .day: return parts { CivilDay(of: $0).day }
        case .hour: return parts { $0.flooredRemainder(day) / 3_600_000_000 }
        case .minute: return parts { $0.flooredRemainder(day) / 60_000_000 % 60 }
        case .second: return parts { $0.flooredRemainder(day) / 1_000_000 % 60 }
        // 1970-01-01 was a Thursday.
        case .dayOfWeek: return parts { ($0.flooredQuotient(day) + 3).flooredRemainder(7) + 1 }
        case .dayOfYear:
            return parts { moment in
                moment.flooredQuotient(day) - CivilDay.number(year: CivilDay(of: moment).year, month: 1, day: 1) + 1
            }
        case .truncate:
            guard case .literal(.string(let part)) = nodes[1].kind else { return .timestamp(moments) }
            let starts = map(moments.values) { moment in
                guard let clock else { return Self.truncated(moment, to: part) }
                let local = clock.local(moment)
                let start = Self.truncated(local, to: part)
                if !Self.isShort(part) { return clock.first(showing: start) }
                // Cut off the moment itself, so that an hour which clocks showed twice is two hours.
                let (cut, isPast) = moment.subtractingReportingOverflow(local - start)
                return isPast ? moment : cut
            }
            return .timestamp(FixedVector(starts, validity: moments.validity))
        default:
            return .float64(FixedVector(map(moments.values) { Double($0) / 1e6 }, validity: moments.validity))
        }
    }

    /// The clock of the zone that is written out as an argument, for the moments that are there.
    private func clock(_ moments: FixedVector<Int64>, _ zone: TypedExpression?) -> ZoneClock? {
        guard case .literal(.string(let name))? = zone?.kind else { return nil }
        var (first, last) = (Int64.max, Int64.min)
        for (row, moment) in moments.values.enumerated() where moments.validity?[row] ?? true {
            (first, last) = (min(first, moment), max(last, moment))
        }
        return first > last ? nil : ZoneClock(name, first...last)
    }

    private static func isShort(_ part: String) -> Bool { ["second", "minute", "hour"].contains(part) }

    /// The beginning of the part that a moment lies in; before all time, the moment itself.
    private static func truncated(_ moment: Int64, to part: String) -> Int64 {
        let unit: Int64
        switch part {
        case "second": unit = 1_000_000
        case "minute": unit = 60_000_000
        case "hour": unit = 3_600_000_000
        case "day": unit = CivilDay.microseconds
        default:
            let day = CivilDay(of: moment)
            let first = CivilDay.number(year: day.year, month: part == "year" ? 1 : day.month, day: 1)
            let (start, isPast) = first.multipliedReportingOverflow(by: CivilDay.microseconds)
            return isPast ? moment : start
        }
        let (start, isPast) = moment.subtractingReportingOverflow(moment.flooredRemainder(unit))
        return isPast ? moment : start
    }
}

/// A day of the Gregorian calendar, which is taken to have always been in use.
struct CivilDay {
    let year: Int64
    let month: Int64
    let day: Int64

    static let microseconds: Int64 = 86_400_000_000

    /// The day that a moment lies in.
    init(of moment: Int64) { self.init(number: moment.flooredQuotient(Self.microseconds)) }

    /// The day that many days after 1970-01-01.
    init(number: Int64) {
        // Years are counted from March, so that the day that comes and goes is the last of its year; 400 of them have
        // 146,097 days.
        let days = number + 719_468
        let era = days.flooredQuotient(146_097)
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// The number of days from 1970-01-01.
    static func number(year: Int64, month: Int64, day: Int64) -> Int64 {
        let fromMarch = month <= 2 ? year - 1 : year
        let era = fromMarch.flooredQuotient(400)
        let yearOfEra = fromMarch - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

extension Int64 {
    /// The quotient rounded down.
    @inline(__always)
    func flooredQuotient(_ divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// What the quotient rounded down leaves, from zero.
    @inline(__always)
    func flooredRemainder(_ divisor: Int64) -> Int64 {
        let remainder = self % divisor
        return remainder < 0 ? remainder + divisor : remainder
    }
}
