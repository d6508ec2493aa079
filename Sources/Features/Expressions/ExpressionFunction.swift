/// A function that gives a value for each row.
package enum ExpressionFunction: String, Sendable, CaseIterable {
    // Null handling.
    case coalesce
    case nullIf = "nullif"
    // Numbers.
    case abs, sign, floor, ceil, round, sqrt, exp, ln, log10, power, sin, cos, least, greatest, div
    case isNaN = "is_nan"
    // Texts.
    case length, lower, upper, trim, contains, replace, substring, concat
    case startsWith = "starts_with"
    case endsWith = "ends_with"
    // Times.
    case year, month, day, hour, minute, second, epoch
    case dayOfWeek = "day_of_week"
    case dayOfYear = "day_of_year"
    case truncate
    // Lengths of time.
    case seconds, minutes, hours, days
    case inSeconds = "in_seconds"
    case inMinutes = "in_minutes"
    case inHours = "in_hours"
    case inDays = "in_days"

    /// How many arguments it takes.
    var arity: ExpressionArity {
        switch self {
        case .coalesce, .least, .greatest, .concat: ExpressionArity(1...)
        case .nullIf, .power, .div, .contains, .startsWith, .endsWith: ExpressionArity(2...2)
        case .round, .year, .month, .day, .hour, .minute, .second, .dayOfWeek, .dayOfYear: ExpressionArity(1...2)
        case .replace: ExpressionArity(3...3)
        case .substring, .truncate: ExpressionArity(2...3)
        case .abs, .sign, .floor, .ceil, .sqrt, .exp, .ln, .log10, .sin, .cos, .isNaN, .length, .lower, .upper, .trim,
            .epoch, .seconds, .minutes, .hours, .days, .inSeconds, .inMinutes, .inHours, .inDays:
            ExpressionArity(1...1)
        }
    }
}
