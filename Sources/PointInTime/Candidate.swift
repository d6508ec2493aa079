/// A source's row that a label may be given, with what decides between two of them.
struct Candidate: BitwiseCopyable {
    var eventTime: Int64
    var availabilityTime: Int64
    /// The row's number in the source, or -1 for no row.
    var row: Int32

    /// No row: it comes before every row.
    static let none = Candidate(eventTime: .min, availabilityTime: .min, row: -1)

    /// Whether this row is to be preferred: the greater event time, then availability time, then the later row.
    @inline(__always)
    func isAfter(_ other: Candidate) -> Bool {
        if eventTime != other.eventTime { return eventTime > other.eventTime }
        if availabilityTime != other.availabilityTime { return availabilityTime > other.availabilityTime }
        return row > other.row
    }
}
