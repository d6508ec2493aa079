/// The name that was probably meant by one that is not known, or `nil` if none is near.
///
/// Near is a small number of edits: a letter added, left out, replaced, or swapped with its neighbour; the first of the
/// names at the least distance wins. Case is an edit too.
///
///     nearestName(to: "gc.grcae", among: ["compression.level", "gc.grace"])  // gc.grace
///
/// - Parameters:
///   - name: The unknown name.
///   - names: The known ones.
///   - bound: The most edits; by default a third of the name's letters, at least one.
public func nearestName(
    to name: String, among names: some Sequence<String>, within bound: Int? = nil
) -> String? {
    let bound = bound ?? max(1, name.count / 3)
    var nearest: (name: String, distance: Int)?
    for candidate in names {
        let limit = nearest.map { $0.distance - 1 } ?? bound
        if let distance = editDistance(Array(name), Array(candidate), within: limit) {
            nearest = (candidate, distance)
        }
    }
    return nearest?.name
}

/// The least number of edits between two texts, where no part is edited twice; `nil` if more than a bound.
///
/// Complexity: the product of the lengths.
package func editDistance<Element: Equatable>(_ left: [Element], _ right: [Element], within bound: Int) -> Int? {
    if bound < 0 || abs(left.count - right.count) > bound { return nil }
    // Three rows of the table of distances between beginnings of both texts: a swap looks two rows back.
    var beforeLast = [Int](repeating: 0, count: right.count + 1)
    var last = Array(0...right.count)
    var row = beforeLast
    for i in left.indices {
        row[0] = i + 1
        for j in right.indices {
            let isSame = left[i] == right[j]
            row[j + 1] = min(last[j + 1] + 1, row[j] + 1, last[j] + (isSame ? 0 : 1))
            if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                row[j + 1] = min(row[j + 1], beforeLast[j - 1] + 1)
            }
        }
        if row.allSatisfy({ $0 > bound }) && last.allSatisfy({ $0 > bound }) { return nil }
        (beforeLast, last, row) = (last, row, beforeLast)
    }
    return last[right.count] <= bound ? last[right.count] : nil
}
