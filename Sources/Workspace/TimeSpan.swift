/// A length of time as a user writes it in a setting: `14d`, `12h`, `30m` or `90s`.
public struct TimeSpan: Hashable, Sendable {
    /// The length in seconds, never negative.
    public let seconds: Int64

    private static let units: [(letter: Character, seconds: Int64)] = [
        ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1),
    ]

    private init(seconds: Int64) {
        self.seconds = seconds
    }

    /// A number of days.
    public static func days(_ count: UInt16) -> TimeSpan { TimeSpan(seconds: Int64(count) * 86_400) }

    /// A number of seconds.
    public static func seconds(_ count: UInt32) -> TimeSpan { TimeSpan(seconds: Int64(count)) }

    /// Parses a whole number and the letter of a unit; `nil` for anything else, or more than 100,000 years.
    public init?(parsing text: String) {
        guard let letter = text.last, let unit = Self.units.first(where: { $0.letter == letter }) else { return nil }
        let digits = text.dropLast()
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int64(digits) else {
            return nil
        }
        let (seconds, isTooLong) = count.multipliedReportingOverflow(by: unit.seconds)
        if isTooLong || seconds > 100_000 * 366 * 86_400 { return nil }
        self.seconds = seconds
    }
}

extension TimeSpan: Comparable {
    /// Orders the shorter one first.
    public static func < (left: TimeSpan, right: TimeSpan) -> Bool { left.seconds < right.seconds }
}

extension TimeSpan: CustomStringConvertible {
    /// In the largest unit that leaves no rest: `36h`, `14d`.
    public var description: String {
        let unit = Self.units.first { seconds >= $0.seconds && seconds % $0.seconds == 0 }
        return unit.map { "\(seconds / $0.seconds)\($0.letter)" } ?? "0s"
    }
}
