/// What a row is in a split, or why it is left out of it.
public enum RowRole: UInt8, Sendable, CaseIterable {
    /// A model learns from it.
    case train
    /// Models are chosen by it.
    case validation
    /// The chosen model is judged by it.
    case test
    /// Left out: its label reaches into the time of rows that judge.
    case purged
    /// Left out: it is closer to the rows that judge than the embargo allows.
    case embargoed
    /// Left out: its group has rows among those that judge.
    case shared

    /// The name in columns and reports.
    public var name: String {
        switch self {
        case .train: "train"
        case .validation: "validation"
        case .test: "test"
        case .purged: "purged"
        case .embargoed: "embargoed"
        case .shared: "shared"
        }
    }

    /// Whether the row belongs to no part.
    public var isLeftOut: Bool { rawValue >= RowRole.purged.rawValue }

    /// The parts of a split into some, in order.
    public static func parts(_ count: Int) -> [RowRole] {
        count == 2 ? [.train, .test] : [.train, .validation, .test]
    }
}

/// How long a label takes to be settled, and how far apart rows have to be beyond that, in the units of their times.
///
/// The label of a row at time *t* is known from what happens in the closed interval [t, t + horizon].
public struct LabelSpan: Sendable, Equatable {
    /// The horizon, not negative.
    public let horizon: Int64
    /// The embargo, not negative.
    public let embargo: Int64

    /// Labels that are settled at once, with nothing kept apart.
    public static let none = LabelSpan(horizon: 0, embargo: 0)

    /// A horizon and an embargo.
    public init(horizon: Int64, embargo: Int64) {
        precondition(horizon >= 0 && embargo >= 0, "a span of time is not negative")
        (self.horizon, self.embargo) = (horizon, embargo)
    }

    /// Whether anything is kept apart beyond rows of one moment.
    public var isNone: Bool { horizon == 0 && embargo == 0 }

    /// When the label of a row is settled; the last moment there is, if that is later.
    @inline(__always)
    func end(_ time: Int64) -> Int64 { time.addingClamped(horizon) }

    /// What becomes of a row that lies before rows that judge, the earliest of them at `first`.
    @inline(__always)
    func role(before first: Int64, at time: Int64) -> RowRole {
        let end = end(time)
        if end >= first { return .purged }
        return embargo > 0 && end.addingClamped(embargo) >= first ? .embargoed : .train
    }

    /// What becomes of a row that lies after rows that judge, the latest of them at `last`.
    @inline(__always)
    func role(after last: Int64, at time: Int64) -> RowRole {
        let end = end(last)
        if time <= end { return .purged }
        return embargo > 0 && time <= end.addingClamped(embargo) ? .embargoed : .train
    }
}

extension Int64 {
    /// The sum, or the least or greatest number if it does not fit.
    @inline(__always)
    func addingClamped(_ other: Int64) -> Int64 {
        let (sum, isOver) = addingReportingOverflow(other)
        return isOver ? (other > 0 ? .max : .min) : sum
    }
}
