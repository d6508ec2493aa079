extension SourcePath {
    /// Whether there can be a file that both mean.
    ///
    ///     SourcePath(parsing: "data/*.csv")?.overlaps(SourcePath(parsing: "data/flights.csv")!)
    ///
    /// A path without a pattern means the file and all files below it, as it may be a folder. The time is that of comparing
    /// each character of one with each of the other.
    public func overlaps(_ other: SourcePath) -> Bool {
        Self.meet(parts, other.parts, isRun: { $0 == Self.folders }) { left, right in
            Self.meet(left, right, isRun: { $0 == "*" }) { $0 == $1 || $0 == "?" || $1 == "?" }
        }
    }

    private static let folders = Array("**".unicodeScalars)

    /// The components as characters, with what may follow a path without a pattern.
    private var parts: [[Unicode.Scalar]] {
        let written = text.split(separator: "/").map { Array($0.unicodeScalars) }
        return isPattern ? written : written + [Self.folders]
    }

    /// Whether two sequences, in which some elements stand for any run of elements, can mean the same one.
    private static func meet<Element>(
        _ left: [Element], _ right: [Element], isRun: (Element) -> Bool, _ areEqual: (Element, Element) -> Bool
    ) -> Bool {
        // Whether the rest of the left, from the place that the loop is at, meets each rest of the right.
        var rests = right.indices.map { right[$0...].allSatisfy(isRun) } + [true]
        for element in left.reversed() {
            var longer = [Bool](repeating: false, count: right.count + 1)
            for place in stride(from: right.count, through: 0, by: -1) {
                let isThere = place < right.count
                if isRun(element) {
                    longer[place] = rests[place] || (isThere && longer[place + 1])
                } else if isThere, isRun(right[place]) {
                    longer[place] = longer[place + 1] || rests[place]
                } else {
                    longer[place] = isThere && areEqual(element, right[place]) && rests[place + 1]
                }
            }
            rests = longer
        }
        return rests[0]
    }
}
