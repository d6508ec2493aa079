/// What one step of a time value is.
public enum TimeUnit: String, Hashable, Sendable, CaseIterable {
    /// A second.
    case second = "s"
    /// A thousandth of a second.
    case millisecond = "ms"
    /// A millionth of a second.
    case microsecond = "us"
    /// A thousand-millionth of a second.
    case nanosecond = "ns"

    /// How many of it make a second.
    public var perSecond: Int64 {
        switch self {
        case .second: 1
        case .millisecond: 1000
        case .microsecond: 1_000_000
        case .nanosecond: 1_000_000_000
        }
    }

    /// The letter that stands for it in Arrow's format strings.
    var arrowLetter: Character {
        switch self {
        case .second: "s"
        case .millisecond: "m"
        case .microsecond: "u"
        case .nanosecond: "n"
        }
    }

    init?(arrowLetter: Character) {
        guard let unit = Self.allCases.first(where: { $0.arrowLetter == arrowLetter }) else { return nil }
        self = unit
    }
}
